import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.counters import rates, rolling
from gateway.counters.cells import _RATES, _RINGS, KEPT_AFTER_END, ROW, calendar, left, place, spend
from gateway.counters.segments import Slot
from gateway.domain.calendars import PERIOD_SECONDS
from gateway.domain.plans import PERIODS, Window

NOON = 1_795_348_800
MOMENTS = st.integers(100_000, 7_258_118_400)
ZONES = st.sampled_from(["UTC", "America/Toronto", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe"])


def a_slot():
    words = memoryview(bytearray((ROW + 1) * 8)).cast("Q")
    return Slot(number=0, words=words, first=1, until=0, owner=0, mark=0)


def place_of(period, now, zone="UTC"):
    return place(Window(period, 1, zone=zone), calendar(now))


def spent(slot, windows, now=NOON, cost=1):
    return spend([(slot, windows, cost)], now, calendar(now))


def test_rings_and_rates_fit_in_a_row_and_so_does_a_rolling_window():
    assert _RINGS.keys() == PERIOD_SECONDS.keys()
    assert min(_RATES.values()) == sum(_RINGS.values())
    assert max(_RATES.values()) + rates.WORDS <= ROW
    assert rolling.CELLS <= ROW
    assert len(_RATES) == len(PERIODS["rate"])


@given(st.sampled_from(sorted(PERIOD_SECONDS)), MOMENTS, st.integers(0, KEPT_AFTER_END), ZONES)
def test_windows_that_an_hour_touches_have_each_a_cell(period, now, back, zone):
    present, past = (place_of(period, moment, zone) for moment in (now, now - back))

    assert (present.cell == past.cell) == (present.unspent == past.unspent)


@given(st.sampled_from(sorted(PERIOD_SECONDS)), MOMENTS, ZONES)
def test_windows_that_ended_within_the_hour_have_each_a_cell(period, now, zone):
    window = Window(period, 1, zone=zone)
    cells, moment = [place_of(period, now, zone).cell], window.bounds(now)[0]
    while moment + KEPT_AFTER_END >= now:
        cells.append(place_of(period, moment - 1, zone).cell)
        moment = window.bounds(moment - 1)[0]

    assert len(set(cells)) == len(cells)


@given(MOMENTS)
def test_a_calendar_is_good_until_the_minute_ends(now):
    present = calendar(now)

    assert present.since <= now < present.until
    assert calendar(present.since) == calendar(present.until - 0.001) == present
    assert calendar(present.until) != present


@given(MOMENTS, ZONES)
def test_a_window_that_counts_nothing_is_told_from_every_other(now, zone):
    for period in PERIOD_SECONDS:
        assert place_of(period, now, zone).ends == Window(period, 1, zone=zone).bounds(now)[1]
        assert place_of(period, now, zone).unspent < 2**64 - 10**9


def test_what_is_no_window_of_the_calendar_has_no_place_in_it():
    with pytest.raises(LookupError):
        place(Window("second", 5, "rate"), calendar(NOON))


def test_two_windows_of_one_period_are_one_count_with_two_limits():
    slot, windows = a_slot(), [Window("minute", 5), Window("minute", 2)]

    told = [spent(slot, windows) for _ in range(3)]

    assert [budget.admitted for budget in told] == [True, True, False]
    assert [line.remaining for line in told[-1].left] == [3, 0]


@pytest.mark.parametrize("period", PERIOD_SECONDS)
def test_a_row_is_kept_until_an_hour_after_its_last_window_ends(period):
    slot = a_slot()

    spent(slot, [Window(period, 5)])
    spent(slot, [Window("minute", 5)])

    assert slot.words[slot.until] == Window(period, 5).bounds(NOON)[1] + 3_600


@pytest.mark.parametrize("window", [Window("hour", 1, "rolling"), Window("hour", 1, "rate")])
def test_a_row_is_kept_as_long_as_what_was_spent_counts(window):
    slot = a_slot()

    resets = spent(slot, [window]).left[0].resets_in

    assert slot.words[slot.until] >= NOON + resets + KEPT_AFTER_END


@pytest.mark.parametrize("window", [Window("hour", 1), Window("hour", 1, "rolling"), Window("hour", 1, "rate")])
def test_what_is_left_is_what_spending_would_find(window):
    slot = a_slot()
    spent(slot, [window])

    budget = left([(slot, [window], 1)], NOON, calendar(NOON))

    assert budget == spent(slot, [window])
    assert not budget.admitted


def test_all_rows_of_a_call_are_spent_or_none_is():
    wide, narrow = a_slot(), a_slot()
    rows = [(wide, [Window("day", 10), Window("second", 9, "rate")], 2), (narrow, [Window("day", 3)], 2)]

    told = [spend(rows, NOON, calendar(NOON)) for _ in range(2)]

    assert [budget.admitted for budget in told] == [True, False]
    assert [[line.remaining for line in budget.left] for budget in told] == [[8, 7, 1], [8, 7, 1]]
    assert [line.wait > 0 for line in told[1].left] == [False, False, True]
