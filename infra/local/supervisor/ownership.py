"""Which processes are this site's own, proved before one of them is touched.

Every process of a site carries the site's random mark in its environment, and its
children inherit it. A recorded pid alone proves nothing: pids are used again. So a
process is ended through its start time (psutil compares it before each signal), and only
if it carries the mark.
"""

import os
import signal
import time
from collections.abc import Iterable

import psutil

MARK = "GOURMET_SITE_MARK"


def carries(process: psutil.Process, site_id: str) -> bool:
    """Say whether a live process carries the site's mark."""
    try:
        return bool(process.environ().get(MARK) == site_id)
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
        return False


def is_gone(pid: int) -> bool:
    """Say whether a process has ended, be it that nobody has taken notice of that yet."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def processes_of(site_id: str) -> list[psutil.Process]:
    """Return every live process of the site, but never this one or its parents."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [
        process
        for process in psutil.process_iter()
        if process.pid not in own and carries(process, site_id)
    ]


def end(processes: Iterable[psutil.Process], grace: float) -> list[psutil.Process]:
    """Ask the processes to end, then make them; return those that are still there."""
    left = list(processes)
    for kind in (signal.SIGTERM, signal.SIGKILL):
        for process in left:
            _send(process, kind)
        left = wait(left, grace)
        if not left:
            break
    return left


def _send(process: psutil.Process, kind: signal.Signals) -> None:
    try:
        process.send_signal(kind)  # refuses a pid that was used again
    except psutil.NoSuchProcess:
        return


def wait(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait for processes to end; return those that are still there."""
    deadline = time.monotonic() + seconds
    left = processes
    while left and time.monotonic() < deadline:
        left = [process for process in left if _still_there(process)]
        time.sleep(0.02)
    return left


def _still_there(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
