"""How much memory replicas take: each process with all that it started."""

import contextlib
import resource
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil


def of_families(pids: Iterable[int]) -> dict[int, int]:
    """Return the bytes that each process holds together with its descendants.

    Several processes share pages, so each page is shared out among them (PSS) where the
    kernel tells; one process alone is cheaper to ask (RSS).
    """
    children: dict[int, list[psutil.Process]] = {}
    everyone: dict[int, psutil.Process] = {}
    for process in psutil.process_iter(["ppid"]):
        everyone[process.pid] = process
        children.setdefault(process.info["ppid"] or 0, []).append(process)
    return {
        pid: sum(_held(list(_family(everyone[pid], children)))) for pid in pids if pid in everyone
    }


def _family(
    process: psutil.Process, children: dict[int, list[psutil.Process]]
) -> Iterator[psutil.Process]:
    yield process
    for child in children.get(process.pid, []):
        yield from _family(child, children)


def _held(family: list[psutil.Process]) -> Iterator[int]:
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if len(family) == 1:
                yield int(process.memory_info().rss)
            else:
                full = process.memory_full_info()
                yield int(getattr(full, "pss", full.rss))


def quickly(pid: int) -> int:
    """Return the resident bytes of one process, or 0 when that cannot be had at once."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0
    return pages * resource.getpagesize()
