"""What a registry and a journal would be told: kept in mind, and read back from there."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.lifecycle.clients.registry import Registry, Run, Version
from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.releasing.journal import Journal

PREFIX = "gourmetops."


class RegistryInMind(Registry):
    """The registry as it is, and on top of it what a plan's moves would make of it.

    Attributes:
        changes: What would be told to the registry, in order.
    """

    def __init__(self, real: Registry) -> None:
        self._real = real
        self._named: dict[str, int | None] = {}
        self._tags: dict[int, dict[str, str | None]] = {}
        self.changes: list[dict[str, Any]] = []

    def finished_run(self, run: str) -> Run:
        """Return a run that ended well."""
        return self._real.finished_run(run)

    def version(self, number: int) -> Version:
        """Return a registered version with its tags as they would be."""
        found = self._real.version(number)
        tags = {**found.tags, **self._tags.get(number, {})}
        return Version(
            found.number, found.run, {name: each for name, each in tags.items() if each is not None}
        )

    def alias(self, name: str) -> int | None:
        """Return the version that an alias would name."""
        return self._named[name] if name in self._named else self._real.alias(name)

    def tag(self, number: int, **tags: str) -> None:
        """Keep in mind what would be written on a version."""
        for name, value in tags.items():
            self._mark(number, PREFIX + name.replace("_", "-"), value)

    def untag(self, number: int, name: str) -> None:
        """Keep in mind what would be taken off a version."""
        self._mark(number, PREFIX + name.replace("_", "-"), None)

    def move_alias(self, name: str, number: int | None) -> None:
        """Keep in mind what an alias would name."""
        self.changes.append({"what": f"alias {name}", "now": self.alias(name), "then": number})
        self._named[name] = number

    def _mark(self, number: int, key: str, value: str | None) -> None:
        now = self.version(number).tags.get(key)
        what = f"{key.removeprefix(PREFIX)} of version {number}"
        self.changes.append({"what": what, "now": now, "then": value})
        self._tags.setdefault(number, {})[key] = value

    def _send(self, method: str, what: str, content: Mapping[str, Any] | None) -> Any:
        raise AskedWronglyError(f"a plan moves nothing, so it does not ask MLflow to {what}.")


class JournalInMind(Journal):
    """The journal as it is, and after it what would be written down."""

    def __init__(self, path: Path, by: str) -> None:
        super().__init__(path, by)
        self.kept: list[dict[str, Any]] = []

    def append(self, **facts: Any) -> dict[str, Any]:
        """Keep an entry in mind."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"at": at, "by": self.by, **facts}
        self.kept.append(entry)
        return entry

    def entries(self, operation: str | None = None) -> list[dict[str, Any]]:
        """Return all entries, or those of one operation, with those kept in mind at the end."""
        new = [each for each in self.kept if operation in (None, each["operation"])]
        return [*super().entries(operation), *new]
