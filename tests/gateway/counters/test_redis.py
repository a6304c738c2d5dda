import gc
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.counters.connecting import client_for
from gateway.counters.counts import Counts
from gateway.counters.redis import RedisLedger, ledger_at
from gateway.domain.plans import Charge, Window
from gateway.pipeline.refusals import LEDGER_AWAY, RATIONED, Failure
from tests.fixtures.valkeys import an_away_port
from tests.waiting import eventually

SUBSCRIPTION = "sub_1"
MONTH = (Window("month", 1_000_000),)
NOON = 1_795_348_800.0


class Clock:
    """Stands still unless it is told."""

    now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def opened(clock):
    """Opens ledgers that take their time from `clock`; closes them."""
    ledgers = []

    def open_one(server, **given):
        url = server if isinstance(server, str) else server.url
        connect = client_for(url)
        ledgers.append(
            RedisLedger(
                lambda: Counts(connect, lambda _key, bounds: [0] * len(bounds), clock, now=clock, settles=0), clock
            )
        )
        return ledgers[-1]

    yield open_one
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def ledger(opened, empty_valkey):
    return opened(empty_valkey)


def spend(ledger, times=1, windows=MONTH):
    return sum(ledger.spend((Charge(SUBSCRIPTION, windows),)).admitted for _ in range(times))


def used(ledger, windows=MONTH, key=SUBSCRIPTION):
    return windows[0].limit - ledger.left((Charge(key, windows),)).left[0].remaining


def operations(server):
    stats = server.client().info("commandstats")
    return sum(int(line["calls"]) for name, line in stats.items() if name in {"cmdstat_evalsha", "cmdstat_eval"})


def test_a_busy_application_asks_the_store_less_than_once_in_twenty_calls(ledger, empty_valkey, clock):
    before = operations(empty_valkey)
    for _ in range(3_000):
        spend(ledger)
        clock.now += 0.001

    assert operations(empty_valkey) - before <= 3_000 / 20


def test_who_must_not_wait_passes_on_what_is_held_and_is_told_otherwise_when_nothing_is(ledger, clock):
    assert ledger.spend_at_once((Charge(SUBSCRIPTION, MONTH),), "later") == "later"
    spend(ledger, 300)

    held = ledger.held()
    told = [ledger.spend_at_once((Charge(SUBSCRIPTION, MONTH),), "later") for _ in range(3)]

    assert held >= 3
    assert all(budget.admitted for budget in told)
    assert [budget.left[0].remaining for budget in told] == [1_000_000 - 301, 1_000_000 - 302, 1_000_000 - 303]


def test_what_is_shown_is_what_was_served_while_nobody_else_holds_any(ledger):
    spend(ledger, 300)

    assert used(ledger) == 300


def test_what_another_process_holds_counts_as_used_until_it_gives_back(ledger, opened, empty_valkey):
    other = opened(empty_valkey)
    spend(other, 300)
    assert used(ledger) == 300 + other.held()

    other.close()

    assert used(ledger) == 300


def test_a_refusal_is_told_to_who_must_not_wait(ledger):
    windows = (Window("month", 1),)
    spend(ledger, 2, windows)

    assert not ledger.spend_at_once((Charge(SUBSCRIPTION, windows),), None).admitted


def test_when_a_plan_changes_what_was_held_goes_back(ledger):
    spend(ledger, 300)
    larger = (Window("month", 2_000_000),)
    spend(ledger, 1, larger)
    ledger.look_after()

    assert used(ledger, larger) == 301


def test_what_nobody_calls_on_goes_back(ledger, clock, opened, empty_valkey):
    spend(ledger, 300)
    clock.now += 0.6
    ledger.look_after()

    assert ledger.held() == 0
    assert used(opened(empty_valkey)) == 300


def test_a_keeper_that_comes_late_leases_nothing_for_whom_nobody_calls_on(ledger, clock, opened, empty_valkey):
    spend(ledger, 300)
    clock.now += 0.6
    ledger.look_after()

    for key in list(ledger._leases):
        ledger._ask_for_more(key)

    assert ledger.held() == 0
    assert used(opened(empty_valkey)) == 300


def test_who_was_not_called_for_long_is_forgotten(ledger, clock):
    spend(ledger, 3)
    clock.now += 10
    ledger.look_after()

    assert not ledger._leases


def test_many_threads_together_are_given_the_limit_and_not_one_more(ledger):
    windows = (Window("month", 500),)
    with ThreadPoolExecutor(8) as threads:
        admitted = sum(threads.map(lambda _: spend(ledger, 100, windows), range(8)))

    assert admitted == 500


