"""Take the moves of an operation back, the latest first, and say what was done.

What somebody else has changed since is left alone, and said.
"""

from collections.abc import Callable
from typing import Any

from services.lifecycle import failpoints
from services.lifecycle.clients.registry import Registry
from services.lifecycle.releasing import operation as moves
from services.lifecycle.releasing import weights
from services.lifecycle.releasing.gitops import GitOps
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import spoken

Entry = dict[str, Any]


def undo(made: Operation, gitops: GitOps, registry: Registry, site: str) -> list[str]:
    """Take back every open move of an operation."""
    ways: dict[str, Callable[[str, Entry], str]] = {
        moves.ALIAS: lambda name, entry: _alias(made, registry, name, entry),
        moves.WEIGHT: lambda name, entry: _weight(made, gitops, site, name, entry),
        moves.APPROVAL: lambda _, entry: _approval(made, gitops, entry),
        moves.RELEASE: lambda _, entry: _release(made, gitops, entry),
        moves.HOLD: lambda name, _: f"version {name} stays on hold",
    }
    told = []
    for entry in made.open_moves():
        kind, _, name = entry["move"].partition(" ")
        failpoints.reach("before-undo")
        if made.lock:
            made.lock.renew(f"undo {entry['move']}")
        what = ways[kind](name, entry)
        failpoints.reach("after-undo")
        made.undone(entry["move"], what)
        told.append(what)
    return told


def _alias(made: Operation, registry: Registry, alias: str, entry: Entry) -> str:
    before, after = entry["before"]["version"], entry["after"]["version"]
    now = registry.alias(alias)
    if now == before:
        return f"alias {alias} stands where it stood, at {spoken(now)}"
    if now != after:
        return f"left alias {alias} at {spoken(now)}: somebody moved it since"
    registry.move_alias(alias, before)
    return f"alias {alias} is back at {spoken(before)}"


def _weight(made: Operation, gitops: GitOps, site: str, name: str, entry: Entry) -> str:
    before, after = entry["before"]["share"], entry["after"]["share"]
    now = weights.share(gitops, name)
    if now == before:
        return f"the share of {name} stands where it stood, at {weights.spoken(before)}"
    if now != after:
        return f"left the share of {name} at {weights.spoken(now)}: somebody changed it since"
    message = f"{name}: {weights.spoken(before)} of the traffic again, undoes {made.id}\n"
    weights.put(gitops, site, name, before, message=message, fence=made.lock)
    return f"{name} gets {weights.spoken(before)} of the traffic again"


def _approval(made: Operation, gitops: GitOps, entry: Entry) -> str:
    commit = entry["after"]["commit"]
    if entry["before"]["approved"]:
        return f"{made.environment}: {commit[:12]} was marked as approved before, and stays so"
    gitops.disapprove(made.environment, commit, made.lock)
    return f"{made.environment}: {commit[:12]} is no longer marked as approved"


def _release(made: Operation, gitops: GitOps, entry: Entry) -> str:
    environment, before = made.environment, entry["before"]
    current = gitops.current(environment)
    if before["commit"] is None:
        return f"left {environment} as it is: there was no release before"
    if current is None or current.id == before["commit"]:
        return f"{environment} stands where it stood"
    if current.release.facts() == before["release"]:
        return f"{environment} stands where it stood, at {current.release}"
    if current.release.facts() != entry["after"]["release"]:
        return f"left {environment} at {current.release}: somebody released it since"
    old = gitops.at(environment, before["commit"]).release
    message = f"{environment}: back to {old}, undoes {made.id}"
    gitops.restore(environment, before["commit"], message, made.lock)
    return f"{environment} is back at {old}"
