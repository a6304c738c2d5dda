"""What every ledger must do. An implementation joins by adding its maker to LEDGERS of tests/ledgers.py."""

from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.calendars import PERIOD_SECONDS
from gateway.domain.plans import Charge, Window
from tests.ledgers import FRESH, NOON

SUBSCRIPTION = "sub_1"
OTHER = "sub_2"


def of(who, windows):
    """The charges of a call of one caller."""
    return (Charge(who, tuple(windows)),)


def remaining(budget):
    return [line.remaining for line in budget.left]


def test_calls_pass_until_the_limit_and_not_one_more(ledger):
    admitted = [ledger.spend(of(SUBSCRIPTION, [Window("minute", 3)])).admitted for _ in range(5)]

    assert admitted == [True, True, True, False, False]


def test_what_is_left_is_told_with_each_answer(ledger):
    windows = [Window("minute", 2), Window("day", 5)]

    assert remaining(ledger.left(of(SUBSCRIPTION, windows))) == [2, 5]
    assert remaining(ledger.spend(of(SUBSCRIPTION, windows))) == [1, 4]
    assert remaining(ledger.spend(of(SUBSCRIPTION, windows))) == [0, 3]
    assert remaining(ledger.spend(of(SUBSCRIPTION, windows))) == [0, 3]
    assert remaining(ledger.left(of(SUBSCRIPTION, windows))) == [0, 3]


def test_a_call_that_one_window_refuses_spends_no_other(ledger):
    windows = [Window("day", 10), Window("minute", 1)]
    ledger.spend(of(SUBSCRIPTION, windows))

    refused = ledger.spend(of(SUBSCRIPTION, windows))

    assert not refused.admitted
    assert remaining(refused) == [9, 0]


def test_who_must_not_wait_is_counted_as_all_are_or_not_at_all(ledger):
    windows = [Window("minute", 3)]
    told = [ledger.spend_at_once(of(SUBSCRIPTION, windows), None) for _ in range(2)]
    spent = sum(budget is not None for budget in told)

    assert remaining(ledger.spend(of(SUBSCRIPTION, windows))) == [2 - spent]
    now = ledger.spend_at_once(of(SUBSCRIPTION, windows), None)
    assert now is None or remaining(now) == [1 - spent]


def test_asking_what_is_left_spends_nothing(ledger):
    windows = [Window("minute", 1)]

    assert all(ledger.left(of(SUBSCRIPTION, windows)).admitted for _ in range(3))
    assert ledger.spend(of(SUBSCRIPTION, windows)).admitted
    assert not ledger.left(of(SUBSCRIPTION, windows)).admitted


def test_subscriptions_do_not_share(ledger):
    ledger.spend(of(SUBSCRIPTION, [Window("minute", 1)]))

    assert ledger.spend(of(OTHER, [Window("minute", 1)])).admitted


@pytest.mark.parametrize("period", PERIOD_SECONDS)
def test_a_window_ends_at_its_edge_and_not_before(ledger, clock, period):
    window = Window(period, 1)
    _, following = window.bounds(NOON)
    clock.now = following - 0.001
    ledger.spend(of(SUBSCRIPTION, [window]))

    assert not ledger.spend(of(SUBSCRIPTION, [window])).admitted
    clock.now = following
    assert ledger.spend(of(SUBSCRIPTION, [window])).admitted


@pytest.mark.parametrize(("month", "days"), [((2026, 11), 30), ((2026, 12), 31), ((2027, 2), 28), ((2028, 2), 29)])
def test_a_month_is_the_calendars(ledger, clock, month, days):
    clock.now = datetime(month[0], month[1], 1, tzinfo=UTC).timestamp()

    assert ledger.left(of(SUBSCRIPTION, [Window("month", 9)])).left[0].resets_in == days * 86_400


def test_the_wait_is_rounded_up_so_that_waiting_it_is_enough(ledger, clock):
    clock.now = NOON + 59.2

    assert ledger.spend(of(SUBSCRIPTION, [Window("minute", 1)])).left[0].resets_in == 1


