"""The methods that times and durations have inside expressions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from workflows.runner.language.duration import format_duration
from workflows.runner.language.go import golayout
from workflows.runner.language.go.gotime import (
    UTC_ZONE,
    ZERO_TIME,
    Duration,
    Moment,
    Month,
    Weekday,
    Zone,
    at,
)

Method = Callable[[Any], Callable[..., Any]]


def _gives(compute: Callable[[Any], Any]) -> Method:
    def bound(receiver: Any) -> Callable[[], Any]:
        def method() -> Any:
            return compute(receiver)

        return method

    return bound


def _format(receiver: Moment) -> Callable[..., str]:
    def method(layout: str) -> str:
        return golayout.layout(receiver, layout)

    return method


def _add(receiver: Moment) -> Callable[..., Moment]:
    def method(duration: Duration) -> Moment:
        return receiver.plus(duration)

    return method


def _sub(receiver: Moment) -> Callable[..., Duration]:
    def method(other: Moment) -> Duration:
        return Duration(receiver.nanoseconds - other.nanoseconds)

    return method


def _add_date(receiver: Moment) -> Callable[..., Moment]:
    def method(years: int, months: int, days: int) -> Moment:
        return shifted(receiver, years, months, days)

    return method


def shifted(moment: Moment, years: int, months: int, days: int) -> Moment:
    """Move by calendar units; days that a month lacks run over into the next."""
    local = moment.local.replace(tzinfo=None)
    count = (local.year + years) * 12 + local.month - 1 + months
    first = local.replace(year=count // 12, month=count % 12 + 1, day=1)
    return at(first + timedelta(days=local.day - 1 + days), moment.zone, moment.fraction)


def _compared(compute: Callable[[int, int], bool]) -> Method:
    def bound(receiver: Moment) -> Callable[..., bool]:
        def method(other: Moment) -> bool:
            return compute(receiver.nanoseconds, other.nanoseconds)

        return method

    return bound


def _rounded(compute: Callable[[int, int], int]) -> Method:
    def bound(receiver: Any) -> Callable[..., Any]:
        def method(unit: Duration) -> Any:
            if isinstance(receiver, Moment):
                return Moment(compute(receiver.nanoseconds, int(unit)), receiver.zone)
            return Duration(compute(int(receiver), int(unit)))

        return method

    return bound


def _cut(value: int, unit: int) -> int:
    return value if unit <= 0 else value - (abs(value) % unit) * (1 if value >= 0 else -1)


def _nearest(value: int, unit: int) -> int:
    if unit <= 0:
        return value
    size = (abs(value) * 2 + unit) // (2 * unit) * unit
    return size if value >= 0 else -size


METHODS: dict[type, dict[str, Method]] = {
    Zone: {"String": _gives(str)},
    Moment: {
        "Format": _format,
        "Add": _add,
        "Sub": _sub,
        "AddDate": _add_date,
        "After": _compared(lambda a, b: a > b),
        "Before": _compared(lambda a, b: a < b),
        "Equal": _compared(lambda a, b: a == b),
        "Truncate": _rounded(_cut),
        "Round": _rounded(_nearest),
        "Year": _gives(lambda m: m.local.year),
        "Month": _gives(lambda m: Month(m.local.month)),
        "Day": _gives(lambda m: m.local.day),
        "Hour": _gives(lambda m: m.local.hour),
        "Minute": _gives(lambda m: m.local.minute),
        "Second": _gives(lambda m: m.local.second),
        "Nanosecond": _gives(lambda m: m.fraction),
        "Weekday": _gives(lambda m: Weekday(m.local.isoweekday() % 7)),
        "YearDay": _gives(lambda m: m.local.timetuple().tm_yday),
        "Unix": _gives(lambda m: m.nanoseconds // 10**9),
        "UnixMilli": _gives(lambda m: m.nanoseconds // 10**6),
        "UnixMicro": _gives(lambda m: m.nanoseconds // 10**3),
        "UnixNano": _gives(lambda m: m.nanoseconds),
        "UTC": _gives(lambda m: m.within(UTC_ZONE)),
        "Local": _gives(lambda m: m.within(UTC_ZONE)),
        "IsZero": _gives(lambda m: m == ZERO_TIME),
        "String": _gives(str),
    },
    Duration: {
        "Hours": _gives(lambda d: int(d) / (3600 * 10**9)),
        "Minutes": _gives(lambda d: int(d) / (60 * 10**9)),
        "Seconds": _gives(lambda d: int(d) / 10**9),
        "Milliseconds": _gives(lambda d: int(d / 10**6)),
        "Microseconds": _gives(lambda d: int(d / 10**3)),
        "Nanoseconds": _gives(int),
        "Abs": _gives(lambda d: Duration(abs(d))),
        "Truncate": _rounded(_cut),
        "Round": _rounded(_nearest),
        "String": _gives(lambda d: format_duration(int(d))),
    },
}
