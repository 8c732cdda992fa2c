"""The ledger of a site: what each stage was given, what came out, and when.

One line of JSON for each fact, written through to the disk before the next stage begins, so
that a kill at any moment costs at most the stage that was running.
"""

import contextlib
import fcntl
import getpass
import hashlib
import json
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.provision.errors import BusyError

STARTED, DONE, FAILED = "started", "done", "failed"


@dataclass(frozen=True)
class Record:
    """What is known of one stage."""

    stage: str
    state: str
    inputs: str
    at: str
    seconds: float = 0.0
    result: dict[str, Any] = field(default_factory=dict)
    said: str = ""
    log: str = ""


class Ledger:
    """The records of one site, newest last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "ledger.jsonl"

    def latest(self) -> dict[str, Record]:
        """Return the newest record of each stage; a half-written last line counts for nothing."""
        found: dict[str, Record] = {}
        if not self._file.exists():
            return found
        for line in self._file.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                record = Record(**json.loads(line))
                found[record.stage] = record
        return found

    def write(self, record: Record) -> None:
        """Append a record and wait until the disk has it."""
        torn = self._file.exists() and not self._file.read_bytes().endswith(b"\n")
        with self._file.open("a", encoding="utf-8") as file:
            file.write(("\n" if torn else "") + json.dumps(asdict(record)) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def log(self, stage: str) -> Path:
        """Name a new log file for a stage."""
        folder = self.folder / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{stage}.log"

    def forget(self) -> None:
        """Begin anew: what was made is gone. The old records are kept beside."""
        if self._file.exists():
            self._file.replace(self.folder / f"ledger-{datetime.now(UTC):%Y%m%dT%H%M%S}.jsonl")


def fingerprint(inputs: Mapping[str, Any]) -> str:
    """Return a short hash of what a stage is given."""
    text = json.dumps(inputs, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def now() -> str:
    """The time, as the ledger writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextlib.contextmanager
def held(folder: Path, site: str) -> Iterator[None]:
    """Hold a site for oneself; the kernel lets go of it when the process ends, however it ends.

    Raises:
        BusyError: somebody holds it, by name.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise BusyError(site, file.read().strip() or "Somebody") from None
        file.truncate(0)
        who = f"{getpass.getuser()}@{socket.gethostname()} (process {os.getpid()}, since {now()})"
        file.write(who)
        file.flush()
        yield