def test_a_clock_that_is_set_back_finds_what_was_spent(ledger, clock):
    window = Window("minute", 1)
    ledger.spend(of(SUBSCRIPTION, [window]))
    clock.now = NOON + 700
    ledger.spend(of(SUBSCRIPTION, [window]))
    clock.now = NOON

    assert not ledger.spend(of(SUBSCRIPTION, [window])).admitted


def test_a_plan_that_shrinks_below_what_was_spent_has_nothing_left(ledger):
    for _ in range(3):
        ledger.spend(of(SUBSCRIPTION, [Window("minute", 5)]))

    assert remaining(ledger.spend(of(SUBSCRIPTION, [Window("minute", 2)]))) == [0]
    assert remaining(ledger.spend(of(SUBSCRIPTION, [Window("minute", 5)]))) == [1]


def test_the_count_is_kept_through_a_restart(make):
    first = make()
    first.spend(of(SUBSCRIPTION, [Window("day", 2)]))
    first.close()

    assert remaining(make().spend(of(SUBSCRIPTION, [Window("day", 2)]))) == [0]


LIMITS = st.lists(st.tuples(st.sampled_from(list(PERIOD_SECONDS)), st.integers(0, 4)), unique_by=lambda pair: pair[0])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(limits=LIMITS, waits=st.lists(st.sampled_from([0, 0, 1, 30, 60, 3600, 86_400]), max_size=15))
def test_it_counts_as_a_dictionary_would(ledger, clock, limits, waits):
    subscription = f"sub_{next(FRESH)}"
    windows = [Window(period, limit) for period, limit in limits]
    spent: dict[tuple[str, int], int] = {}
    clock.now = NOON
    for wait in waits:
        clock.now += wait
        keys = [(window.period, window.bounds(clock.now)[0]) for window in windows]
        expected = all(spent.get(key, 0) < window.limit for key, window in zip(keys, windows, strict=True))

        budget = ledger.spend(of(subscription, windows))

        if expected:
            spent |= {key: spent.get(key, 0) + 1 for key in keys}
        assert budget.admitted == expected
        assert remaining(budget) == [
            max(window.limit - spent.get(key, 0), 0) for key, window in zip(keys, windows, strict=True)
        ]


STEPS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 3_600) | st.sampled_from([0, -1, -59, -3_600, -90_000]), LIMITS),
    max_size=25,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(start=st.integers(1_700_000_000, 2_000_000_000), steps=STEPS, reopened=st.sets(st.integers(0, 24)))
def test_clocks_that_go_to_and_fro_within_an_hour_lose_nothing(make, clock, start, steps, reopened):
    prefix, latest, ledger = next(FRESH), float(start), make()
    spent: dict[tuple[str, str, int], int] = {}
    for number, (who, back, limits) in enumerate(steps):
        latest = max(latest, latest - back)
        clock.now = latest - max(back, 0)
        if number in reopened:
            ledger.close()
            ledger = make()
        subscription = f"{prefix}_{who}"
        windows = [Window(period, limit) for period, limit in limits]
        keys = [(subscription, window.period, window.bounds(clock.now)[0]) for window in windows]
        left = [max(window.limit - spent.get(key, 0), 0) for key, window in zip(keys, windows, strict=True)]

        assert remaining(ledger.left(of(subscription, windows))) == left
        assert ledger.spend(of(subscription, windows)).admitted == all(left)

        if all(left):
            spent |= {key: spent.get(key, 0) + 1 for key in keys}
    ledger.close()


ALL_KINDS = st.lists(
    st.builds(partial(Window, zone="America/St_Johns"), st.sampled_from(["minute", "hour", "day"]), st.integers(1, 4))
    | st.builds(Window, st.sampled_from(["minute", "day", "week"]), st.integers(1, 4), st.just("rolling"))
    | st.builds(Window, st.sampled_from(["second", "hour"]), st.integers(1, 9), st.just("rate"), st.integers(1, 4)),
    unique_by=lambda window: window.measure,
    max_size=4,
)


