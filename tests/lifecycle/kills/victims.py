"""Who can be killed while a version is on its way, and how each is found."""

import contextlib
import os
import signal
from pathlib import Path

# A word of the command line that only this kind of process has.
SIGNS = {
    "command": b"invoke",
    "runner": b"workflows.runner",
    "step": b"services.lifecycle",
    "agent": b"infra.local.agent",
    "registry": b"mlflow",
    "gateway": b"traefik",
}


def find(state, kind):
    """Return the processes of a kind that belong to a site, the oldest first."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            if SIGNS[kind] not in command:
                continue
            if os.fsencode(state) in (entry / "environ").read_bytes() + command:
                found.append(int(entry.name))
    return sorted(found)


def kill(state, kind):
    """Kill every process of a kind at once; say how many there were."""
    found = find(state, kind)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(found)
