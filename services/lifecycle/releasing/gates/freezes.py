"""Freezes: times in which nothing is promoted, written as the clock on the wall shows them.

A freeze stands in one time zone. `2026-12-23 18:00` begins once; `friday 16:00` every week.
Where the wall clock jumps, a freeze is never shorter than what was written: an hour that
comes twice begins at the first and ends at the second, and a time that the clock leaps over
is the moment of the leap.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKLY = re.compile(rf"({'|'.join(DAYS)}) (\d\d:\d\d)", re.IGNORECASE)
ONCE = "%Y-%m-%d %H:%M"
WEEK = timedelta(days=7)


class FreezeError(ValueError):
    """A freeze of the policy cannot be read."""


@dataclass(frozen=True)
class Freeze:
    """A time in which some environments stay as they are.

    Attributes:
        name: What it is for.
        begins: `2026-12-23 18:00`, or `friday 16:00`.
        ends: In the same form.
        zone: Whose clock that is.
        environments: Which stay as they are.
    """

    name: str
    begins: str
    ends: str
    zone: ZoneInfo
    environments: tuple[str, ...]

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Read a freeze from the policy.

        Raises:
            FreezeError: a value cannot be.
        """
        wanted = {"name", "from", "until", "zone", "environments"}
        if set(said) != wanted:
            raise FreezeError(f"a freeze has {', '.join(sorted(wanted))}, and not {sorted(said)}")
        made = cls(
            str(said["name"]), str(said["from"]), str(said["until"]),
            _zone(str(said["zone"])), tuple(said["environments"]),
        )  # fmt: skip
        made.span(datetime.now(UTC))
        return made

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """Return when it began or begins, and ends: the current one, or the next."""
        if (begins := WEEKLY.fullmatch(self.begins)) and (ends := WEEKLY.fullmatch(self.ends)):
            return self._weekly(now, begins, ends)
        first, last = _local(self.begins), _local(self.ends)
        if first >= last:
            raise FreezeError(f"freeze {self.name!r} ends before it begins")
        return instant(first, self.zone), instant(last, self.zone, last=True)

    def holds(self, now: datetime) -> bool:
        """Say whether it is now."""
        begins, ends = self.span(now)
        return begins <= now < ends

    def spoken(self, moment: datetime) -> str:
        """Write a moment as its clock shows it."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M} {self.zone.key}"

    def _weekly(
        self, now: datetime, begins: re.Match[str], ends: re.Match[str]
    ) -> tuple[datetime, datetime]:
        today = now.astimezone(self.zone).date()
        back = (today.weekday() - DAYS.index(begins[1].lower())) % 7
        length = (DAYS.index(ends[1].lower()) - DAYS.index(begins[1].lower())) % 7
        first, last = _clock(begins[2]), _clock(ends[2])
        if length == 0 and last <= first:
            length = 7
        # The latest that has begun may still hold; else the one after it is the next.
        for weeks in (-1, 0, 1):
            day = today - timedelta(days=back) + weeks * WEEK
            start = instant(datetime.combine(day, first), self.zone)
            end_day = day + timedelta(days=length)
            end = instant(datetime.combine(end_day, last), self.zone, last=True)
            if now < end:
                break
        return start, end


def instant(local: datetime, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """Return when a wall clock shows this time: the first such moment, or the last."""
    either = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    shown = [moment.astimezone(zone).replace(tzinfo=None) for moment in either]
    if local not in shown:
        return _leap(min(either), max(either), zone)
    return max(either) if last else min(either)


def _leap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment between two others at which the clock leaps forward."""
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise FreezeError(f"no time zone is called {name!r}; write one as Europe/Berlin") from None


def _local(text: str) -> datetime:
    try:
        return datetime.strptime(text, ONCE)
    except ValueError:
        raise FreezeError(
            f"{text!r} is no time of a freeze: write both ends as 2026-12-23 18:00, or both as "
            "friday 16:00"
        ) from None


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise FreezeError(f"{text!r} is no time of a day") from None
