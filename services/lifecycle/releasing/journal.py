"""The journal: who moved what, when, from what to what, and on what evidence.

One JSON object a line, only ever appended, on disk before the move goes on. Each line
carries the hash of the line before it, so an edited or removed line is noticed.
"""

import contextlib
import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.lifecycle.durable import locked, sync_folder
from services.lifecycle.errors import LifecycleError

FIRST = "0" * 64


class JournalError(LifecycleError):
    """The journal was changed by something other than this program."""


class Journal:
    """An append-only file of entries."""

    def __init__(self, path: Path, by: str = "somebody") -> None:
        self.path = path
        self.by = by

    def append(self, **facts: Any) -> dict[str, Any]:
        """Write an entry and return it once it is on disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.path.with_suffix(".lock")):
            lines = self._lines()
            entry = {
                "number": len(lines) + 1,
                "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "by": self.by,
                **facts,
                "previous": _hash(lines[-1]) if lines else FIRST,
            }
            self._write(json.dumps(entry, separators=(",", ":")) + "\n", sum(map(len, lines)))
        return entry

    def entries(self, operation: str | None = None) -> list[dict[str, Any]]:
        """Return all entries, or those of one operation.

        Raises:
            JournalError: a line was edited, removed or put in between.
        """
        found: list[dict[str, Any]] = []
        before = FIRST
        for number, line in enumerate(self._lines(), start=1):
            entry = _parse(line)
            if entry.get("previous") != before or entry.get("number") != number:
                raise JournalError(
                    f"{self.path}:{number}: this line does not follow from the one before it, so "
                    "the journal was edited. Restore it from a backup; releases are still in Git."
                )
            before = _hash(line)
            found.append(entry)
        return [e for e in found if operation in (None, e.get("operation"))]

    def _lines(self) -> list[bytes]:
        """Return the whole lines. One that broke off was never acknowledged and is no entry."""
        if not self.path.exists():
            return []
        return [line for line in self.path.read_bytes().splitlines(True) if line.endswith(b"\n")]

    def _write(self, line: str, end: int) -> None:
        is_new = not self.path.exists()
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.ftruncate(handle, end)
            os.lseek(handle, end, os.SEEK_SET)
            _put(handle, line.encode())
        except OSError:
            # What was not acknowledged is no entry, not even when it happens to be whole.
            with contextlib.suppress(OSError):
                os.ftruncate(handle, end)
            raise
        finally:
            os.close(handle)
        if is_new:
            sync_folder(self.path.parent)


def _put(handle: int, content: bytes) -> None:
    """Write all of it and wait until the disk has it; a disk that gets full takes only a part."""
    while content:
        content = content[os.write(handle, content) :]
    os.fsync(handle)


def _parse(line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
