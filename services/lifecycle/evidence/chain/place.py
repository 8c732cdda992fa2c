"""What an environment serves: since when, on whose word, and how to go back."""

from dataclasses import dataclass
from typing import Any

from services.lifecycle.errors import LifecycleError
from services.lifecycle.evidence.chain import links
from services.lifecycle.evidence.chain.links import Key
from services.lifecycle.evidence.chain.world import World
from services.lifecycle.evidence.past import decisions, moments
from services.lifecycle.evidence.past.decisions import Decision
from services.lifecycle.releasing.gates.judgements import HOLD
from services.lifecycle.releasing.gitops import Commit
from services.lifecycle.releasing.moves import back

EARLIER = 5
MOVED = ("released", "back", "undone", "failed")


@dataclass(frozen=True)
class Place:
    """One environment.

    Attributes:
        key: What it holds by Git; None before the first release.
        since: When that was committed.
        decision: The decision that brought it there.
        return_to: The release that a rollback leads to, or why there is none.
        earlier: What was decided before that.
    """

    environment: str
    key: Key | None
    since: str
    health: str
    replicas: str
    share: float | None
    runs: str
    decision: Decision | None
    return_to: str
    earlier: tuple[Decision, ...]

    def facts(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "environment": self.environment,
            "version": self.key.number if self.key else None,
            "digest": self.key.digest if self.key else "",
            "since": self.since,
            "health": self.health,
            "replicas": self.replicas,
            "runs": self.runs,
            "share": self.share,
            "decision": self.decision.facts() if self.decision else None,
            "rollback": {"command": f"invoke rollback {self.environment}", "to": self.return_to},
            "earlier": [made.facts() for made in self.earlier],
        }


def place(world: World, environment: str) -> Place:
    """Say what an environment serves and why."""
    newest = links.current(world, environment)
    told = decisions.decide(environment, world.entries, world.changes)
    moved = [made for made in told if made.kind in MOVED and made.digest]
    running = world.running.get(environment)
    release = newest.release if newest else None
    keys = [key for key in links.keys(world) if release and key.digest == release.digest]
    brought = next((m for m in moved if newest and _brought(m, newest.commit)), None)
    return Place(
        environment=environment,
        key=keys[0] if keys else None,
        since=newest.at if newest else "",
        health=running.health if running else "",
        replicas=_replicas(world, environment),
        share=world.shares.get(environment),
        runs=running.image.partition("@")[2] if running else "",
        decision=brought,
        return_to=_return_to(world, environment),
        earlier=tuple(made for made in moved if made is not brought)[:EARLIER],
    )


def _brought(made: Decision, commit: str) -> bool:
    return made.commit == commit or (made.kind == "undone" and not made.commit)


def _replicas(world: World, environment: str) -> str:
    running = world.running.get(environment)
    if running is None:
        return ""
    ready = sum(replica.ready for replica in running.replicas)
    return f"{ready} of {running.desired}"


def _return_to(world: World, environment: str) -> str:
    """Say where a rollback would lead."""
    newest = links.current(world, environment)
    if newest is None or newest.release is None:
        return "nothing was released here yet"
    good = [
        Commit(change.commit, change.release)
        for change in world.changes
        if change.release and (environment, change.commit) in world.good
        and change.environment == environment
    ]  # fmt: skip
    leaving = Commit(newest.commit, newest.release)
    try:
        target = back.choose(good, leaving, lambda number: _is_held(world, number))
    except LifecycleError as error:
        return str(error)
    doubt = "" if world.registry else ", unless it is on hold: MLflow does not answer"
    since = moments.spoken(world.good[environment, target.id])
    return f"{target.release}, found good {since}{doubt}"


def _is_held(world: World, number: int | None) -> bool:
    known = world.versions.get(number) if number else None
    return bool(known and HOLD in known.tags)
