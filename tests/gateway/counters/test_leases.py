"""The law of leases, against a store that is a dictionary and processes whose clocks are their own."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.counters.leases import CONTACT_SECONDS, QUIET_SECONDS, REFUSED_SECONDS, Lease, Terms
from gateway.counters.script import Said
from gateway.domain.away import WhenAway
from gateway.domain.plans import Window

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp()
MINUTE = (Window("minute", 1_000),)


def terms(asked, *, used=(1,), now=NOON, birth="one", windows=MINUTE):
    bounds = tuple(window.bounds(now) for window in windows)
    return Terms(asked, asked, bounds, 1, said(now, birth, bounds, used))


def said(now, birth, bounds, used):
    ends = tuple(end for _, end in bounds)
    return Said("told", now, birth, 0, used, ends, ends)


def a_lease(units, at=0.0, **given):
    lease = Lease(MINUTE, "leased", at)
    lease.settle(terms(at, used=(units,), **given), units, 1)
    return lease


def calls(lease, times, *, at):
    for _ in range(times):
        lease.take(1, at)


def busy(manner, times):
    """A lease that was asked for after so many calls."""
    lease = Lease(MINUTE, manner, 0.0)
    calls(lease, times, at=0.0)
    lease.units = 0
    lease.settle(terms(0.0), lease.wish(1, 0.0).most, 1)
    return lease


def test_where_few_calls_come_one_is_leased_at_a_time():
    lease = a_lease(1)
    lease.take(1, 0.0)

    assert lease.wish(1, 0.5).most == 1


def test_a_busy_process_leases_a_quarter_of_a_seconds_calls():
    lease = a_lease(1_000)
    calls(lease, 800, at=0.5)
    lease.units = 0

    assert lease.wish(1, 0.5) == (1, 200, 32, 0)


def test_a_share_is_half_a_minutes_calls():
    lease = Lease(MINUTE, "share", 0.0)
    calls(lease, 100, at=0.0)
    lease.units = 0

    assert lease.wish(1, 0.0) == (1, 3_000, 16, 0)


def test_calls_of_long_ago_are_not_reckoned_with():
    lease = a_lease(100)
    calls(lease, 100, at=0.0)

    assert lease.wish(1, 0.0).most == 25
    assert lease.wish(1, 10.0).most == 1


def test_more_is_asked_for_when_a_quarter_is_left_and_never_for_a_few():
    many, few = busy("leased", 400), a_lease(3)
    calls(many, 74, at=0.1)
    calls(few, 3, at=0.1)

    assert not many.is_low()
    many.take(1, 0.1)
    assert many.is_low()
    assert not few.is_low()


def test_a_lease_ends_before_its_first_window_can_have_ended():
    lease = a_lease(5, now=NOON + 59)

    assert lease.holds(1, 0.99)
    assert not lease.holds(1, 1.0)
    assert lease.is_over(1.0)
    assert lease.give_back().units == 5


def test_a_lease_is_of_no_use_before_it_was_asked_for():
    """Our clock was set back, so nobody knows how late it is."""
    assert not a_lease(5, at=10.0).holds(1, 9.0)


def test_what_nobody_calls_on_goes_back_once():
    lease = a_lease(5)
    lease.take(1, 0.0)

    assert not lease.is_over(QUIET_SECONDS - 0.01)
    assert lease.is_over(QUIET_SECONDS)
    assert lease.give_back().units == 4
    assert lease.give_back() is None


def test_what_is_held_under_other_windows_goes_back_to_where_it_came_from():
    lease = a_lease(5)
    bounds = MINUTE[0].bounds(NOON)

    back = lease.settle(terms(60.0, now=NOON + 60), 2, 1)

    assert (back.units, back.bounds, lease.units) == (5, (bounds,), 2)


def test_what_a_store_that_was_emptied_had_counted_is_gone():
    lease = a_lease(5)

    assert lease.settle(terms(1.0, birth="two"), 2, 1) is None
    assert lease.units == 2


def test_the_store_is_asked_about_what_is_held_once_a_second():
    lease = a_lease(5)

    assert not lease.is_due(CONTACT_SECONDS - 0.01)
    assert lease.is_due(CONTACT_SECONDS)
    calls(lease, 5, at=0.0)
    assert not lease.is_due(CONTACT_SECONDS)


def test_a_share_is_filled_up_once_a_second():
    lease = busy("share", 10)
    calls(lease, 9, at=0.5)

    assert not lease.is_low()
    calls(lease, 1, at=0.5)
    assert lease.is_low()


def test_a_refusal_holds_for_a_moment_and_not_beyond_its_window():
    lease = Lease(MINUTE, "leased", 0.0)
    lease.settle(terms(0.0, used=(1_000,), now=NOON + 59.95), 0, 1)

    assert lease.refuses(1, 0.04)
    assert not lease.refuses(0, 0.04)  # what costs less was not refused
    assert not lease.refuses(1, 0.06)
    lease.settle(terms(0.0, used=(1_000,)), 0, 1)
    assert not lease.refuses(1, REFUSED_SECONDS)


def test_what_is_left_is_what_the_store_has_and_what_is_held():
    lease = a_lease(5)
    lease.take(1, 0.0)

    assert [(line.remaining, line.resets_in) for line in lease.lines(1.5)] == [(999, 59)]


# --- never over, whatever happens


@dataclass
class Store:
    """What the script does, in Python: a count for each window that ever was."""

    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def lease(self, windows, now, wish):
        keys = [(window.period, window.bounds(now)[0]) for window in windows]
        used = [self.counts.get(key, 0) for key in keys]
        room = min(window.limit - count for window, count in zip(windows, used, strict=True))
        granted = 0
        if wish.most > 0 and room >= max(wish.least, 1):
            granted = max(wish.least, min(wish.most, (room + wish.held) // wish.fraction - wish.held))
        for key in keys:
            self.counts[key] = self.counts.get(key, 0) + granted
        return granted, tuple(self.counts[key] for key in keys)

    def give_back(self, back):
        for window, (began, _) in zip(back.windows, back.bounds, strict=True):
            self.counts[window.period, began] -= back.units


@dataclass
class World:
    """True time, the store, and processes: each has its clock, and a lease until it dies."""

    windows: tuple[Window, ...]
    manner: WhenAway
    drifts: list[float]
    now: float = NOON
    store: Store = field(default_factory=Store)
    passed: dict[tuple[str, int], int] = field(default_factory=dict)
    stranded: int = 0

    def __post_init__(self):
        self.leases = [Lease(self.windows, self.manner, self.clock(who)) for who in range(len(self.drifts))]

    def clock(self, who):
        return 1_000.0 * who + (self.now - NOON) * (1 + self.drifts[who])

    def call(self, who, latency):
        lease = self.leases[who]
        if not lease.holds(1, self.clock(who)):
            granted = self.ask(who, 1, latency)
            if not granted:
                return
            self.count(self.decided)
        else:
            self.count(self.now)
        lease.take(1, self.clock(who))

    def ask(self, who, cost, latency):
        lease, asked = self.leases[who], self.clock(who)
        self.now += latency
        self.decided = self.now
        bounds = tuple(window.bounds(self.now) for window in self.windows)
        granted, used = self.store.lease(self.windows, self.now, lease.wish(cost, asked))
        now = int(self.now * 1000) / 1000
        self.now += latency
        back = lease.settle(Terms(asked, self.clock(who), bounds, cost, said(now, "one", bounds, used)), granted, cost)
        if back:
            self.store.give_back(back)
        return granted

    def count(self, now):
        for window in self.windows:
            key = window.period, window.bounds(now)[0]
            self.passed[key] = self.passed.get(key, 0) + 1

    def look(self, who):
        lease, at = self.leases[who], self.clock(who)
        if lease.units and lease.is_over(at):
            self.store.give_back(lease.give_back())
        elif lease.is_low() or lease.is_due(at):
            self.ask(who, 0, 0.001)

    def die(self, who):
        self.stranded += self.leases[who].units
        self.leases[who] = Lease(self.windows, self.manner, self.clock(who))

    def end(self, who):
        if back := self.leases[who].give_back():
            self.store.give_back(back)


NEXT_MINUTE = -1.0
STEP = st.tuples(
    st.sampled_from(["call"] * 12 + ["look", "look", "die", "end"]),
    st.integers(0, 2),
    st.sampled_from([1, 3, 40, 300]),
    st.sampled_from([0.0, 0.000_1, 0.01, 0.3]),
    st.sampled_from([0.0, 0.0, 0.001, 0.1, 0.6, 7.0, NEXT_MINUTE, NEXT_MINUTE]),
)


@settings(max_examples=150)
@given(
    limits=st.tuples(st.integers(1, 300), st.integers(500, 5_000)),
    manner=st.sampled_from(["refuse", "leased", "share"]),
    drifts=st.lists(st.floats(-0.000_4, 0.000_4), min_size=3, max_size=3),
    steps=st.lists(STEP, min_size=10, max_size=60),
)
def test_no_window_ever_admits_more_than_its_limit_and_only_the_dead_strand(limits, manner, drifts, steps):
    windows = (Window("minute", limits[0]), Window("hour", limits[1]))
    world = World(windows, manner, drifts)
    for what, who, times, latency, wait in steps:
        for _ in range(times if what == "call" else 1):
            world.call(who, latency) if what == "call" else getattr(world, what)(who)
        world.now += wait if wait != NEXT_MINUTE else 60.0 - world.now % 60.0

    for (period, _), passed in world.passed.items():
        assert passed <= dict(zip(("minute", "hour"), limits, strict=True))[period]
    for who in range(3):
        world.end(who)
    hours = [key for key in world.store.counts if key[0] == "hour"]
    counted = sum(world.store.counts[key] for key in hours)
    assert counted - sum(world.passed.get(key, 0) for key in hours) <= world.stranded


@pytest.mark.parametrize(("manner", "fraction"), [("leased", 32), ("share", 16)])
def test_a_process_that_dies_strands_no_more_than_its_fraction_of_what_was_left(manner, fraction):
    world = World((Window("minute", 100_000),), manner, [0.0, 0.0])
    for _ in range(20_000):
        world.call(0, 0.0)
        world.look(0)
        world.now += 0.001
        left = 100_000 - world.passed["minute", int(NOON)]
        assert world.leases[0].units <= left / fraction + 1
