"""Judgements of the machine itself: system, processors, memory, disks, time since boot.

Each takes what a command printed on the node and returns what is wrong, or None.
"""

from collections.abc import Iterable
from itertools import groupby


def somebody_may_administer(output: str) -> str | None:
    """Judge `id -u` followed, for others than root, by `sudo -n true`."""
    first, _newline, rest = output.strip().partition("\n")
    if first == "0" or rest.strip() == "passwordless":
        return None
    return f"sudo does not work without asking ({_first_line(rest) or 'it said nothing'})"


def system_is_known(output: str, *, known: Iterable[str]) -> str | None:
    """Judge /etc/os-release."""
    facts = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
    system = " ".join(facts.get(key, "?").strip("\"'") for key in ("ID", "VERSION_ID"))
    return None if system in set(known) else f"it is {system}, and not {_or(known)}"


def python_suffices(output: str, *, need: str) -> str | None:
    """Judge `python3 --version`."""
    words = output.split()
    if len(words) != 2 or words[0] != "Python":
        return f"there is no python3 ({_first_line(output) or 'it said nothing'})"
    if _version(words[1]) < _version(need):
        return f"Python is {words[1]}, and {need} is needed"
    return None


def processors_suffice(output: str, *, need: int) -> str | None:
    """Judge `nproc`."""
    have = int(output)
    return None if have >= need else f"{have} processors, and {need} are needed"


def memory_suffices(output: str, *, need_gib: float) -> str | None:
    """Judge /proc/meminfo."""
    (kib,) = (int(line.split()[1]) for line in output.splitlines() if line.startswith("MemTotal:"))
    have = kib / 2**20
    return None if have >= need_gib else f"{have:.1f} GiB of memory, and {need_gib:g} are needed"


def disk_suffices(output: str, *, need_gib: float) -> str | None:
    """Judge `df -P -k / /var`: what is free where images and data will lie."""
    for mount, free in _free(output):
        if free / 2**20 < need_gib:
            return f"{free / 2**20:.1f} GiB free on {mount}, and {need_gib:g} are needed"
    return None


def inodes_suffice(output: str, *, need_percent: int) -> str | None:
    """Judge `df -P -i / /var`: free inodes, which run out where images have many small files."""
    for line in output.splitlines()[1:]:
        _device, total, _used, free, _percent, mount = line.split(None, 5)
        if total not in ("0", "-") and int(free) * 100 < int(total) * need_percent:
            left = int(free) * 100 // int(total)
            return f"{left} % of the inodes of {mount} are free, and {need_percent} % are needed"
    return None


def boot_has_settled(output: str, *, need_seconds: int) -> str | None:
    """Judge /proc/uptime."""
    up = float(output.split(maxsplit=1)[0])
    return None if up >= need_seconds else f"it booted {up:.0f} s ago and may not have settled"


def _free(output: str) -> Iterable[tuple[str, int]]:
    rows = [line.split(None, 5) for line in output.splitlines()[1:]]
    for mount, same in groupby(sorted(rows, key=lambda row: row[5]), key=lambda row: row[5]):
        yield mount, int(next(same)[3])


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _or(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
