"""Freezes by the clock on the wall, where clocks leap and hours come twice."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.lifecycle.releasing.gates.freezes import DAYS, Freeze, FreezeError, instant

unhurried = settings(deadline=None)  # the machine may have other things to do
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")


def freeze(begins, ends, zone="Europe/Berlin", name="a freeze"):
    said = {"name": name, "from": begins, "until": ends, "zone": zone}
    return Freeze.read({**said, "environments": ["production"]})


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_freeze_holds_from_its_first_minute_to_its_last_where_it_stands():
    holidays = freeze("2026-12-23 18:00", "2027-01-02 08:00")

    assert not holidays.holds(at("2026-12-23T16:59:59"))
    assert holidays.holds(at("2026-12-23T17:00:00"))
    assert holidays.holds(at("2027-01-02T06:59:59"))
    assert not holidays.holds(at("2027-01-02T07:00:00"))


def test_the_same_words_are_another_hour_in_another_zone():
    tokyo = freeze("2026-12-23 18:00", "2026-12-24 18:00", "Asia/Tokyo")

    assert tokyo.holds(at("2026-12-23T09:00:00"))
    assert not tokyo.holds(at("2026-12-24T09:00:00"))


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        ("2026-11-20T14:59:59", False),  # friday 15:59 in Berlin
        ("2026-11-20T15:00:00", True),
        ("2026-11-22T12:00:00", True),
        ("2026-11-23T06:59:59", True),  # monday 07:59
        ("2026-11-23T07:00:00", False),
        ("2026-07-17T13:59:59", False),  # in summer, one hour earlier in UTC
        ("2026-07-17T14:00:00", True),
        ("2026-07-20T06:00:00", False),
    ],
)
def test_a_weekend_holds_every_week_in_winter_and_in_summer(now, holds):
    assert freeze("friday 16:00", "Monday 08:00").holds(at(now)) is holds


def test_a_weekend_in_which_the_clock_changes_ends_when_the_clock_says_so():
    weekend = freeze("saturday 00:00", "monday 00:00")

    begins, ends = weekend.span(at("2026-03-29T12:00:00"))
    assert ends - begins == timedelta(hours=47)
    begins, ends = weekend.span(at("2026-10-25T12:00:00"))
    assert ends - begins == timedelta(hours=49)


def test_an_hour_that_comes_twice_is_frozen_to_the_end_of_the_second():
    night = freeze("2026-10-25 02:15", "2026-10-25 02:45")

    assert night.span(at("2026-10-25T00:30:00")) == (
        at("2026-10-25T00:15:00"),
        at("2026-10-25T01:45:00"),
    )


def test_a_time_that_the_clock_leaps_over_is_the_moment_of_the_leap():
    assert instant(datetime(2026, 3, 29, 2, 30), BERLIN) == at("2026-03-29T01:00:00")
    assert instant(datetime(2026, 3, 29, 2, 30), BERLIN, last=True) == at("2026-03-29T01:00:00")


def test_a_day_of_every_week_can_be_a_freeze_too():
    friday = freeze("friday 00:00", "friday 23:59")

    assert friday.holds(at("2026-11-20T12:00:00"))
    assert not friday.holds(at("2026-11-21T12:00:00"))


def test_a_week_but_for_an_hour():
    most = freeze("friday 10:00", "friday 09:00")

    assert most.holds(at("2026-11-20T09:00:00"))  # friday 10:00 in Berlin
    assert most.holds(at("2026-11-27T07:59:00"))
    assert not most.holds(at("2026-11-27T08:30:00"))


@unhurried
@given(
    st.tuples(st.sampled_from(DAYS), st.times()), st.tuples(st.sampled_from(DAYS), st.times()),
    st.sampled_from(ZONES), st.datetimes(datetime(2020, 1, 5), datetime(2035, 1, 1)),
)  # fmt: skip
def test_a_weekly_freeze_holds_exactly_from_one_wall_clock_to_the_other(first, last, zone, moment):
    made = freeze(f"{first[0]} {first[1]:%H:%M}", f"{last[0]} {last[1]:%H:%M}", zone)
    now = moment.replace(tzinfo=UTC)

    start, end = made.span(now)

    assert timedelta(0) <= end - start <= timedelta(days=7, hours=2)
    assert end > now
    assert made.holds(now) is (start <= now)
    before = made.span(start - timedelta(days=8))
    assert before[0] < start, "an earlier one came before it"


@unhurried
@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), st.sampled_from(ZONES))
def test_the_first_moment_of_a_wall_clock_is_never_after_the_last(local, zone):
    where = ZoneInfo(zone)
    local = local.replace(microsecond=0)
    first, last = (instant(local, where, last=wish) for wish in (False, True))

    assert first <= last
    assert last - first <= timedelta(hours=1)
    shown = first.astimezone(where).replace(tzinfo=None)
    assert local <= shown <= local + timedelta(hours=1)


@pytest.mark.parametrize(
    ("begins", "ends", "zone", "says"),
    [
        ("friday 16:00", "2027-01-02 08:00", "UTC", "is no time of a freeze"),
        ("2027-01-02 08:00", "2026-12-23 18:00", "UTC", "ends before it begins"),
        ("friday 26:00", "monday 08:00", "UTC", "is no time of a day"),
        ("friday 16:00", "monday 08:00", "Europe/Berlinn", "no time zone is called"),
        ("friday 16:00", "monday 08:00", "../../etc/passwd", "no time zone is called"),
        ("tomorrow", "monday 08:00", "UTC", "is no time of a freeze"),
    ],
)
def test_what_is_no_freeze_is_refused_in_words(begins, ends, zone, says):
    with pytest.raises(FreezeError, match=says):
        freeze(begins, ends, zone)


def test_a_freeze_with_a_word_too_many_is_refused():
    with pytest.raises(FreezeError, match="a freeze has environments, from, name, until, zone"):
        Freeze.read({"name": "x", "begin": "friday 16:00"})
