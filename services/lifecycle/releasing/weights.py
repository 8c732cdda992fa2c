"""Which share of live traffic an environment gets: a fact in the GitOps repository.

`platform/traffic.json` says it, such as {"canary": 10}; production gets the rest. Whoever
renders the platform reads it there, so nothing that is rendered again resets it.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import yaml

from services.lifecycle.errors import AskedWronglyError, ReleaseError
from services.lifecycle.releasing import rendering
from services.lifecycle.releasing.gitops import Fence, GitOps

FILE = "platform/traffic.json"
PRODUCTION = "production"
WHOLE = 100
VALUES = Path("charts/platform/values.yaml")
FIRST = (10,)


def read(tree: Path) -> dict[str, int]:
    """Return the shares that a working copy of the GitOps repository says; {} before the first.

    Raises:
        ReleaseError: what it says is no share.
    """
    try:
        facts: dict[str, int] | None = json.loads((tree / FILE).read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        facts = None
    if not isinstance(facts, dict) or not all(_is_share(each) for each in facts.values()):
        raise ReleaseError(
            f"{FILE} of the GitOps repository says no shares of 0 to {WHOLE}. Restore it from its "
            "history, or set it: python -m services.lifecycle weight"
        )
    return facts


def share(gitops: GitOps, environment: str) -> int | None:
    """Return the share of an environment, or None where the charts' own share counts."""
    return read(gitops.tree()).get(environment)


def put(
    gitops: GitOps,
    site: str,
    environment: str,
    wanted: int | None,
    *,
    message: str,
    fence: Fence | None = None,
) -> str:
    """Commit a share and the route that hands it out; return the commit."""

    def write(tree: Path) -> None:
        facts = {name: each for name, each in read(tree).items() if name != environment}
        if wanted is not None:
            facts[environment] = wanted
        (tree / "platform").mkdir(exist_ok=True)
        if facts != read(tree):
            (tree / FILE).write_text(json.dumps(facts, sort_keys=True) + "\n")
        _routes(tree, site, facts)

    return gitops.change(message, write, fence)


def settings(facts: dict[str, int]) -> dict[str, int]:
    """Return what the platform chart is told: production gets what the others leave."""
    if not facts:
        return {}
    return {**facts, PRODUCTION: WHOLE - sum(facts.values())}


def steps() -> tuple[int, ...]:
    """Return the plan of shares of a new version in canary, from the platform's values."""
    values: dict[str, Any] = yaml.safe_load(VALUES.read_text()) or {}
    planned = (values.get("traffic") or {}).get("steps") or FIRST
    return tuple(int(each) for each in planned)


def number(text: str) -> int:
    """Read a share as an argument gives it; `first` is where the plan begins.

    Raises:
        AskedWronglyError: it is none.
    """
    if text == "first":
        return steps()[0]
    if not text.isdecimal() or int(text) > WHOLE:
        raise AskedWronglyError(f"{text!r} is no share. Give a number from 0 to {WHOLE}, or first.")
    return int(text)


def spoken(wanted: int | None) -> str:
    """Write a share for a sentence."""
    return "its usual share" if wanted is None else f"{wanted} %"


def _routes(tree: Path, site: str, facts: dict[str, int]) -> None:
    """Render the platform with these shares, and take only the routes from it.

    The rest of the platform was made with facts that a step does not know.
    """
    with tempfile.TemporaryDirectory(prefix="platform-") as rendered:
        rendering.platform(site, Path(rendered), settings(facts))
        for manifest in Path(rendered).glob("httproute-*.yaml"):
            (tree / "platform" / manifest.name).write_bytes(manifest.read_bytes())


def _is_share(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= WHOLE
