"""What the end of a replica's process means, and when it is started again."""

import signal
from dataclasses import dataclass

OOM, ERROR, COMPLETED, BACK_OFF = "OOMKilled", "Error", "Completed", "CrashLoopBackOff"
LONGEST = 60.0  # seconds between two starts, at most
LIVED = 30.0  # seconds that a process must live for its end to be the first one again
FROM_OUTSIDE = ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT")


@dataclass(frozen=True)
class End:
    """How a process ended.

    Attributes:
        signal: Name of the signal that ended it, or "".
        killed_for: Why this agent ended it, or "".
    """

    code: int | None
    signal: str
    killed_for: str = ""

    @property
    def exit_code(self) -> int | None:
        """The exit code as a shell tells it."""
        if self.signal:
            number = getattr(signal, self.signal, None)
            return 128 + int(number) if number is not None else None
        return self.code

    @property
    def reason(self) -> str:
        """One word in Kubernetes' terms."""
        if self.killed_for:
            return self.killed_for
        return COMPLETED if self.code == 0 else ERROR

    @property
    def from_outside(self) -> bool:
        """Say whether somebody else ended it."""
        return not self.killed_for and self.signal in FROM_OUTSIDE


def failures(before: int, end: End, lived: float, *, been_ready: bool) -> int:
    """Return how many ends in a row now count for the back-off."""
    if end.from_outside and been_ready:
        return before  # somebody killed a good process: that is drift, not a crash
    return 1 if lived >= LIVED else before + 1


def delay(count: int) -> float:
    """Return the seconds to wait before the next start: none at first, then 1, 2, 4, …"""
    return 0.0 if count <= 1 else min(2.0 ** (count - 2), LONGEST)
