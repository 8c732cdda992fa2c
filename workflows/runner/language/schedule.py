"""When a CronWorkflow is due: the schedules of the robfig/cron library, version 3."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from workflows.runner.language.cronfields import (
    BOUNDS,
    DAYS_OF_WEEK,
    MONTHS_OF_YEAR,
    Field,
    parse_field,
)
from workflows.runner.language.duration import nanoseconds
from workflows.runner.language.errors import DurationError, ScheduleError
from workflows.runner.language.exprlang.texts import fields
from workflows.runner.language.go.gotime import Moment, Zone, at, load_zone

_DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_SECOND = 10**9
_HOUR = 3600 * _SECOND


@dataclass(frozen=True)
class Schedule:
    """A parsed schedule in its time zone.

    Attributes:
        text: The schedule as it was written.
        zone: Where its fields are read.
        every: Seconds between two times, instead of fields.
    """

    text: str
    zone: Zone
    every: int
    minute: Field
    hour: Field
    day: Field
    month: Field
    weekday: Field

    @classmethod
    def parse(cls, text: str, timezone: str | None = None) -> Self:
        """Parse five fields, @hourly and the like, or @every 1h.

        Raises:
            ScheduleError: the schedule or the time zone is malformed.
        """
        if not text:
            raise ScheduleError("empty spec string")
        name, spec = timezone or "", text
        prefixed = text.startswith(("TZ=", "CRON_TZ="))
        if prefixed:
            name, blank, spec = text.partition("=")[2].partition(" ")
            if not blank:
                raise ScheduleError(f"there is no schedule after the time zone: {text}")
            spec = spec.strip()
        try:
            zone = load_zone(name)
        except LookupError as error:
            raise ScheduleError(f"provided bad location {name}: {error.args[0]}") from error
        if spec.startswith("@every "):
            return cls(text, zone, _every(spec), *_fields("* * * * *"))
        if spec.startswith("@") and spec not in _DESCRIPTORS:
            raise ScheduleError(f"unrecognized descriptor: {spec}")
        return cls(text, zone, 0, *_fields(_DESCRIPTORS.get(spec, spec)))

    def next(self, after: datetime) -> datetime | None:
        """Give the first time that is due after a moment; None when there is none."""
        start = after.astimezone(UTC).replace(microsecond=0)
        if self.every:
            return (start + timedelta(seconds=self.every)).astimezone(after.tzinfo)
        epoch = int(start.timestamp()) + 1
        found = _Search(self, Moment(epoch * _SECOND, self.zone)).run()
        if found is None:
            return None
        return datetime.fromtimestamp(found.nanoseconds // _SECOND, after.tzinfo)

    def latest(self, after: datetime, before: datetime) -> datetime | None:
        """Give the last time due after one moment and not after another."""
        latest, due = None, self.next(after)
        while due is not None and due <= before:
            latest, due = due, self.next(due)
        return latest

    def includes(self, moment: datetime) -> bool:
        """Tell whether a day is one of the schedule's days."""
        day = self.day.holds(moment.day)
        weekday = self.weekday.holds(moment.isoweekday() % 7)
        if self.day.star or self.weekday.star:
            return day and weekday
        return day or weekday


def _fields(spec: str) -> tuple[Field, ...]:
    parts = fields(spec)
    if len(parts) != len(BOUNDS):
        raise ScheduleError(
            f"expected exactly {len(BOUNDS)} fields, found {len(parts)}: [{' '.join(parts)}]"
        )
    names: tuple[dict[str, int], ...] = ({}, {}, {}, MONTHS_OF_YEAR, DAYS_OF_WEEK)
    return tuple(
        parse_field(part, bounds, known)
        for part, bounds, known in zip(parts, BOUNDS, names, strict=True)
    )


def _every(spec: str) -> int:
    try:
        delay = nanoseconds(spec.removeprefix("@every "))
    except DurationError as error:
        raise ScheduleError(f"failed to parse duration {spec}: {error}") from error
    return max(delay, _SECOND) // _SECOND


class _Search:
    """Moves a moment forward, field by field, until all of them match."""

    def __init__(self, schedule: Schedule, start: Moment) -> None:
        self.schedule = schedule
        self.moment = start
        self.moved = False

    def run(self) -> Moment | None:
        """Give the moment that matches, if there is one within five years."""
        limit = self.moment.local.year + 5
        while self.moment.local.year <= limit:
            if all(step() for step in (self._month, self._day, self._hour, self._minute)):
                return self._on_the_minute()
        return None

    def _on_the_minute(self) -> Moment | None:
        while self.moment.local.second != 0:
            self.moment = self.moment.plus(_SECOND)
            if self.moment.local.second == 0:
                return self.run()
        return self.moment

    def _start_of(self, **parts: int) -> None:
        if not self.moved:
            self.moved = True
            local = self.moment.local.replace(tzinfo=None, minute=0, second=0, **parts)
            self.moment = at(local, self.schedule.zone)

    def _month(self) -> bool:
        while not self.schedule.month.holds(self.moment.local.month):
            self._start_of(day=1, hour=0)
            local = self.moment.local.replace(tzinfo=None)
            days = (local.replace(day=28) + timedelta(days=4)).replace(day=1) - local.replace(day=1)
            self.moment = at(local + days, self.schedule.zone)
            if self.moment.local.month == 1:
                return False
        return True

    def _day(self) -> bool:
        while not self.schedule.includes(self.moment.local):
            self._start_of(hour=0)
            local = self.moment.local.replace(tzinfo=None)
            self.moment = at(local + timedelta(days=1), self.schedule.zone)
            hour = self.moment.local.hour
            if hour != 0:
                # Midnight does not exist on this day, or was passed by.
                self.moment = self.moment.plus((24 - hour if hour > 12 else -hour) * _HOUR)
            if self.moment.local.day == 1:
                return False
        return True

    def _hour(self) -> bool:
        while not self.schedule.hour.holds(self.moment.local.hour):
            self._start_of()
            self.moment = self.moment.plus(_HOUR)
            if self.moment.local.hour == 0:
                return False
        return True

    def _minute(self) -> bool:
        while not self.schedule.minute.holds(self.moment.local.minute):
            if not self.moved:
                self.moved = True
                past = self.moment.nanoseconds % (60 * _SECOND)
                self.moment = self.moment.plus(-past)
            self.moment = self.moment.plus(60 * _SECOND)
            if self.moment.local.minute == 0:
                return False
        return True