def test_charges_of_one_call_are_spent_together_or_not_at_all(ledger):
    charges = (Charge("sub_1", (Window("day", 9),)), Charge("sub_1/key", (Window("day", 2, per="credential"),)))

    told = [ledger.spend(charges) for _ in range(3)]

    assert [budget.admitted for budget in told] == [True, True, False]
    assert [remaining(budget) for budget in told] == [[8, 1], [7, 0], [7, 0]]
    assert remaining(ledger.left(charges)) == [7, 0]


def test_a_call_that_costs_more_passes_only_if_all_of_it_is_left(ledger):
    windows = (Window("day", 5), Window("hour", 4, "rolling"), Window("second", 1, "rate", burst=9))
    dear, cheap = (Charge("sub_1", windows, 3),), (Charge("sub_1", windows),)

    assert remaining(ledger.spend(dear)) == [2, 1, 6]
    refused = ledger.spend(dear)
    assert (refused.admitted, remaining(refused)) == (False, [2, 1, 6])
    assert [line.wait > 0 for line in refused.left] == [True, True, False]
    assert remaining(ledger.spend(cheap)) == [1, 0, 5]


def test_who_must_not_wait_is_counted_in_all_charges_or_in_none(ledger):
    charges = (Charge("sub_1", (Window("day", 9),)), Charge("api", (Window("day", 9),)))
    told = [ledger.spend_at_once(charges, None) for _ in range(2)]
    spent = sum(budget is not None for budget in told)

    assert remaining(ledger.spend(charges)) == [8 - spent, 8 - spent]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(
    plans=st.lists(ALL_KINDS.filter(bool), min_size=1, max_size=3),
    start=st.floats(1_700_000_000, 2_000_000_000),
    # A shared ledger remembers for a tenth of a second what it refused, and tells those who cost more to wait for all.
    calls=st.lists(st.tuples(st.floats(0.2, 4_000), st.integers(1, 4)), min_size=1, max_size=12),
)
def test_waiting_as_long_as_is_told_succeeds_and_a_second_less_does_not(ledger, clock, plans, start, calls):
    caller, clock.now = next(FRESH), start
    keys = [f"{caller}_{number}" for number in range(len(plans))]
    for wait, cost in calls:
        clock.now += wait
        affordable = min(cost, *(window.most for windows in plans for window in windows))
        charges = [Charge(key, tuple(windows), affordable) for key, windows in zip(keys, plans, strict=True)]

        budget = ledger.spend(charges)

        assert [line.window for line in budget.left] == [window for windows in plans for window in windows]
        longest = max(line.wait for line in budget.left)
        assert budget.admitted == (longest == 0)
        if longest:
            refused_at = clock.now
            clock.now = refused_at + longest - 1
            assert not ledger.left(charges).admitted
            clock.now = refused_at + longest
            assert ledger.left(charges).admitted
            clock.now = refused_at


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(changes=st.lists(st.tuples(ALL_KINDS.filter(bool), st.integers(1, 6)), min_size=2, max_size=4))
def test_what_was_used_stays_counted_when_the_plan_changes(ledger, clock, changes):
    caller, clock.now = f"changing_{next(FRESH)}", NOON + 0.5
    used: dict[str, int] = {}
    for windows, calls in changes:
        for _ in range(calls):
            # A rate keeps what is owed up to its burst: beyond that there is nothing to keep.
            rates = {window.measure: window.most for window in windows if window.kind == "rate"}
            used |= {measure: min(used.get(measure, 0), most) for measure, most in rates.items()}
            left = [max(window.most - used.get(window.measure, 0), 0) for window in windows]

            assert remaining(ledger.left(of(caller, windows))) == left
            assert ledger.spend(of(caller, windows)).admitted == all(left)

            if all(left):
                used |= {window.measure: used.get(window.measure, 0) + 1 for window in windows}
