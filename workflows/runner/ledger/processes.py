"""Processes named so that a number used again later is not taken for the same one."""

import os
import signal
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_START_TIME_FIELD = 19


def start_time(pid: int) -> str | None:
    """Give when a process started, in clock ticks since boot; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - asked for each step
            text = file.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(b")")[2].split()
    return None if fields[0] == b"Z" else fields[_START_TIME_FIELD].decode()


@cache
def boot_id() -> str:
    """Name this boot of the machine."""
    return _BOOT.read_text(encoding="ascii").strip() if _BOOT.exists() else ""


def identity(pid: int) -> dict[str, Any]:
    """Give what tells a process from every other, now and later."""
    return {"pid": pid, "start": start_time(pid), "boot": boot_id()}


def is_alive(known: Mapping[str, Any]) -> bool:
    """Tell whether the very process that was recorded still runs."""
    return known.get("boot") == boot_id() and known.get("start") == start_time(int(known["pid"]))


def kill_marked(*marks: str) -> int:
    """Kill every process that has all of these variables, such as NAME=VALUE; give how many.

    A step may leave its process group, but it keeps the variables that it was started with.
    """
    wanted = [b"\0" + mark.encode() + b"\0" for mark in marks]
    killed = 0
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            with open(f"{entry.path}/environ", "rb") as file:  # noqa: PTH123
                held = b"\0" + file.read()
            if all(mark in held for mark in wanted):
                os.kill(int(entry.name), signal.SIGKILL)
                killed += 1
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return killed


def kill_group(known: Mapping[str, Any]) -> bool:
    """Kill the process group of a recorded process, if it is still that process."""
    if not is_alive(known):
        return False
    try:
        os.killpg(int(known["pid"]), signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True
