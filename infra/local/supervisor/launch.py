"""Become the program that a launch file describes, and die with supervisord.

Run as a script, by path and with the standard library only: it stands between supervisord
and every program of the site, so it has to be quick and must not need the clone's imports.
"""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
NOT_FOUND = 127


def die_with_parent() -> None:
    """Have the kernel end this process when its parent dies, where the kernel can."""
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # it died while we asked


def main(file: str) -> None:
    """Read the launch file and become its program."""
    launch = json.loads(Path(file).read_text())
    die_with_parent()
    try:
        os.chdir(launch["cwd"])
        os.execvpe(launch["argv"][0], launch["argv"], launch["env"])
    except OSError as error:
        print(f"{launch['argv'][0]}: cannot be started: {error.strerror}.", flush=True)
        os._exit(NOT_FOUND)


if __name__ == "__main__":
    main(sys.argv[1])
