"""What every ledger must do. An implementation joins by adding its maker to LEDGERS."""

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.counters.connecting import client_for
from gateway.counters.counts import Counts
from gateway.counters.local import LocalLedger
from gateway.counters.redis import RedisLedger
from gateway.domain.ids import SubscriptionId
from gateway.domain.plans import PERIOD_SECONDS, Window

SUBSCRIPTION = SubscriptionId("sub_1")
OTHER = SubscriptionId("sub_2")
FRESH = itertools.count()
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp()


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


def a_redis_ledger(url, clock):
    """One that takes its time from `clock` instead of from the store."""
    connect = client_for(url)
    return RedisLedger(lambda: Counts(connect, nothing_recorded, clock, now=clock, settles=0), clock)


def nothing_recorded(_key, bounds):
    return [0] * len(bounds)


LEDGERS = {
    "local": lambda request, clock: LocalLedger(request.getfixturevalue("tmp_path") / "ledger.table", clock),
    "redis": lambda request, clock: a_redis_ledger(request.getfixturevalue("empty_valkey").url, clock),
    "redis cluster": lambda request, clock: a_redis_ledger(request.getfixturevalue("valkey_cluster"), clock),
}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=LEDGERS)
def make(request, clock):
    """Opens the same ledger again and again."""
    opened = []

    def open_one():
        opened.append(LEDGERS[request.param](request, clock))
        return opened[-1]

    yield open_one
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(make):
    return make()


def remaining(budget):
    return [line.remaining for line in budget.left]


def test_calls_pass_until_the_limit_and_not_one_more(ledger):
    admitted = [ledger.spend(SUBSCRIPTION, [Window("minute", 3)]).admitted for _ in range(5)]

    assert admitted == [True, True, True, False, False]


def test_what_is_left_is_told_with_each_answer(ledger):
    windows = [Window("minute", 2), Window("day", 5)]

    assert remaining(ledger.left(SUBSCRIPTION, windows)) == [2, 5]
    assert remaining(ledger.spend(SUBSCRIPTION, windows)) == [1, 4]
    assert remaining(ledger.spend(SUBSCRIPTION, windows)) == [0, 3]
    assert remaining(ledger.spend(SUBSCRIPTION, windows)) == [0, 3]
    assert remaining(ledger.left(SUBSCRIPTION, windows)) == [0, 3]


def test_a_call_that_one_window_refuses_spends_no_other(ledger):
    windows = [Window("day", 10), Window("minute", 1)]
    ledger.spend(SUBSCRIPTION, windows)

    refused = ledger.spend(SUBSCRIPTION, windows)

    assert not refused.admitted
    assert remaining(refused) == [9, 0]


def test_who_must_not_wait_is_counted_as_all_are_or_not_at_all(ledger):
    windows = [Window("minute", 3)]
    told = [ledger.spend_at_once(SUBSCRIPTION, windows, None) for _ in range(2)]
    spent = sum(budget is not None for budget in told)

    assert remaining(ledger.spend(SUBSCRIPTION, windows)) == [2 - spent]
    now = ledger.spend_at_once(SUBSCRIPTION, windows, None)
    assert now is None or remaining(now) == [1 - spent]


def test_asking_what_is_left_spends_nothing(ledger):
    windows = [Window("minute", 1)]

    assert all(ledger.left(SUBSCRIPTION, windows).admitted for _ in range(3))
    assert ledger.spend(SUBSCRIPTION, windows).admitted
    assert not ledger.left(SUBSCRIPTION, windows).admitted


def test_subscriptions_do_not_share(ledger):
    ledger.spend(SUBSCRIPTION, [Window("minute", 1)])

    assert ledger.spend(OTHER, [Window("minute", 1)]).admitted


@pytest.mark.parametrize("period", PERIOD_SECONDS)
def test_a_window_ends_at_its_edge_and_not_before(ledger, clock, period):
    window = Window(period, 1)
    _, following = window.bounds(NOON)
    clock.now = following - 0.001
    ledger.spend(SUBSCRIPTION, [window])

    assert not ledger.spend(SUBSCRIPTION, [window]).admitted
    clock.now = following
    assert ledger.spend(SUBSCRIPTION, [window]).admitted


@pytest.mark.parametrize(("month", "days"), [((2026, 11), 30), ((2026, 12), 31), ((2027, 2), 28), ((2028, 2), 29)])
def test_a_month_is_the_calendars(ledger, clock, month, days):
    clock.now = datetime(month[0], month[1], 1, tzinfo=UTC).timestamp()

    assert ledger.left(SUBSCRIPTION, [Window("month", 9)]).left[0].resets_in == days * 86_400


def test_the_wait_is_rounded_up_so_that_waiting_it_is_enough(ledger, clock):
    clock.now = NOON + 59.2

    assert ledger.spend(SUBSCRIPTION, [Window("minute", 1)]).left[0].resets_in == 1


def test_a_clock_that_is_set_back_finds_what_was_spent(ledger, clock):
    window = Window("minute", 1)
    ledger.spend(SUBSCRIPTION, [window])
    clock.now = NOON + 700
    ledger.spend(SUBSCRIPTION, [window])
    clock.now = NOON

    assert not ledger.spend(SUBSCRIPTION, [window]).admitted


def test_a_plan_that_shrinks_below_what_was_spent_has_nothing_left(ledger):
    for _ in range(3):
        ledger.spend(SUBSCRIPTION, [Window("minute", 5)])

    assert remaining(ledger.spend(SUBSCRIPTION, [Window("minute", 2)])) == [0]
    assert remaining(ledger.spend(SUBSCRIPTION, [Window("minute", 5)])) == [1]


def test_the_count_is_kept_through_a_restart(make):
    first = make()
    first.spend(SUBSCRIPTION, [Window("day", 2)])
    first.close()

    assert remaining(make().spend(SUBSCRIPTION, [Window("day", 2)])) == [0]


LIMITS = st.lists(st.tuples(st.sampled_from(list(PERIOD_SECONDS)), st.integers(0, 4)), unique_by=lambda pair: pair[0])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(limits=LIMITS, waits=st.lists(st.sampled_from([0, 0, 1, 30, 60, 3600, 86_400]), max_size=15))
def test_it_counts_as_a_dictionary_would(ledger, clock, limits, waits):
    subscription = SubscriptionId(f"sub_{next(FRESH)}")
    windows = [Window(period, limit) for period, limit in limits]
    spent: dict[tuple[str, int], int] = {}
    clock.now = NOON
    for wait in waits:
        clock.now += wait
        keys = [(window.period, window.bounds(clock.now)[0]) for window in windows]
        expected = all(spent.get(key, 0) < window.limit for key, window in zip(keys, windows, strict=True))

        budget = ledger.spend(subscription, windows)

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
        subscription = SubscriptionId(f"{prefix}_{who}")
        windows = [Window(period, limit) for period, limit in limits]
        keys = [(subscription, window.period, window.bounds(clock.now)[0]) for window in windows]
        left = [max(window.limit - spent.get(key, 0), 0) for key, window in zip(keys, windows, strict=True)]

        assert remaining(ledger.left(subscription, windows)) == left
        assert ledger.spend(subscription, windows).admitted == all(left)

        if all(left):
            spent |= {key: spent.get(key, 0) + 1 for key in keys}
    ledger.close()
