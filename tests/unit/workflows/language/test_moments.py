"""The names under workflow.creationTimestamp, and Go's time layouts."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from workflows.runner.language import moments
from workflows.runner.language.go import golayout, goparse, gotime

MOMENT = datetime(2026, 3, 1, 4, 5, 6, 78000, tzinfo=UTC)


def test_the_creation_time_has_a_name_for_each_letter():
    names = moments.creation_names("workflow.creationTimestamp", MOMENT)

    assert names == {
        "workflow.creationTimestamp": "2026-03-01T04:05:06Z",
        "workflow.creationTimestamp.RFC3339": "2026-03-01T04:05:06Z",
        "workflow.creationTimestamp.s": "1772337906",
    } | {
        f"workflow.creationTimestamp.{letter}": text
        for letter, text in {
            "B": "March", "b": "Mar", "m": "03", "A": "Sunday", "a": "Sun", "d": "01",
            "H": "04", "I": "04", "M": "05", "S": "06", "Y": "2026", "y": "26", "p": "AM",
            "Z": "UTC", "z": "+0000", "L": ".078",
        }.items()
    }  # fmt: skip


def test_a_time_of_another_zone_is_written_in_utc():
    tokyo = MOMENT.astimezone(timezone(timedelta(hours=9)))

    assert moments.rfc3339(tokyo) == "2026-03-01T04:05:06Z"


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        (golayout.ANSIC, "Sun Mar  1 04:05:06 2026"),
        (golayout.RFC1123Z, "Sun, 01 Mar 2026 04:05:06 +0000"),
        (golayout.RFC3339_NANO, "2026-03-01T04:05:06.078Z"),
        (golayout.KITCHEN, "4:05AM"),
        (
            "2006/1/2 15h 3pm .000 .999999 -07 Z07:00 MST 002",
            "2026/3/1 04h 4am .078 .078 +00 Z UTC 060",
        ),
        ("no time at all", "no time at all"),
    ],
)
def test_a_layout_is_filled_in_as_go_fills_it_in(layout, text):
    assert golayout.layout(gotime.from_datetime(MOMENT), layout) == text


@pytest.mark.parametrize(
    ("layout", "text", "rfc3339"),
    [
        ("2006-01-02", "2026-03-01", "2026-03-01T00:00:00Z"),
        (golayout.RFC3339, "2026-03-01T04:05:06.5+02:00", "2026-03-01T04:05:06.5+02:00"),
        (golayout.RFC1123, "Sun, 01 Mar 2026 04:05:06 UTC", "2026-03-01T04:05:06Z"),
        ("Jan _2 06 3:04PM", "mar  1 26 4:05PM", "2026-03-01T16:05:00Z"),
    ],
)
def test_a_time_is_read_in_its_layout(layout, text, rfc3339):
    assert golayout.layout(goparse.parse(layout, text), golayout.RFC3339_NANO) == rfc3339


@pytest.mark.parametrize(
    ("layout", "text", "problem"),
    [
        ("2006-01-02", "2026-13-01", "month out of range"),
        ("2006-01-02", "2026-02-30", "day out of range"),
        ("2006-01-02", "2026-02-01x", 'extra text: "x"'),
        ("2006-01-02", "x", 'cannot parse "x" as "2006"'),
    ],
)
def test_a_text_that_is_no_such_time_is_refused(layout, text, problem):
    with pytest.raises(goparse.TimeError, match=problem):
        goparse.parse(layout, text)
