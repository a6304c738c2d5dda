import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.plans import PERIOD_SECONDS, Budget, Left, Window

PERIODS = sorted(PERIOD_SECONDS)
# To the year 2200, with fractions of seconds.
MOMENTS = st.floats(0, 7_258_118_400, allow_nan=False)


def at(year, month, day, *time) -> float:
    return datetime(year, month, day, *time).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("period", "now", "start", "end"),
    [
        ("minute", at(2026, 11, 22, 12, 0, 59) + 0.999, at(2026, 11, 22, 12), at(2026, 11, 22, 12, 1)),
        ("minute", at(2026, 11, 22, 12, 1), at(2026, 11, 22, 12, 1), at(2026, 11, 22, 12, 2)),
        ("hour", at(2026, 11, 22, 12, 59, 59), at(2026, 11, 22, 12), at(2026, 11, 22, 13)),
        ("day", at(2026, 11, 22, 23, 59, 59), at(2026, 11, 22), at(2026, 11, 23)),
        ("month", at(2026, 11, 30, 23, 59, 59), at(2026, 11, 1), at(2026, 12, 1)),
        ("month", at(2026, 12, 31, 12), at(2026, 12, 1), at(2027, 1, 1)),
        ("month", at(2028, 2, 29, 12), at(2028, 2, 1), at(2028, 3, 1)),
        ("month", at(2026, 2, 1), at(2026, 2, 1), at(2026, 3, 1)),
        ("month", at(2027, 1, 31, 23, 59, 59), at(2027, 1, 1), at(2027, 2, 1)),
    ],
)
def test_a_window_is_one_of_the_calendar_in_utc(period, now, start, end):
    assert Window(period, 10).bounds(now) == (start, end)


@given(st.sampled_from(PERIODS), MOMENTS)
def test_every_moment_is_in_its_window(period, now):
    start, end = Window(period, 1).bounds(now)

    assert start <= now < end
    assert end - start <= PERIOD_SECONDS[period]


@given(st.sampled_from(PERIODS), MOMENTS)
def test_windows_follow_each_other_without_a_gap(period, now):
    window = Window(period, 1)
    start, end = window.bounds(now)

    assert window.bounds(start) == (start, end)
    assert window.bounds(end)[0] == end
    if start > 0:
        assert window.bounds(start - 1)[1] == start


@given(MOMENTS)
def test_shorter_windows_lie_within_longer_ones(now):
    bounds = [Window(period, 1).bounds(now) for period in ("minute", "hour", "day", "month")]

    for (inner_start, inner_end), (start, end) in itertools.pairwise(bounds):
        assert start <= inner_start < inner_end <= end


@given(st.floats(0.001, 0.999), st.sampled_from(PERIODS))
def test_the_last_part_of_a_second_belongs_to_its_window(fraction, period):
    end = Window(period, 1).bounds(at(2026, 11, 22, 12))[1]

    assert Window(period, 1).bounds(end - 1 + fraction)[1] == end


MINUTE, DAY = Window("minute", 60), Window("day", 1_000)


@pytest.mark.parametrize(
    ("left", "tightest"),
    [
        ((), None),
        ((Left(MINUTE, 59, 10), Left(DAY, 3, 9_000)), DAY),
        ((Left(MINUTE, 3, 10), Left(DAY, 900, 9_000)), MINUTE),
        ((Left(MINUTE, 0, 10), Left(DAY, 0, 9_000)), DAY),
        ((Left(DAY, 0, 9_000), Left(MINUTE, 0, 10)), DAY),
    ],
)
def test_the_tightest_window_has_the_fewest_calls_left_and_then_the_longest_wait(left, tightest):
    found = Budget(admitted=True, left=left).tightest()

    assert (found.window if found else None) == tightest


@given(st.lists(st.builds(Left, st.just(MINUTE), st.integers(0, 5), st.integers(1, 5)), min_size=1))
def test_no_window_is_tighter_than_the_tightest(left):
    found = Budget(admitted=True, left=tuple(left)).tightest()

    assert found
    assert all((found.remaining, -found.resets_in) <= (each.remaining, -each.resets_in) for each in left)