def test_a_forked_child_holds_nothing_of_its_parents(ledger):
    spend(ledger, 300)
    gc.collect()
    child = os.fork()
    if not child:
        os._exit(ledger.held() > 0 or not ledger.spend((Charge(SUBSCRIPTION, MONTH),)).admitted)

    assert ledger.held() > 0
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("choice", ["refuse", "leased", "share"])
def test_while_the_store_is_away_the_plan_says_what_happens(opened, own_valkey, clock, choice):
    ledger = opened(own_valkey)
    for _ in range(300):
        ledger.spend((Charge(SUBSCRIPTION, MONTH),), choice)
    own_valkey.kill()
    eventually(lambda: not answers(ledger))
    held = ledger.held()

    for _ in range(0 if choice == "refuse" else held):
        assert ledger.spend((Charge(SUBSCRIPTION, MONTH),), choice).admitted
    with pytest.raises(Failure) as failure:
        ledger.spend((Charge(SUBSCRIPTION, MONTH),), choice)
    assert failure.value.row is (LEDGER_AWAY if choice == "refuse" else RATIONED)
    assert failure.value.headers.get("retry-after") == "1"
    with pytest.raises(Failure):
        ledger.spend_at_once((Charge(SUBSCRIPTION, MONTH),), None, choice)


def test_a_share_is_deeper_than_a_lease(opened, empty_valkey):
    held = {}
    for choice in ("leased", "share"):
        ledger = opened(empty_valkey)
        for _ in range(100):
            ledger.spend((Charge(SUBSCRIPTION, MONTH),), choice)
        held[choice] = ledger.held()
        ledger.close()

    assert held["share"] > 20 * held["leased"]


def answers(ledger):
    ledger.look_after()
    try:
        ledger.left((Charge(SUBSCRIPTION, MONTH),))
    except Failure:
        return False
    return True


def test_a_store_that_comes_back_is_noticed_by_itself(opened, own_valkey):
    ledger = opened(own_valkey)
    spend(ledger)
    own_valkey.kill()
    eventually(lambda: not answers(ledger))
    own_valkey.start()

    eventually(lambda: ledger.spend_at_once((Charge(SUBSCRIPTION, ()),), None).admitted and not ledger._away)


def test_how_it_stands_is_told_while_it_answers_and_for_how_long_it_has_not(opened, own_valkey, clock):
    ledger = opened(own_valkey)
    spend(ledger, 300)
    well = ledger.standing()
    own_valkey.kill()
    eventually(lambda: not answers(ledger))
    clock.now += 30
    ill = ledger.standing()

    assert (well.is_shared, well.away_seconds, well.held) == (True, None, ledger.held())
    assert well.held > 0
    assert ill.away_seconds == 30


def test_its_place_names_hosts_and_no_password():
    ledger = ledger_at("redis+sentinel://me:secret@one:26379,two/main", lambda *_: [])

    assert ledger._place == "one:26379, two:26379"


def test_a_store_that_was_never_there_is_said_to_whoever_asks(opened):
    ledger = opened(f"redis://127.0.0.1:{an_away_port()}")

    with pytest.raises(Failure) as failure:
        ledger.left((Charge(SUBSCRIPTION, ()),))
    assert failure.value.row is LEDGER_AWAY


def test_a_call_without_limits_needs_no_store(opened):
    ledger = opened(f"redis://127.0.0.1:{an_away_port()}")

    assert ledger.spend((Charge(SUBSCRIPTION, ()),)).admitted
    assert ledger.spend_at_once((Charge(SUBSCRIPTION, ()),), None).admitted


@pytest.mark.parametrize("window", [Window("hour", 3), Window("hour", 3, "rolling"), Window("hour", 3, "rate")])
def test_what_another_limit_refused_goes_back_at_once(ledger, opened, empty_valkey, window):
    refused = ledger.spend((Charge("a", (window,), 2), Charge("b", (Window("month", 1),), 2)))

    assert not refused.admitted
    assert ledger.held() == 0
    assert used(opened(empty_valkey), (window,), "a") == 0


def test_a_call_is_counted_once_whichever_of_its_charges_had_to_be_asked_for(ledger):
    ledger.spend((Charge("b", MONTH),))
    ledger._leases["b"].units = 5

    ledger.spend((Charge("a", MONTH), Charge("b", MONTH)))

    assert ledger._leases["b"].units == 4


def test_a_refusal_says_how_long_the_call_waits_for_each_window_that_has_too_little(ledger):
    charges = (Charge("a", (Window("day", 9), Window("minute", 2)), 2), Charge("b", (Window("hour", 9),), 2))
    ledger.spend(charges)

    refused = ledger.spend(charges)

    assert [line.wait > 0 for line in refused.left if line.window.period == "minute"] == [True]
    assert not any(line.wait for line in refused.left if line.window.period != "minute")
