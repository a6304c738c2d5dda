import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.calendars import bounds
from gateway.domain.plans import KINDS, PERIODS, PERS, TICKS, Budget, Charge, Left, Window, seconds_of

MINUTE, DAY = Window("minute", 60), Window("day", 1_000)
NOON = 1_795_348_800


def test_a_calendars_window_is_one_of_its_time_zone():
    assert Window("day", 5, zone="America/Toronto").bounds(NOON) == bounds("day", "America/Toronto", NOON)
    assert Window("day", 5).bounds(NOON) == bounds("day", "UTC", NOON)


def test_there_is_no_calendar_by_the_second():
    with pytest.raises(ValueError, match="by the second"):
        Window("second", 5, "rate").bounds(NOON)


def test_no_two_windows_that_a_plan_may_have_are_called_the_same():
    windows = [Window(period, 1, kind, per=per) for kind in KINDS for period in PERIODS[kind] for per in PERS]

    assert len({window.name for window in windows}) == len(windows)


def test_windows_of_one_measure_share_a_count_whatever_their_limits_are():
    assert Window("day", 5).measure == Window("day", 9).measure
    assert Window("day", 5, zone="America/Toronto").measure != Window("day", 5).measure
    assert len({Window("hour", 5, kind).measure for kind in KINDS}) == 4


def test_a_rate_without_a_burst_has_one_of_its_limit():
    assert Window("second", 5, "rate").most == Window("second", 5, "rate").burst == 5
    assert Window("second", 5, "rate", burst=20).most == 20
    assert (MINUTE.most, MINUTE.burst) == (60, 0)


@given(st.sampled_from(PERIODS["rate"]), st.integers(1, 10_000_000))
def test_a_call_costs_a_rate_no_less_than_its_share_of_the_time(period, limit):
    window = Window(period, limit, "rate")

    assert window.interval * limit >= seconds_of(period) * TICKS
    assert (window.interval - 1) * limit < seconds_of(period) * TICKS


def test_a_charge_costs_one_call_if_nothing_is_said():
    assert Charge("sub_1", (MINUTE,)) == Charge("sub_1", (MINUTE,), 1)


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
