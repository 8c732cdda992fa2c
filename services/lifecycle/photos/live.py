"""What production has seen by the hour: the sums of all its replicas together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.lifecycle.clients import site, web
from services.lifecycle.errors import NotServingError

PRODUCTION = "production"


@dataclass(frozen=True)
class Seen:
    """The hours of one version, and what it was trained on."""

    version: int | None
    reference: Mapping[str, Any] | None
    hours: Mapping[str, Mapping[str, Any]]


def ask(site_api: str) -> Seen:
    """Ask every replica that is ready and runs what production is told to run.

    Raises:
        NotServingError: nobody answers.
    """
    deployment = site.deployment(site_api, PRODUCTION)
    replicas = [
        replica
        for replica in (deployment.replicas if deployment else ())
        if deployment and replica.ready and replica.image == deployment.image
    ]
    told = [web.get(f"{replica.url}/photos") for replica in replicas]
    if not told:
        raise NotServingError(PRODUCTION, "no replica is ready", "Look at it: invoke status")
    return Seen(told[0]["version"], told[0]["reference"], together([one["hours"] for one in told]))


def together(several: list[Mapping[str, Mapping[str, Any]]]) -> dict[str, Mapping[str, Any]]:
    """Add up what replicas saw in the same hour."""
    hours: dict[str, Mapping[str, Any]] = {}
    for one in several:
        for name, new in one.items():
            old = hours.get(name)
            hours[name] = _added(old, new) if old else new
    return hours


def _added(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "photos": old["photos"] + new["photos"],
        "labels": {label: count + new["labels"][label] for label, count in old["labels"].items()},
        "sum": [one + other for one, other in zip(old["sum"], new["sum"], strict=True)],
    }
