import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.counters.cells import _RINGS, KEPT_AFTER_END, ROW, calendar, left, spend
from gateway.counters.segments import Slot
from gateway.domain.plans import PERIOD_SECONDS, Window

NOON = 1_795_348_800
MOMENTS = st.integers(100_000, 7_258_118_400)


def a_slot():
    words = memoryview(bytearray((ROW + 1) * 8)).cast("Q")
    return Slot(number=0, words=words, first=1, until=0, owner=0, mark=0)


def test_the_rings_fit_in_a_row():
    assert sum(_RINGS.values()) <= ROW
    assert _RINGS.keys() == PERIOD_SECONDS.keys()


@given(st.sampled_from(sorted(PERIOD_SECONDS)), MOMENTS, st.integers(0, KEPT_AFTER_END))
def test_windows_that_an_hour_touches_have_each_a_cell(period, now, back):
    present, past = (calendar(moment).places[period] for moment in (now, now - back))

    assert (present.cell == past.cell) == (present.unspent == past.unspent)


@given(st.sampled_from(sorted(PERIOD_SECONDS)), MOMENTS)
def test_windows_that_ended_within_the_hour_have_each_a_cell(period, now):
    cells, moment = [calendar(now).places[period].cell], Window(period, 1).bounds(now)[0]
    while moment + KEPT_AFTER_END >= now:
        cells.append(calendar(moment - 1).places[period].cell)
        moment = Window(period, 1).bounds(moment - 1)[0]

    assert len(set(cells)) == len(cells)


@given(MOMENTS)
def test_a_calendar_is_good_until_the_minute_ends(now):
    present = calendar(now)

    assert present.since <= now < present.until
    assert calendar(present.since) == calendar(present.until - 0.001) == present
    assert calendar(present.until) != present


@given(MOMENTS)
def test_a_window_that_counts_nothing_is_told_from_every_other(now):
    present = calendar(now)

    for period in PERIOD_SECONDS:
        assert present.places[period].ends == Window(period, 1).bounds(now)[1]
        assert present.places[period].unspent < 2**64 - 10**9


def test_two_windows_of_one_period_are_one_count_with_two_limits():
    slot, windows = a_slot(), [Window("minute", 5), Window("minute", 2)]

    told = [spend(slot, windows, NOON, calendar(NOON)) for _ in range(3)]

    assert [budget.admitted for budget in told] == [True, True, False]
    assert [line.remaining for line in told[-1].left] == [3, 0]


@pytest.mark.parametrize("period", PERIOD_SECONDS)
def test_a_row_is_kept_until_an_hour_after_its_last_window_ends(period):
    slot = a_slot()

    spend(slot, [Window(period, 5)], NOON, calendar(NOON))
    spend(slot, [Window("minute", 5)], NOON, calendar(NOON))

    assert slot.words[slot.until] == Window(period, 5).bounds(NOON)[1] + 3_600


def test_what_is_left_is_what_spending_would_find():
    slot, windows = a_slot(), [Window("hour", 1)]
    spend(slot, windows, NOON, calendar(NOON))

    budget = left(slot.words, slot.first, windows, NOON, calendar(NOON))

    assert budget == spend(slot, windows, NOON, calendar(NOON))
    assert not budget.admitted
