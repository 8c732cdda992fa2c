"""Moments and lengths of time, as people read them."""

from datetime import UTC, datetime

STEPS = ((86400, "d"), (3600, "h"), (60, "min"))


def moment(text: str) -> datetime:
    """Read a moment as Git and the journal write it."""
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def spoken(text: str) -> str:
    """Write a moment to the second, in UTC."""
    return moment(text).strftime("%Y-%m-%d %H:%M:%S")


def length(seconds: float) -> str:
    """Write how long something took or is ago."""
    for size, name in STEPS:
        if seconds >= size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def since(text: str, now: datetime) -> str:
    """Write since when, and how long that is."""
    ago = max(0.0, (now - moment(text)).total_seconds())
    return f"{spoken(text)} UTC ({length(ago)} ago)"
