import itertools
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.calendars import PERIOD_SECONDS, bounds, ordinal

PERIODS = st.sampled_from(sorted(PERIOD_SECONDS))
ZONES = st.sampled_from([
    "UTC", "America/Toronto", "America/St_Johns", "America/Vancouver", "America/Havana", "America/Nuuk",
    "Africa/Cairo", "Asia/Beirut", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Dublin", "Pacific/Chatham",
])  # fmt: skip
"""Half and quarter hours, midnights that are skipped and that come twice, a summer time of half an hour."""

# From 2024 to the year 2200, with fractions of seconds.
MOMENTS = st.floats(1_704_067_200, 7_258_118_400, allow_nan=False)


def at(year, month, day, *time, zone="UTC", fold=0) -> float:
    return datetime(year, month, day, *time).replace(fold=fold, tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("period", "now", "start", "end"),
    [
        ("minute", at(2026, 11, 22, 12, 0, 59) + 0.999, at(2026, 11, 22, 12), at(2026, 11, 22, 12, 1)),
        ("minute", at(2026, 11, 22, 12, 1), at(2026, 11, 22, 12, 1), at(2026, 11, 22, 12, 2)),
        ("hour", at(2026, 11, 22, 12, 59, 59), at(2026, 11, 22, 12), at(2026, 11, 22, 13)),
        ("day", at(2026, 11, 22, 23, 59, 59), at(2026, 11, 22), at(2026, 11, 23)),
        ("week", at(2026, 11, 22, 23, 59, 59), at(2026, 11, 16), at(2026, 11, 23)),
        ("week", at(2027, 1, 1), at(2026, 12, 28), at(2027, 1, 4)),
        ("month", at(2026, 11, 30, 23, 59, 59), at(2026, 11, 1), at(2026, 12, 1)),
        ("month", at(2026, 12, 31, 12), at(2026, 12, 1), at(2027, 1, 1)),
        ("month", at(2028, 2, 29, 12), at(2028, 2, 1), at(2028, 3, 1)),
        ("month", at(2026, 2, 1), at(2026, 2, 1), at(2026, 3, 1)),
        ("month", at(2027, 1, 31, 23, 59, 59), at(2027, 1, 1), at(2027, 2, 1)),
    ],
)
def test_in_utc_a_window_is_what_the_calendar_says(period, now, start, end):
    assert bounds(period, "UTC", now) == (start, end)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/Toronto", (2026, 3, 8), 23),
        ("America/Toronto", (2026, 11, 1), 25),
        ("America/Toronto", (2026, 11, 2), 24),
        ("Africa/Cairo", (2026, 4, 24), 23),  # there is no midnight: it begins at one
        ("America/Havana", (2026, 11, 1), 25),  # there are two midnights
        ("Australia/Lord_Howe", (2026, 10, 4), 23.5),
    ],
)
def test_a_day_on_which_clocks_are_changed_is_as_long_as_it_is(zone, day, hours):
    noon = at(*day, 12, zone=zone)

    began, ends = bounds("day", zone, noon)

    assert (ends - began) / 3_600 == hours
    assert {datetime.fromtimestamp(moment, ZoneInfo(zone)).day for moment in range(began, ends, 60)} == {day[2]}


def test_the_hour_that_comes_twice_is_two_windows():
    moments = [at(2026, 11, 1, 1, 30, zone="America/Toronto", fold=fold) for fold in (0, 1)]

    first, second = (bounds("hour", "America/Toronto", moment) for moment in moments)

    assert first[1] == second[0]


def test_a_month_in_which_clocks_are_changed_begins_and_ends_at_midnight_there():
    began, ends = bounds("month", "America/Toronto", at(2026, 11, 15))

    assert (began, ends) == (at(2026, 11, 1, 4), at(2026, 12, 1, 5))


@given(PERIODS, ZONES, MOMENTS)
def test_every_moment_is_in_its_window(period, zone, now):
    start, end = bounds(period, zone, now)

    assert start <= now < end
    assert end - start <= PERIOD_SECONDS[period] + 3_600


@given(PERIODS, ZONES, MOMENTS)
def test_windows_follow_each_other_without_a_gap_and_are_numbered_in_turn(period, zone, now):
    start, end = bounds(period, zone, now)

    assert bounds(period, zone, start) == (start, end)
    assert bounds(period, zone, end)[0] == end
    assert bounds(period, zone, start - 1)[1] == start
    assert ordinal(period, end, zone) == ordinal(period, start, zone) + 1


@given(ZONES, MOMENTS)
def test_shorter_windows_lie_within_longer_ones(zone, now):
    # Not hours in days: where midnight is skipped by half an hour, one lies in both.
    for periods in (("minute", "hour"), ("minute", "day", "week"), ("day", "month")):
        for (inner_start, inner_end), (start, end) in itertools.pairwise(
            bounds(period, zone, now) for period in periods
        ):
            assert start <= inner_start < inner_end <= end


@given(st.floats(0.001, 0.999), PERIODS, ZONES)
def test_the_last_part_of_a_second_belongs_to_its_window(fraction, period, zone):
    end = bounds(period, zone, at(2026, 11, 22, 12))[1]

    assert bounds(period, zone, end - 1 + fraction)[1] == end
