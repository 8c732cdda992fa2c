"""When schedules are due, as robfig/cron has it."""

from datetime import UTC, datetime

import pytest

from workflows.runner.language.errors import ScheduleError
from workflows.runner.language.schedule import Schedule

DUE = [
    (
        "*/5 * * * *",
        "2026-03-01T10:00:30Z",
        ["2026-03-01T10:05:00Z", "2026-03-01T10:10:00Z", "2026-03-01T10:15:00Z"],
    ),
    (
        "0 9 * * 1-5",
        "2026-03-06T09:00:00Z",
        ["2026-03-09T09:00:00Z", "2026-03-10T09:00:00Z", "2026-03-11T09:00:00Z"],
    ),
    (
        "0 0 13 * 5",
        "2026-03-01T00:00:00Z",
        ["2026-03-06T00:00:00Z", "2026-03-13T00:00:00Z", "2026-03-20T00:00:00Z"],
    ),
    (
        "0 0 1 jan,jul *",
        "2026-03-01T00:00:00Z",
        ["2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z", "2027-07-01T00:00:00Z"],
    ),
    (
        "15-45/10 * * * *",
        "2026-03-01T10:00:00Z",
        ["2026-03-01T10:15:00Z", "2026-03-01T10:25:00Z", "2026-03-01T10:35:00Z"],
    ),
    (
        "0 0 29 2 *",
        "2026-03-01T00:00:00Z",
        ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z", "2036-02-29T00:00:00Z"],
    ),
    ("0 0 30 2 *", "2026-03-01T00:00:00Z", []),
    (
        "0 0 * * sun",
        "2026-03-01T00:00:00Z",
        ["2026-03-08T00:00:00Z", "2026-03-15T00:00:00Z", "2026-03-22T00:00:00Z"],
    ),
    (
        "5/20 * * * *",
        "2026-03-01T10:00:00Z",
        ["2026-03-01T10:05:00Z", "2026-03-01T10:25:00Z", "2026-03-01T10:45:00Z"],
    ),
    (
        "0 0 ? * ?",
        "2026-03-01T10:00:00Z",
        ["2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z"],
    ),
    (
        "@every 90s",
        "2026-03-01T10:00:30Z",
        ["2026-03-01T10:02:00Z", "2026-03-01T10:03:30Z", "2026-03-01T10:05:00Z"],
    ),
    (
        "@every 1ms",
        "2026-03-01T10:00:30Z",
        ["2026-03-01T10:00:31Z", "2026-03-01T10:00:32Z", "2026-03-01T10:00:33Z"],
    ),
    (
        "@weekly",
        "2026-03-01T10:00:30Z",
        ["2026-03-08T00:00:00Z", "2026-03-15T00:00:00Z", "2026-03-22T00:00:00Z"],
    ),
    (
        "@monthly",
        "2026-03-01T10:00:30Z",
        ["2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z"],
    ),
    (
        "@yearly",
        "2026-03-01T10:00:30Z",
        ["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z", "2029-01-01T00:00:00Z"],
    ),
    (
        "CRON_TZ=America/New_York 30 2 * * *",
        "2026-03-07T12:00:00Z",
        ["2026-03-09T06:30:00Z", "2026-03-10T06:30:00Z", "2026-03-11T06:30:00Z"],
    ),
    (
        "CRON_TZ=America/New_York 30 1 * * *",
        "2026-10-31T12:00:00Z",
        ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-02T06:30:00Z"],
    ),
    (
        "CRON_TZ=Europe/Berlin 30 2 * * *",
        "2026-03-28T12:00:00Z",
        ["2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z", "2026-04-01T00:30:00Z"],
    ),
    (
        "CRON_TZ=Europe/Berlin 30 2 * * *",
        "2026-10-24T12:00:00Z",
        ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"],
    ),
    (
        "CRON_TZ=America/Sao_Paulo 0 0 * * *",
        "2017-10-14T00:00:00Z",
        ["2017-10-14T03:00:00Z", "2017-10-16T02:00:00Z", "2017-10-17T02:00:00Z"],
    ),
    (
        "TZ=Asia/Kolkata 0 0 * * *",
        "2026-03-01T00:00:00Z",
        ["2026-03-01T18:30:00Z", "2026-03-02T18:30:00Z", "2026-03-03T18:30:00Z"],
    ),
    (
        "TZ=Asia/Tokyo @daily",
        "2026-03-01T00:00:00Z",
        ["2026-03-01T15:00:00Z", "2026-03-02T15:00:00Z", "2026-03-03T15:00:00Z"],
    ),
]

REFUSED = [
    ("", "empty spec string"),
    ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
    ("* * * * * *", "expected exactly 5 fields, found 6: [* * * * * *]"),
    ("60 * * * *", "end of range (60) above maximum (59): 60"),
    ("* 24 * * *", "end of range (24) above maximum (23): 24"),
    ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
    ("* * * 13 *", "end of range (13) above maximum (12): 13"),
    ("* * * * 7", "end of range (7) above maximum (6): 7"),
    ("x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'),
    ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
    ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
    ("*/0 * * * *", "step of range should be a positive number: */0"),
    ("1/2/3 * * * *", "too many slashes: 1/2/3"),
    ("-1 * * * *", 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax'),
    ("@reboot", "unrecognized descriptor: @reboot"),
    ("@every x", 'failed to parse duration @every x: time: invalid duration "x"'),
    ("TZ=Nowhere/X * * * * *", "provided bad location Nowhere/X: unknown time zone Nowhere/X"),
]


def times(schedule, start, count):
    moment, found = datetime.fromisoformat(start), []
    while len(found) < count and (moment := schedule.next(moment)) is not None:
        found.append(moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    return found


@pytest.mark.parametrize(("text", "start", "due"), DUE)
def test_the_next_times_are_those_of_the_library_also_when_clocks_change(text, start, due):
    assert times(Schedule.parse(text), start, 3) == due


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_a_malformed_schedule_is_refused_with_the_reason(text, message):
    with pytest.raises(ScheduleError) as refused:
        Schedule.parse(text)

    assert str(refused.value) == message


def test_the_recorded_schedules_are_due_when_they_were(vectors):
    for case in vectors["cron"]:
        if "error" in case:
            with pytest.raises(ScheduleError, match=case["error"].split("(")[0]):
                Schedule.parse(case["schedule"])
        else:
            assert times(Schedule.parse(case["schedule"]), case["from"], 2) == case["next"]


def test_a_time_zone_beside_the_schedule_counts():
    schedule = Schedule.parse("0 2 * * *", "Asia/Tokyo")

    assert times(schedule, "2026-03-01T00:00:00Z", 1) == ["2026-03-01T17:00:00Z"]


def test_an_unknown_time_zone_is_refused():
    with pytest.raises(ScheduleError, match="provided bad location Mars/Phobos"):
        Schedule.parse("* * * * *", "Mars/Phobos")


def test_the_latest_missed_time_is_found_and_none_when_nothing_was_missed():
    schedule = Schedule.parse("0 * * * *")
    start = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)

    assert schedule.latest(start, start.replace(hour=14)) == datetime(2026, 3, 1, 14, tzinfo=UTC)
    assert schedule.latest(start, start.replace(minute=45)) is None
