"""What `down` would stop, and what `--purge` would remove; nothing is."""

import contextlib
import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from infra.local import site as sites
from infra.local.state import State
from infra.local.supervisor import ownership

WIDTH = 60
NOTHING = "Nothing is running."


@dataclass(frozen=True)
class Leaving:
    """What would go.

    Attributes:
        processes: Each process of the site, by number and command.
        folder: The state folder, if it would be removed.
        size: How many bytes lie in it.
    """

    processes: list[dict[str, Any]]
    folder: str
    size: int

    def text(self) -> str:
        """Write it for a person."""
        count = len(self.processes)
        lines = [f"Would stop {count} process{'es' * (count > 1)}:" if count else NOTHING]
        lines += [f"  {each['pid']:>7}  {each['command']}" for each in self.processes]
        if self.folder:
            lines.append(f"Would remove {self.folder}, {self.size / 1e6:.0f} MB for good:")
            lines.append("  models, images, releases, history, secrets and the key that signs")
        if not count and not self.folder:
            return "Nothing is running, and nothing would be removed."
        return "\n".join([*lines, "Nothing was changed."])


def look(state: State, *, purge: bool) -> Leaving:
    """Find the processes of the site, and with `purge` its folder."""
    known = sites.load(state)
    found = ownership.processes_of(known.id) if known else []
    removes = purge and known is not None
    return Leaving(
        processes=[told for told in (_told(each) for each in found) if told],
        folder=str(state.folder) if removes else "",
        size=_size(state) if removes else 0,
    )


def _told(process: psutil.Process) -> dict[str, Any]:
    with contextlib.suppress(psutil.NoSuchProcess):
        line = shlex.join(process.cmdline()) or process.name()
        short = line if len(line) <= WIDTH else "…" + line[-WIDTH:]
        return {"pid": process.pid, "command": short}
    return {}


def _size(state: State) -> int:
    total = 0
    for folder, _, names in os.walk(state.folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(folder, name).lstat().st_size
    return total
