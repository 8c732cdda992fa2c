"""Judgements of the kernel: modules, settings, swap, IPv6, and time.

Each takes what a command printed on the node and returns what is wrong, or None.
"""

import operator
import re
from collections.abc import Callable, Iterable

SETTING = re.compile(r"(?P<key>[a-z0-9_.]+)(?P<how>>=|<=|!=|=)(?P<value>.+)")
HOW: dict[str, Callable[[int, int], bool]] = {
    ">=": operator.ge, "<=": operator.le, "!=": operator.ne, "=": operator.eq,
}  # fmt: skip
UTC = {"UTC", "Etc/UTC", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal"}


def modules_can_be_loaded(output: str) -> str | None:
    """Judge a line per module: its name, and loaded, loadable or missing."""
    missing = [line.split()[0] for line in output.splitlines() if line.endswith(" missing")]
    return f"the kernel has no {' and no '.join(missing)}" if missing else None


def settings_are(output: str, *, wanted: Iterable[str]) -> str | None:
    """Judge a line per setting, key=value, against wishes such as net.ipv4.ip_forward=1."""
    have = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
    wrong = []
    for wish in wanted:
        match = SETTING.fullmatch(wish)
        if match is None:
            raise ValueError(f"{wish!r} is no setting such as net.ipv4.ip_forward=1")
        value = have.get(match["key"], "").strip()
        if not value:
            wrong.append(f"{match['key']} is not there")
        elif not HOW[match["how"]](int(value), int(match["value"])):
            wrong.append(f"{match['key']} is {value}, not {match['how']}{match['value']}")
    return ", ".join(wrong) or None


def keys_of(wanted: Iterable[str]) -> list[str]:
    """Return the keys of wishes such as net.ipv4.ip_forward=1."""
    return [re.split(r"[<>!=]", wish, maxsplit=1)[0] for wish in wanted]


def swap_is_off(output: str) -> str | None:
    """Judge /proc/swaps."""
    devices = [line.split()[0] for line in output.splitlines()[1:] if line.strip()]
    return f"swap is on ({', '.join(devices)})" if devices else None


def ipv6_is_off(output: str) -> str | None:
    """Judge `ip -6 -o addr show scope global`."""
    found = _interfaces(output)
    return f"IPv6 is on ({', '.join(found)})" if found else None


def ipv6_is_on(output: str) -> str | None:
    """Judge `ip -6 -o addr show scope global`."""
    return None if _interfaces(output) else "no interface has a global IPv6 address"


def time_zone_is(output: str, *, wanted: str) -> str | None:
    """Judge `readlink -f /etc/localtime`."""
    zone = output.strip().partition("/zoneinfo/")[2] or "UTC"
    same = zone == wanted or {zone, wanted} <= UTC
    return None if same else f"its time zone is {zone}, not {wanted}"


def _interfaces(output: str) -> list[str]:
    lines = (line.split() for line in output.splitlines())
    return [f"{words[1]} {words[3]}" for words in lines if len(words) > 3 and words[2] == "inet6"]
