"""Reads times that are written in a Go layout."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from workflows.runner.language.go.golayout import chunks
from workflows.runner.language.go.gotext import quote
from workflows.runner.language.go.gotime import (
    MONTHS,
    UTC_ZONE,
    WEEKDAYS,
    Moment,
    Zone,
    at,
    fixed_zone,
)


class TimeError(ValueError):
    """A text is no time in a layout."""


def _names(full: tuple[str, ...], length: int | None = None) -> re.Pattern[str]:
    return re.compile("|".join(name[:length] for name in full), re.IGNORECASE)


_TWO = re.compile(r"\d{2}", re.ASCII)
_ONE_OR_TWO = re.compile(r"\d{1,2}", re.ASCII)
_PATTERNS: dict[str, re.Pattern[str]] = {
    "January": _names(MONTHS), "Jan": _names(MONTHS, 3),
    "Monday": _names(WEEKDAYS), "Mon": _names(WEEKDAYS, 3),
    "2006": re.compile(r"\d{4}", re.ASCII), "06": _TWO, "01": _TWO, "1": _ONE_OR_TWO,
    "02": _ONE_OR_TWO, "_2": re.compile(r" ?\d{1,2}", re.ASCII), "2": _ONE_OR_TWO,
    "002": re.compile(r"\d{3}", re.ASCII), "__2": re.compile(r"[ \d]{2}\d", re.ASCII),
    "15": _ONE_OR_TWO, "03": _ONE_OR_TWO, "3": _ONE_OR_TWO,
    "04": _TWO, "4": _ONE_OR_TWO, "05": _TWO, "5": _ONE_OR_TWO,
    "PM": re.compile("[AP]M"), "pm": re.compile("[ap]m"),
    "MST": re.compile(r"UTC|[A-Z]{3,5}|GMT[+-]\d{1,2}|[+-]\d{2}(?:\d{2})?", re.ASCII),
}  # fmt: skip
_FRACTION = re.compile(r"[.,]\d+", re.ASCII)


@dataclass
class _Parts:
    year: int = 0
    month: int = 1
    day: int = 1
    yearday: int | None = None
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanosecond: int = 0
    afternoon: bool | None = None
    offset: int | None = None
    abbreviation: str = ""
    utc: bool = False


def parse(layout_text: str, text: str, zone: Zone = UTC_ZONE) -> Moment:
    """Read a time; without an offset of its own it is one of the given zone.

    Raises:
        TimeError: the text does not follow the layout or is no such time.
    """
    parts, rest = _Parts(), text
    pieces = chunks(layout_text)
    for index, (literal, chunk) in enumerate(pieces):
        rest = _after_literal(rest, literal, layout_text, text)
        if not chunk:
            break
        rest = _after_element(parts, chunk, rest, layout_text, text)
        following = pieces[index + 1]
        if chunk in ("05", "5") and not following[0] and following[1][:1] in (".", ","):
            continue
        fraction = _FRACTION.match(rest) if chunk in ("05", "5") else None
        if fraction and not following[0].startswith((".", ",")):
            parts.nanosecond = _nanoseconds(fraction.group())
            rest = rest[fraction.end() :]
    if rest:
        raise TimeError(f"parsing time {quote(text)}: extra text: {quote(rest)}")
    return _moment(parts, zone, text)


def _bad(layout_text: str, text: str, element: str, rest: str) -> TimeError:
    return TimeError(
        f"parsing time {quote(text)} as {quote(layout_text)}: "
        f"cannot parse {quote(rest)} as {quote(element)}"
    )


def _after_literal(rest: str, literal: str, layout_text: str, text: str) -> str:
    for character in literal:
        if character == " ":
            if rest and rest[0] != " ":
                raise _bad(layout_text, text, literal, rest)
            rest = rest.lstrip(" ")
        elif not rest.startswith(character):
            raise _bad(layout_text, text, literal, rest)
        else:
            rest = rest[1:]
    return rest


def _after_element(parts: _Parts, chunk: str, rest: str, layout_text: str, text: str) -> str:
    if chunk[0] in "-Z":
        match = _offset_pattern(chunk).match(rest)
    elif chunk[0] in ".,":
        match = _FRACTION.match(rest)
        if match is None and chunk[1] == "9":
            return rest
        if match and chunk[1] == "0":
            match = re.compile(rf"[.,]\d{{{len(chunk) - 1}}}", re.ASCII).match(rest)
    else:
        match = _PATTERNS[chunk].match(rest)
    if match is None:
        raise _bad(layout_text, text, chunk, rest)
    _store(parts, chunk, match.group(), text)
    return rest[match.end() :]


def _offset_pattern(chunk: str) -> re.Pattern[str]:
    colon = ":" if ":" in chunk else ""
    pairs = sum(character.isdigit() for character in chunk) // 2
    pattern = r"[+-]\d{2}" + rf"{colon}\d{{2}}" * (pairs - 1)
    return re.compile(f"Z|{pattern}" if chunk[0] == "Z" else pattern, re.ASCII)


def _nanoseconds(fraction: str) -> int:
    return int(fraction[1:10].ljust(9, "0"))


def _seconds(text: str) -> int:
    digits = text[1:].replace(":", "")
    pairs = [int(digits[i : i + 2]) for i in range(0, len(digits), 2)] + [0, 0]
    total = pairs[0] * 3600 + pairs[1] * 60 + pairs[2]
    return -total if text[0] == "-" else total


def _store(parts: _Parts, chunk: str, found: str, text: str) -> None:
    if chunk[0] in "-Z":
        parts.offset, parts.utc = (0, True) if found == "Z" else (_seconds(found), False)
    elif chunk[0] in ".,":
        parts.nanosecond = _nanoseconds(found)
    elif chunk in ("PM", "pm"):
        parts.afternoon = found.lower() == "pm"
    elif chunk == "MST":
        parts.abbreviation = found
    elif chunk in ("Monday", "Mon"):
        return
    elif chunk in ("January", "Jan"):
        parts.month = [m[:3].lower() for m in MONTHS].index(found[:3].lower()) + 1
    elif chunk in ("002", "__2"):
        parts.yearday = int(found)
    elif chunk == "06":
        parts.year = int(found) + (1900 if int(found) >= 69 else 2000)
    else:
        _store_number(parts, chunk, int(found), text)


_FIELDS: dict[str, tuple[str, Callable[[int], bool]]] = {
    "2006": ("year", lambda n: True),
    "01": ("month", lambda n: 1 <= n <= 12),
    "02": ("day", lambda n: True),
    "15": ("hour", lambda n: n < 24),
    "03": ("hour", lambda n: n <= 12),
    "04": ("minute", lambda n: n < 60),
    "05": ("second", lambda n: n < 60),
}
_SAME = {"1": "01", "2": "02", "_2": "02", "3": "03", "4": "04", "5": "05"}


def _store_number(parts: _Parts, chunk: str, value: int, text: str) -> None:
    name, fits = _FIELDS[_SAME.get(chunk, chunk)]
    if not fits(value):
        raise TimeError(f"parsing time {quote(text)}: {name} out of range")
    setattr(parts, name, value)


def _moment(parts: _Parts, zone: Zone, text: str) -> Moment:
    hour = parts.hour
    if parts.afternoon and hour < 12:
        hour += 12
    elif parts.afternoon is False and hour == 12:
        hour = 0
    # Year 0 exists in Go and not in Python: it stands for "no year", as in a time of day.
    year = parts.year or 4
    try:
        local = datetime(year, parts.month, parts.day, hour, parts.minute, parts.second)
    except ValueError as error:
        raise TimeError(f"parsing time {quote(text)}: day out of range") from error
    if parts.yearday is not None:
        local = datetime(year, 1, 1, *local.timetuple()[3:6]) + timedelta(parts.yearday - 1)
    if parts.offset is not None:
        named = UTC_ZONE if parts.utc else fixed_zone(parts.abbreviation, parts.offset)
        return at(local, named, parts.nanosecond)
    if parts.abbreviation and parts.abbreviation != zone.name:
        return at(local, fixed_zone(parts.abbreviation, _named_offset(parts)), parts.nanosecond)
    return at(local, zone, parts.nanosecond)


def _named_offset(parts: _Parts) -> int:
    hours = parts.abbreviation.removeprefix("GMT")
    return int(hours) * 3600 if hours[:1] in ("+", "-") and len(hours) <= 3 else 0
