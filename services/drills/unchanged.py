"""What must be as before once a drill is over: which facts there are, and which differ."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from services.drills.stage import Stage, get

ENVIRONMENTS = ("staging", "canary", "production")


@dataclass(frozen=True)
class Facts:
    """What five witnesses say of one environment.

    Attributes:
        git: The release that the GitOps repository holds.
        manifests: The hash of all its manifests.
        answers: What `/version` of the Service answers.
        alias: What the registry says.
        traffic: The share that the gateway hands it.
        health: What the site says.
        problems: What `invoke status` shows in red.
    """

    git: Mapping[str, Any]
    manifests: str
    answers: Mapping[str, Any]
    alias: int | None
    traffic: float
    health: str
    problems: tuple[str, ...]


def look(stage: Stage) -> dict[str, Facts]:
    """Ask all witnesses about all environments."""
    rows = {row["name"]: row for row in stage.status()["environments"]}
    return {name: _facts(stage, name, rows[name]) for name in ENVIRONMENTS}


def _facts(stage: Stage, name: str, row: Mapping[str, Any]) -> Facts:
    where = f"main:environments/{name}"
    return Facts(
        git=json.loads(stage.git("show", f"{where}/release.json")),
        manifests=stage.git("rev-parse", where),
        answers=get(f"{row['url']}/version"),
        alias=row["alias"],
        traffic=round(row["traffic"], 6),
        health=row["health"],
        problems=tuple(row["problems"]),
    )


def differences(before: Mapping[str, Facts], after: Mapping[str, Facts]) -> list[str]:
    """Say what is not as it was, one sentence each; nothing when all is."""
    told = []
    for name, stood in before.items():
        now = asdict(after[name])
        told += [
            f"{name}: {fact} was {was} and is {now[fact]}"
            for fact, was in asdict(stood).items()
            if was != now[fact]
        ]
    return told


def with_traffic(facts: Mapping[str, Facts], shares: Mapping[str, float]) -> dict[str, Facts]:
    """Return facts with the shares of traffic that are wanted of them."""
    return {
        name: replace(one, traffic=shares.get(name, one.traffic)) for name, one in facts.items()
    }
