"""Moments, durations and time zones, as Go's time package has them."""

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from workflows.runner.language.duration import format_duration

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 10**9
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS: Final = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip


class Duration(int):
    """A number of nanoseconds that prints like 1h30m0s."""

    def __str__(self) -> str:
        return format_duration(int(self))


class Month(int):
    """A month that prints as its name."""

    def __str__(self) -> str:
        return MONTHS[self - 1]


class Weekday(int):
    """A day of the week, from Sunday as 0, that prints as its name."""

    def __str__(self) -> str:
        return WEEKDAYS[(self + 6) % 7]


@dataclass(frozen=True)
class Zone:
    """A time zone with the name that it was asked for by."""

    name: str
    rules: tzinfo

    def __str__(self) -> str:
        return self.name


UTC_ZONE: Final = Zone("UTC", UTC)


def load_zone(name: str) -> Zone:
    """Find an IANA time zone.

    Raises:
        LookupError: there is none of that name.
    """
    if name in ("", "UTC"):
        return UTC_ZONE
    if name == "Local":
        return Zone("Local", UTC)
    try:
        return Zone(name, zoneinfo.ZoneInfo(name))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise LookupError(f"unknown time zone {name}") from error


def fixed_zone(name: str, seconds: int) -> Zone:
    """Make a zone with one offset; one that is UTC's own is UTC."""
    if seconds == 0 and name in ("", "UTC"):
        return UTC_ZONE
    return Zone(name, timezone(timedelta(seconds=seconds), name))


@dataclass(frozen=True)
class Moment:
    """A point in time, seen from a zone.

    Attributes:
        nanoseconds: Since 1970 in UTC.
        zone: Where it is read.
    """

    nanoseconds: int
    zone: Zone = UTC_ZONE

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Moment) and self.nanoseconds == other.nanoseconds

    def __hash__(self) -> int:
        return hash(self.nanoseconds)

    def __lt__(self, other: "Moment") -> bool:
        return self.nanoseconds < other.nanoseconds

    def __le__(self, other: "Moment") -> bool:
        return self.nanoseconds <= other.nanoseconds

    @property
    def local(self) -> datetime:
        """The date and time in the zone, without the part of a second.

        Raises:
            OverflowError: the year is not between 1 and 9999.
        """
        seconds = self.nanoseconds // _SECOND
        return (_EPOCH + timedelta(seconds=seconds)).astimezone(self.zone.rules)

    @property
    def fraction(self) -> int:
        """The nanoseconds within the second."""
        return self.nanoseconds % _SECOND

    @property
    def offset(self) -> int:
        """Seconds east of UTC."""
        offset = self.local.utcoffset()
        return 0 if offset is None else int(offset.total_seconds())

    @property
    def abbreviation(self) -> str:
        """The zone's short name at that time; without one, its offset."""
        name = self.local.tzname() or ""
        return name if name else _sign(self.offset)

    def plus(self, duration: int) -> "Moment":
        """Move by nanoseconds."""
        return Moment(self.nanoseconds + int(duration), self.zone)

    def within(self, zone: Zone) -> "Moment":
        """See the same point in time from another zone."""
        return Moment(self.nanoseconds, zone)

    def to_json(self) -> str:
        """Write it as encoding/json does."""
        from workflows.runner.language.go.golayout import RFC3339_NANO, layout

        return f'"{layout(self, RFC3339_NANO)}"'

    def __str__(self) -> str:
        from workflows.runner.language.go.golayout import layout

        return layout(self, "2006-01-02 15:04:05.999999999 -0700 MST")


ZERO_TIME: Final = Moment(-62135596800 * _SECOND)


def _sign(offset: int) -> str:
    hours, minutes = divmod(abs(offset) // 60, 60)
    return f"{'-' if offset < 0 else '+'}{hours:02d}" + (f"{minutes:02d}" if minutes else "")


def at(local: datetime, zone: Zone, nanosecond: int = 0) -> Moment:
    """Make a moment from a date and time in a zone.

    A time that a change of clocks skips or repeats is settled as Go settles it: by the
    offset that holds when the time is taken for UTC, corrected once.
    """
    seconds = (local.replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)
    offset = _offset(seconds, zone)
    corrected = _offset(seconds - offset, zone)
    return Moment((seconds - corrected) * _SECOND + nanosecond, zone)


def _offset(seconds: int, zone: Zone) -> int:
    return Moment(seconds * _SECOND, zone).offset


def now() -> Moment:
    """Give the current time in UTC."""
    return from_datetime(datetime.now(UTC))


def from_datetime(moment: datetime) -> Moment:
    """Convert an aware datetime."""
    delta = moment - _EPOCH
    whole = delta.days * 86400 + delta.seconds
    return Moment(whole * _SECOND + delta.microseconds * 1000)
