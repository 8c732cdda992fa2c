"""Shares of live traffic, before and after, as a plan tells them."""

from typing import Any

import yaml

from services.lifecycle.releasing import weights


def full(said: dict[str, int]) -> dict[str, int]:
    """Return every environment's share: what Git says, or else what the charts say."""
    if said:
        return weights.settings(said)
    values = yaml.safe_load(weights.VALUES.read_text()) or {}
    return {
        name: share for name, share in values.get("traffic", {}).items() if isinstance(share, int)
    }


def told(environment: str, now: dict[str, int], then: dict[str, int]) -> dict[str, Any]:
    """Say which share a new release gets."""
    before, after = now.get(environment, 0), then.get(environment, 0)
    if before == after:
        moves = f"the {after} % that {environment} gets go to that release"
    else:
        moves = f"{environment} gets {after} %, was {before} %"
    return {"now": now, "then": then, "moves": moves}
