"""Which process stands behind an operation, and whether it is dead beyond doubt.

A process is known by machine, boot, number and start time, so that a number used again is
not taken for it, and no clock matters. Where its number means nothing (a step has process
numbers of its own), the file that it keeps locked while it lives tells.
"""

import atexit
import fcntl
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Self

VARIABLE = "GOURMET_OWNER"
START_TIME_FIELD = 19


@dataclass(frozen=True)
class Owner:
    """A process, as its machine knows it.

    Attributes:
        host: The name of the machine, for people.
        machine: What tells the machine from every other.
        boot: What tells this boot from every other.
        pid: The process number.
        start: When it started, in ticks since the boot.
        space: In which space of process numbers that is its number.
        guard: A file that it keeps locked as long as it lives; empty when there is none.
    """

    host: str
    machine: str
    boot: str
    pid: int
    start: str
    space: str = ""
    guard: str = ""

    @classmethod
    def read(cls, facts: Mapping[str, Any] | None) -> Self | None:
        """Read what `facts` wrote, or what the workflow runner gave its step."""
        if not facts:
            return None
        known = {name: facts[name] for name in cls.__dataclass_fields__ if name in facts}
        return cls(**{**known, "pid": int(known["pid"]), "start": str(known["start"])})

    @classmethod
    def of_this_process(cls) -> Self:
        """Name this process."""
        pid = os.getpid()
        return cls(
            host=socket.gethostname(),
            machine=_machine(),
            boot=_boot(),
            pid=pid,
            start=_start(pid) or "",
            space=_space(),
        )

    def facts(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)

    @property
    def is_dead(self) -> bool:
        """Say whether it is dead beyond doubt; what cannot be known is alive."""
        if self.boot != _boot():
            return bool(self.machine) and self.machine == _machine()
        if self.space == _space():
            return _start(self.pid) != self.start
        return bool(self.guard) and _is_let_go(Path(self.guard))

    @property
    def lives(self) -> bool:
        """Say whether it is alive beyond doubt."""
        if self.boot != _boot():
            return False
        if self.space == _space():
            return _start(self.pid) == self.start
        return bool(self.guard) and Path(self.guard).exists() and not _is_let_go(Path(self.guard))


def from_environment(values: Mapping[str, str]) -> Owner | None:
    """Return who stands behind a step: the runner that started it, or by hand this process.

    On a cluster the workflow is the holder, and nothing can be proved of it.
    """
    if text := values.get(VARIABLE):
        return Owner.read(json.loads(text))
    if values.get("ARGO_NODE_ID"):
        return None
    state = values.get("GOURMET_STATE", "")
    return _guarded(Path(state, "owners")) if state else Owner.of_this_process()


@cache
def _guarded(folder: Path) -> Owner:
    """Name this process, with a file that it keeps locked as long as it lives."""
    mine = Owner.of_this_process()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{mine.pid}-{mine.start}"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    fcntl.flock(handle, fcntl.LOCK_EX)
    atexit.register(path.unlink, missing_ok=True)
    return replace(mine, guard=str(path))


def _is_let_go(guard: Path) -> bool:
    """Say whether nobody locks the file; its process removes it when it ends in good order."""
    try:
        with guard.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return guard.parent.is_dir()
    except OSError:
        return False  # it is held, or not to be seen from here
    return True


def _start(pid: int) -> str | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(b")")[2].split()
    return None if fields[0] == b"Z" else fields[START_TIME_FIELD].decode()


def _space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _machine() -> str:
    return _read("/etc/machine-id")


def _boot() -> str:
    return _read("/proc/sys/kernel/random/boot_id")


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return ""
