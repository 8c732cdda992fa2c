"""Sprig's functions on dates; the local time zone is UTC, as in Argo's controller."""

from collections.abc import Callable
from typing import Any

from workflows.runner.language.duration import format_duration, nanoseconds
from workflows.runner.language.errors import DurationError
from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.exprlang.values import Int64
from workflows.runner.language.go import goparse, gotime
from workflows.runner.language.go.golayout import layout
from workflows.runner.language.go.gomath import parse_int
from workflows.runner.language.go.gotime import Duration, Moment

_SECOND = 10**9
_UNITS = (
    (365 * 86400 * _SECOND, "y"), (30 * 86400 * _SECOND, "mo"), (86400 * _SECOND, "d"),
    (3600 * _SECOND, "h"), (60 * _SECOND, "m"), (_SECOND, "s"),
)  # fmt: skip


def _moment(date: Any) -> Moment:
    if isinstance(date, Moment):
        return date
    if isinstance(date, int) and not isinstance(date, (bool, Duration)):
        return Moment(int(date) * _SECOND)
    return gotime.now()


def _now() -> Moment:
    return gotime.now()


def _date(fmt: str, date: Any) -> str:
    return layout(_moment(date), fmt)


def _date_in_zone(fmt: str, date: Any, zone: str) -> str:
    try:
        place = gotime.load_zone(zone)
    except LookupError:
        place = gotime.UTC_ZONE
    return layout(_moment(date).within(place), fmt)


def _html_date(date: Any) -> str:
    return layout(_moment(date), "2006-01-02")


def _html_date_in_zone(date: Any, zone: str) -> str:
    return _date_in_zone("2006-01-02", date, zone)


def _date_modify(fmt: str, date: Moment) -> Moment:
    try:
        return date.plus(nanoseconds(fmt))
    except DurationError:
        return date


def _must_date_modify(fmt: str, date: Moment) -> Moment:
    try:
        return date.plus(nanoseconds(fmt))
    except DurationError as error:
        raise FaultError(str(error)) from error


def _ago(date: Any) -> str:
    passed = gotime.now().nanoseconds - _moment(date).nanoseconds
    return format_duration((passed + _SECOND // 2) // _SECOND * _SECOND)


def _duration(sec: Any) -> str:
    count = 0
    if isinstance(sec, str):
        count = parse_int(sec) or 0
    elif isinstance(sec, Int64):
        count = int(sec)
    return format_duration(count * _SECOND)


def _duration_round(duration: Any) -> str:
    length = 0
    if isinstance(duration, str):
        try:
            length = nanoseconds(duration)
        except DurationError:
            length = 0
    elif isinstance(duration, Int64):
        length = int(duration)
    elif isinstance(duration, Moment):
        length = gotime.now().nanoseconds - duration.nanoseconds
    for size, unit in _UNITS:
        if abs(length) > size:
            return f"{abs(length) // size}{unit}"
    return "0s"


def _to_date(fmt: str, str: str) -> Moment:
    try:
        return goparse.parse(fmt, str)
    except goparse.TimeError:
        return gotime.ZERO_TIME


def _must_to_date(fmt: str, str: str) -> Moment:
    try:
        return goparse.parse(fmt, str)
    except goparse.TimeError as error:
        raise FaultError(f"{error}") from error


def _unix_epoch(date: Moment) -> str:
    return f"{date.nanoseconds // _SECOND}"


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "now": _now, "date": _date, "dateInZone": _date_in_zone, "date_in_zone": _date_in_zone,
    "htmlDate": _html_date, "htmlDateInZone": _html_date_in_zone,
    "dateModify": _date_modify, "date_modify": _date_modify,
    "mustDateModify": _must_date_modify, "must_date_modify": _must_date_modify,
    "ago": _ago, "duration": _duration, "durationRound": _duration_round,
    "toDate": _to_date, "mustToDate": _must_to_date, "unixEpoch": _unix_epoch,
}  # fmt: skip
