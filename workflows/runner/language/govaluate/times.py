"""The texts that a `when` takes for times."""

from workflows.runner.language.go import golayout, goparse
from workflows.runner.language.go.gotime import Moment

_LAYOUTS = (
    golayout.ANSIC, golayout.UNIX_DATE, golayout.RUBY_DATE, golayout.KITCHEN,
    golayout.RFC3339, golayout.RFC3339_NANO, "2006-01-02", "2006-01-02 15:04",
    "2006-01-02 15:04:05", "2006-01-02 15:04:05-07:00", "2006-01-02T15Z0700",
    "2006-01-02T15:04Z0700", "2006-01-02T15:04:05Z0700",
    "2006-01-02T15:04:05.999999999Z0700",
)  # fmt: skip


def moment(text: str) -> Moment | None:
    """Read a time in the first layout that it follows, if any."""
    for layout in _LAYOUTS:
        try:
            return goparse.parse(layout, text)
        except goparse.TimeError:
            continue
    return None
