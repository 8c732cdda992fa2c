"""A change of an environment as a transaction: named moves, each journalled and repeatable.

Before a move, the journal says what is meant and what stood there; after it, that it was
done. A step that is killed and run again finds its own intent and goes on with it, so what
stood there before is never mistaken. `undo` takes the moves back in reverse, and leaves
alone what somebody else has changed since.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.lifecycle.clients.registry import Registry
from services.lifecycle.releasing.gitops import GitOps
from services.lifecycle.releasing.journal import Journal
from services.lifecycle.releasing.releases import Release, spoken

RELEASE = "release"
ALIAS = "alias"
INTENT, DONE, UNDONE = "intent", "done", "undone"


@dataclass(frozen=True)
class Operation:
    """One operation on one environment, known by the name of its workflow."""

    id: str
    environment: str
    journal: Journal

    def move(
        self,
        name: str,
        *,
        before: Callable[[], dict[str, Any]],
        after: dict[str, Any],
        do: Callable[[], None],
    ) -> dict[str, Any]:
        """Journal the intent, make the move, journal that it was done.

        Returns:
            What stood there before this operation first tried.
        """
        intent = self._find(name, INTENT) or self._write(name, INTENT, before=before(), after=after)
        do()
        if not self._find(name, DONE):
            self._write(name, DONE)
        stood: dict[str, Any] = intent["before"]
        return stood

    def open_moves(self) -> list[dict[str, Any]]:
        """Return the intents that were not undone, the latest first."""
        intents: dict[str, dict[str, Any]] = {}
        for entry in self.journal.entries(self.id):
            if entry["state"] == INTENT:
                intents[entry["move"]] = entry
            elif entry["state"] == UNDONE:
                intents.pop(entry["move"], None)
        return list(intents.values())[::-1]

    def undone(self, name: str, what: str) -> None:
        """Journal that a move was taken back, or why it was left."""
        self._write(name, UNDONE, what=what)

    def note(self, name: str, state: str, **facts: Any) -> None:
        """Journal something that happened in this operation and moved nothing."""
        self._write(name, state, **facts)

    def _find(self, name: str, state: str) -> dict[str, Any]:
        """Return what the journal says of a move since it was last undone, or nothing."""
        for entry in self.journal.entries(self.id)[::-1]:
            if entry["move"] == name and entry["state"] == UNDONE:
                break
            if entry["move"] == name and entry["state"] == state:
                return entry
        return {}

    def _write(self, name: str, state: str, **facts: Any) -> dict[str, Any]:
        return self.journal.append(
            operation=self.id, environment=self.environment, move=name, state=state, **facts
        )


def undo(operation: Operation, gitops: GitOps, registry: Registry) -> list[str]:
    """Take the moves of an operation back, the latest first, and say what was done."""
    told = []
    for entry in operation.open_moves():
        kind, _, alias = entry["move"].partition(" ")
        if kind == ALIAS:
            what = _undo_alias(registry, alias, entry["before"], entry["after"])
        else:
            what = _undo_release(gitops, operation, entry["before"], entry["after"])
        operation.undone(entry["move"], what)
        told.append(what)
    return told


def _undo_alias(
    registry: Registry, alias: str, before: dict[str, Any], after: dict[str, Any]
) -> str:
    now = registry.alias(alias)
    if now == before["version"]:
        return f"alias {alias} stands where it stood, at {spoken(now)}"
    if now != after["version"]:
        return f"left alias {alias} at {spoken(now)}: somebody moved it since"
    registry.move_alias(alias, before["version"])
    return f"alias {alias} is back at {spoken(before['version'])}"


def _undo_release(
    gitops: GitOps, operation: Operation, before: dict[str, Any], after: dict[str, Any]
) -> str:
    environment = operation.environment
    current = gitops.current(environment)
    if before["commit"] is None:
        return f"left {environment} as it is: there was no release before"
    if current is None or current.id == before["commit"]:
        return f"{environment} stands where it stood"
    if current.release.facts() != after["release"]:
        return f"left {environment} at {current.release}: somebody released it since"
    old = gitops.at(environment, before["commit"]).release
    message = f"{environment}: back to {old}, undoes {operation.id}"
    gitops.restore(environment, before["commit"], message)
    return f"{environment} is back at {old}"


def stands(gitops: GitOps, environment: str) -> dict[str, Any]:
    """Return what an environment holds now, as a journal entry says it."""
    current = gitops.current(environment)
    release: Release | None = current.release if current else None
    return {
        "commit": current.id if current else None,
        "release": release.facts() if release else None,
    }
