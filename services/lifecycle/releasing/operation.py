"""A change of an environment as a transaction: named moves, each journalled and repeatable.

Before a move, the journal says what is meant and what stood there; after it, that it was
done. A step that is killed and run again finds its own intent and goes on with it, so what
stood there before is never mistaken. An operation that wants the same as a dead one continues
it: the moves of both are one list.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.lifecycle import failpoints
from services.lifecycle.releasing.gitops import GitOps
from services.lifecycle.releasing.journal import Journal
from services.lifecycle.releasing.lock import Lock
from services.lifecycle.releasing.releases import Release

RELEASE = "release"
ALIAS = "alias"
WEIGHT = "weight"
APPROVAL = "approval"
HOLD = "hold"
BEGIN, END = "begin", "end"
INTENT, DONE, UNDONE = "intent", "done", "undone"


@dataclass(frozen=True)
class Operation:
    """One operation on one environment, known by the name of its workflow.

    Attributes:
        id: The name.
        environment: What it moves.
        journal: Where its moves are written down.
        lock: What it holds while it moves; None for one that only notes something.
    """

    id: str
    environment: str
    journal: Journal
    lock: Lock | None = None

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
        intent = self._find(name, INTENT)
        if intent.get("after") != after:
            intent = self._write(name, INTENT, before=before(), after=after)
        failpoints.reach("after-intent")
        if self.lock:
            self.lock.renew(name)
        failpoints.reach("before-move")
        do()
        failpoints.reach("after-move")
        if not self._find(name, DONE):
            self._write(name, DONE)
        failpoints.reach("after-done")
        stood: dict[str, Any] = intent["before"]
        return stood

    def open_moves(self) -> list[dict[str, Any]]:
        """Return the intents that were not undone, the latest first.

        Of a move that was made twice: what stood there before the first, and the last aim.
        """
        intents: dict[str, dict[str, Any]] = {}
        for entry in self.entries():
            if entry["state"] == INTENT:
                first = intents.pop(entry["move"], entry)
                intents[entry["move"]] = {**entry, "before": first["before"]}
            elif entry["state"] == UNDONE:
                intents.pop(entry["move"], None)
        return list(intents.values())[::-1]

    def is_done(self, name: str) -> bool:
        """Say whether a move was made and stands."""
        return bool(self._find(name, DONE))

    def undone(self, name: str, what: str) -> None:
        """Journal that a move was taken back, or why it was left."""
        self._write(name, UNDONE, what=what)

    def note(self, name: str, state: str, **facts: Any) -> None:
        """Journal something that happened in this operation and moved nothing."""
        self._write(name, state, **facts)

    def entries(self) -> list[dict[str, Any]]:
        """Return what the journal says of this operation, and of the one that it continues."""
        every = [e for e in self.journal.entries() if e.get("environment") == self.environment]
        names, last = {self.id}, self.id
        for entry in every[::-1]:
            if entry["operation"] == last and entry.get("continues"):
                last = entry["continues"]
                names.add(last)
        return [entry for entry in every if entry["operation"] in names]

    @property
    def begun(self) -> dict[str, Any]:
        """Return how it was begun, or nothing."""
        return next((e for e in self._own()[::-1] if e["move"] == BEGIN), {})

    @property
    def ended(self) -> dict[str, Any]:
        """Return how it ended, unless it was begun again since."""
        for entry in self._own()[::-1]:
            if entry["move"] == BEGIN:
                break
            if entry["move"] == END:
                return entry
        return {}

    def _own(self) -> list[dict[str, Any]]:
        entries = self.journal.entries(self.id)
        return [entry for entry in entries if entry.get("environment") == self.environment]

    def _find(self, name: str, state: str) -> dict[str, Any]:
        """Return what the journal says of a move since it was last undone or meant."""
        for entry in self.entries()[::-1]:
            if entry["move"] == name and entry["state"] == UNDONE:
                break
            if entry["move"] == name and entry["state"] == INTENT != state:
                break
            if entry["move"] == name and entry["state"] == state:
                return entry
        return {}

    def _write(self, name: str, state: str, **facts: Any) -> dict[str, Any]:
        return self.journal.append(
            operation=self.id, environment=self.environment, move=name, state=state, **facts
        )


def stands(gitops: GitOps, environment: str) -> dict[str, Any]:
    """Return what an environment holds now, as a journal entry says it."""
    current = gitops.current(environment)
    release: Release | None = current.release if current else None
    return {
        "commit": current.id if current else None,
        "release": release.facts() if release else None,
    }
