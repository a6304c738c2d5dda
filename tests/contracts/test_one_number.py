"""One number everywhere: what a header says, what the portal reads, what is kept, and what reached the service.

The ledger of this machine is driven through the decision itself, by plans of all kinds that change on the way.
"""

import re
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.plans import Charge, Window, seconds_of
from gateway.pipeline.decision import decide
from gateway.pipeline.drivers import run
from gateway.pipeline.effects import Approach, Effect, FindApplication, Record, Send, Spend
from tests.builders import API, a_bearer_call, a_consumer, a_reply, a_snapshot, a_subscription
from tests.ledgers import FRESH, LEDGERS, Clock

SAID = re.compile(r'"([a-z-]+)";r=(\d+);t=(\d+)')
CALL, SNAPSHOT = a_bearer_call(), a_snapshot()

EDGES = [
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # an hour is skipped in Toronto
    datetime(2026, 11, 1, 6, tzinfo=UTC),  # an hour comes twice there
    datetime(2028, 2, 29, 5, tzinfo=UTC),  # the leap day begins there
    datetime(2028, 3, 1, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2027, 2, 1, tzinfo=UTC),
]

LIMITS = st.sampled_from([1, 2, 7, 60, 1_000, 10_000_000]) | st.integers(1, 10_000_000)
ZONED = partial(st.builds, partial(Window, zone="America/Toronto"))
PLANS = st.lists(
    ZONED(st.sampled_from(["minute", "hour", "day", "week", "month"]), LIMITS)
    | ZONED(st.sampled_from(["minute", "hour", "day", "month"]), LIMITS, st.just("rolling"))
    | ZONED(st.sampled_from(["second", "minute", "hour"]), LIMITS, st.just("rate")),
    unique_by=lambda window: window.name,
    min_size=1,
    max_size=5,
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.25, 1.0, 60.0, 3_600.0, 90_000.0, -1.0, -3_600.0]),
        st.sampled_from([1, 1, 2, 50, 999, 9_999_999]),
        st.none() | PLANS,
    ),
    min_size=1,
    max_size=14,
)


class World:
    """A call, the ledger that answers it, and the service that counts what reaches it."""

    def __init__(self, ledger, clock):
        self.ledger, self.clock, self.subscription = ledger, clock, f"sub_{next(FRESH)}"
        self.reached: list[tuple[float, int]] = []
        self.under: list[frozenset[str]] = []

    def call(self, windows, cost):
        given: dict[str, Any] = {"subscription_id": self.subscription, "costs": {"GET /stations": cost}}
        consumer = a_consumer(subscriptions={API: a_subscription(windows=tuple(windows), **given)})

        def perform(effect: Effect) -> Any:
            match effect:
                case FindApplication():
                    return consumer
                case Spend():
                    return self.ledger.spend(effect.charges, effect.when_away)
                case Send():
                    self.reached.append((self.clock.now, cost))
                    self.under.append(frozenset(window.measure for window in windows))
                    return a_reply()
                case Approach() | Record():
                    return None
            raise AssertionError(effect)

        return run(decide(CALL, SNAPSHOT), perform)

    def in_window_of(self, window):
        """What reached the service in the present window, under plans that counted such windows."""
        began, ends = window.bounds(self.clock.now)
        reached = zip(self.reached, self.under, strict=True)
        return sum(cost for (at, cost), measures in reached if began <= at < ends and window.measure in measures)


@pytest.fixture
def world(request):
    made: list[Any] = []

    def begin(now):
        clock = Clock()
        clock.now = now
        if not made:
            made.append((clock, LEDGERS["local"](request, clock)))
        clock, ledger = made[0]
        clock.now = now
        return World(ledger, clock)

    yield begin
    for _clock, ledger in made:
        ledger.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120, deadline=None)
@given(edge=st.sampled_from(EDGES), before=st.floats(0, 120), plan=PLANS, steps=STEPS)
def test_header_ledger_and_service_tell_one_number(world, edge, before, plan, steps):
    latest = edge.timestamp() - before
    one = world(latest)
    for wait, cost, changed in steps:
        plan = changed or plan
        # A clock is set back by an hour at most, in all.
        one.clock.now = max(one.clock.now + wait, latest - 3_600)
        latest = max(latest, one.clock.now)
        asked = min(cost, *(window.most for window in plan))
        arrived = len(one.reached)

        reply = one.call(plan, asked)

        told = {name: int(left) for name, left, _seconds in SAID.findall(reply.headers.get("RateLimit"))}
        kept = one.ledger.left((Charge(one.subscription, tuple(plan)),)).left
        assert told == {line.window.name: line.remaining for line in kept}
        assert (len(one.reached) - arrived, reply.status) in [(1, 200), (0, 429)]
        for window in plan:
            if window.kind == "calendar":
                used = one.in_window_of(window)
                assert told[window.name] == max(window.limit - used, 0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(edge=st.sampled_from(EDGES), plan=PLANS, waits=st.lists(st.floats(0, 120), min_size=1, max_size=20))
def test_no_window_of_any_kind_is_ever_over(world, edge, plan, waits):
    one = world(edge.timestamp() - 60)
    cost = max(1, min(window.most for window in plan) // 3)
    for wait in waits:
        one.clock.now += wait
        one.call(plan, cost)

    for window in plan:
        for first, _cost in one.reached:
            assert within(one.reached, window, first)


def within(reached, window, first):
    """Whether what reached the service in each stretch that this call begins is no more than the window allows."""
    if window.kind == "rate":
        stretches = [(first, last, last - first) for last, _cost in reached if last >= first]
        most = [window.burst + seconds * window.limit / seconds_of(window.period) for *_, seconds in stretches]
        sums = [sum(cost for moment, cost in reached if begin <= moment <= last) for begin, last, _ in stretches]
        return all(total <= allowed + 1e-6 for total, allowed in zip(sums, most, strict=True))
    began, ends = window.bounds(first) if window.kind == "calendar" else (first, first + seconds_of(window.period))
    return sum(cost for moment, cost in reached if began <= moment < ends) <= window.limit
