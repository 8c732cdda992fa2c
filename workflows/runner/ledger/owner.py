"""Tell the steps who runs them, so that what they hold can be taken over once it is dead.

A step gets it as GOURMET_OWNER, as Argo gives its steps ARGO_… variables. Number and start
time name the process on this machine; where a step has process numbers of its own, the file
that this process keeps locked while it lives tells the same.
"""

import atexit
import fcntl
import json
import os
import socket
from pathlib import Path

from workflows.runner.ledger import processes

VARIABLE = "GOURMET_OWNER"
_MACHINE = Path("/etc/machine-id")
_SPACE = Path("/proc/self/ns/pid")
_held: dict[Path, str] = {}


def claim(folder: Path) -> str:
    """Name this process, with a locked file in a folder that steps may see."""
    if folder not in _held:
        _held[folder] = json.dumps(
            {
                "host": socket.gethostname(),
                "machine": _MACHINE.read_text().strip() if _MACHINE.exists() else "",
                **processes.identity(os.getpid()),
                "space": str(_SPACE.readlink()) if _SPACE.is_symlink() else "",
                "guard": str(_guard(folder)),
            }
        )
    return _held[folder]


def _guard(folder: Path) -> Path:
    """Lock a file for as long as this process lives."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{os.getpid()}-{processes.start_time(os.getpid())}"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    fcntl.flock(handle, fcntl.LOCK_EX)
    atexit.register(path.unlink, missing_ok=True)
    return path
