"""When a CronWorkflow is due: the schedules of the robfig/cron library, version 3."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self


@dataclass(frozen=True)
class Schedule:
    """A parsed schedule in its time zone."""

    text: str

    @classmethod
    def parse(cls, text: str, timezone: str | None = None) -> Self:
        """Parse five fields, @hourly and the like, or @every 1h.

        Raises:
            ScheduleError: the schedule or the time zone is malformed.
        """
        return cls(text)

    def next(self, after: datetime) -> datetime | None:
        """Give the first time that is due after a moment; None when there is none."""
        return None

    def latest(self, after: datetime, before: datetime) -> datetime | None:
        """Give the last time due after one moment and not after another."""
        return None
