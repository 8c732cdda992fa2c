"""One field of a cron schedule: `*/5`, `1-5`, `mon,fri`."""

from collections.abc import Mapping
from dataclasses import dataclass

from workflows.runner.language.errors import ScheduleError
from workflows.runner.language.go.gomath import parse_int
from workflows.runner.language.go.gotext import quote

BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
MONTHS_OF_YEAR = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        start=1,
    )
}
DAYS_OF_WEEK = {
    name: number for number, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])
}


@dataclass(frozen=True)
class Field:
    """The numbers that a field allows, and whether a star is among what was written."""

    numbers: frozenset[int]
    star: bool

    def holds(self, number: int) -> bool:
        """Tell whether a number is allowed."""
        return number in self.numbers


def parse_field(text: str, bounds: tuple[int, int], names: Mapping[str, int]) -> Field:
    """Parse a list of ranges.

    Raises:
        ScheduleError: one of them is malformed or out of bounds.
    """
    numbers: set[int] = set()
    star = False
    for part in filter(None, text.split(",")):
        allowed, starred = _range(part, bounds, names)
        numbers.update(allowed)
        star = star or starred
    return Field(frozenset(numbers), star)


def _range(text: str, bounds: tuple[int, int], names: Mapping[str, int]) -> tuple[range, bool]:
    span, *steps = text.split("/")
    low, *high = span.split("-")
    starred = low in ("*", "?")
    start, end = bounds
    if not starred:
        start = _number(low, names)
        if len(high) > 1:
            raise ScheduleError(f"too many hyphens: {text}")
        end = _number(high[0], names) if high else start
    if len(steps) > 1:
        raise ScheduleError(f"too many slashes: {text}")
    step = _number(steps[0], {}) if steps else 1
    if steps and not high:
        end = bounds[1]
    _check(text, start, end, step, bounds)
    return range(start, end + 1, step), starred and step == 1


def _check(text: str, start: int, end: int, step: int, bounds: tuple[int, int]) -> None:
    least, most = bounds
    if start < least:
        problem = f"beginning of range ({start}) below minimum ({least}): {text}"
    elif end > most:
        problem = f"end of range ({end}) above maximum ({most}): {text}"
    elif start > end:
        problem = f"beginning of range ({start}) beyond end of range ({end}): {text}"
    elif step == 0:
        problem = f"step of range should be a positive number: {text}"
    else:
        return
    raise ScheduleError(problem)


def _number(text: str, names: Mapping[str, int]) -> int:
    named = names.get(text.lower())
    if named is not None:
        return named
    number = parse_int(text)
    if number is None:
        digits = text.lstrip("+-").isdecimal() and text.isascii()
        reason = "value out of range" if digits else "invalid syntax"
        raise ScheduleError(
            f"failed to parse int from {text}: strconv.Atoi: parsing {quote(text)}: {reason}"
        )
    if number < 0:
        raise ScheduleError(f"negative number ({number}) not allowed: {text}")
    return number
