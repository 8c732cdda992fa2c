"""Durations as Argo reads them: a bare number of seconds, or Go's 1h30m."""

import re
from fractions import Fraction

from workflows.runner.language.errors import DurationError

_UNITS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6,
    "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
}  # fmt: skip
_PIECE = re.compile(r"(\d*)(\.\d*)?([^\d.]+)?", re.ASCII)
_LARGEST = 2**63


def seconds(text: str) -> float:
    """Give the seconds of a bare whole number or of a Go duration.

    Raises:
        DurationError: it is neither.
    """
    if re.fullmatch(r"[+-]?\d+", text, re.ASCII):
        return float(int(text))
    return nanoseconds(text) / 10**9


def nanoseconds(text: str) -> int:
    """Read a Go duration such as 1h30m, -1.5s or 0.

    Raises:
        DurationError: it is malformed; a number needs a unit.
    """
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    if not rest:
        raise DurationError(f"time: invalid duration {_quoted(text)}")
    total = 0
    while rest:
        piece, rest = _piece(text, rest)
        total += piece
        if total > _LARGEST:
            raise DurationError(f"time: invalid duration {_quoted(text)}")
    if text[0] == "-":
        return -total
    if total == _LARGEST:
        raise DurationError(f"time: invalid duration {_quoted(text)}")
    return total


def _piece(text: str, rest: str) -> tuple[int, str]:
    match = _PIECE.match(rest)
    if match is None or not (match[1] or (match[2] or "")[1:]):
        raise DurationError(f"time: invalid duration {_quoted(text)}")
    unit = match[3]
    if not unit:
        raise DurationError(f"time: missing unit in duration {_quoted(text)}")
    if unit not in _UNITS:
        raise DurationError(f"time: unknown unit {_quoted(unit)} in duration {_quoted(text)}")
    amount = Fraction((match[1] or "0") + (match[2] or ".") + "0")
    return int(amount * _UNITS[unit]), rest[match.end() :]


def format_duration(value: int) -> str:
    """Write nanoseconds as Go's time.Duration prints itself: 1h30m0s, 1.5ms."""
    if value == 0:
        return "0s"
    sign, rest = ("-" if value < 0 else ""), abs(value)
    for unit, size in (("ns", 10**3), ("µs", 10**6), ("ms", 10**9)):
        if rest < size:
            return f"{sign}{_decimal(rest, size // 1000)}{unit}"
    minutes, rest = divmod(rest, 60 * 10**9)
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(rest, 10**9)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else sign + text


def _decimal(value: int, size: int) -> str:
    whole, fraction = divmod(value, size)
    if not fraction:
        return str(whole)
    width = len(str(size)) - 1
    return f"{whole}.{fraction:0{width}d}".rstrip("0")


def _quoted(text: str) -> str:
    """Quote the way the time package does: byte by byte."""
    data = text.encode("utf-8", "surrogateescape")
    shown = (
        f"\\{chr(byte)}" if byte in b'"\\'
        else chr(byte) if 0x20 <= byte < 0x80
        else f"\\x{byte:02x}"
        for byte in data
    )  # fmt: skip
    return f'"{"".join(shown)}"'
