"""How many calls are under way at once: what every ledger must do, and every lane."""

import os
import signal
import subprocess
import sys
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.counters.local import LocalLedger
from gateway.domain.plans import Charge, Stay, Window
from tests.house.sources import ROOT
from tests.ledgers import FRESH, Clock

RENEWED = 0.3
"""After so many seconds what one process does not use is another's, on a shared ledger."""


def at_once(limit, key="sub_1", per="application"):
    return Charge(key, (Window("call", limit, "concurrency", per=per),))


def entered(ledger, *charges):
    stay = ledger.enter(charges)
    return stay if stay.budget.admitted else None


def test_as_many_calls_are_under_way_as_the_limit_says_and_not_one_more(ledger):
    stays = [entered(ledger, at_once(3)) for _ in range(5)]

    assert [bool(stay) for stay in stays] == [True, True, True, False, False]


def test_a_place_is_free_again_when_its_call_is_over(ledger):
    stays = [entered(ledger, at_once(2)) for _ in range(2)]
    assert not entered(ledger, at_once(2))

    ledger.leave(stays[0])

    assert entered(ledger, at_once(2))
    assert not entered(ledger, at_once(2))


def test_what_is_left_is_told_with_each_answer_and_to_who_only_asks(ledger):
    charge, day = at_once(2), Window("day", 9)
    told = [ledger.enter((charge,)).budget.left[0].remaining for _ in range(3)]

    assert told == [1, 0, 0]
    mixed = (Charge(charge.key, (day, *charge.windows)),)
    assert [line.remaining for line in ledger.left(mixed).left] == [9, 0]
    assert not ledger.left(mixed).admitted


def test_a_call_takes_all_its_places_or_none(ledger):
    wide, narrow = at_once(5), at_once(1, "sub_1/key", "credential")
    first = entered(ledger, wide, narrow)

    assert not entered(ledger, wide, narrow)
    assert [line.remaining for line in ledger.left((wide, narrow)).left] == [4, 0]
    ledger.leave(first)
    assert [line.remaining for line in ledger.left((wide, narrow)).left] == [5, 1]


def test_a_limit_that_is_lowered_lets_nobody_in_until_enough_have_left(ledger):
    stays = [entered(ledger, at_once(3)) for _ in range(3)]
    assert not entered(ledger, at_once(2))

    for stay in stays[:2]:
        ledger.leave(stay)

    assert entered(ledger, at_once(2))
    assert not entered(ledger, at_once(2))


def test_processes_share_the_places(make, clock):
    one, other = make(), make()
    stay = entered(one, at_once(1))
    assert not entered(other, at_once(1))

    one.leave(stay)
    clock.now += RENEWED
    looked_after(one)
    clock.now += RENEWED

    assert entered(other, at_once(1))
    assert not entered(one, at_once(1))


def test_who_must_not_wait_has_a_place_or_is_told_otherwise(ledger):
    told = [ledger.enter_at_once((at_once(2),), None) for _ in range(3)]
    had = sum(stay is not None and stay.budget.admitted for stay in told)

    assert sum(bool(entered(ledger, at_once(2))) for _ in range(3)) == 2 - had


MOVES = st.lists(st.tuples(st.integers(0, 1), st.booleans(), st.integers(1, 4)), max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(moves=MOVES)
def test_never_more_are_under_way_than_the_limit_whoever_comes_and_goes(make, clock, moves):
    """Of two processes; with each move one of them lets a call in or sees one off, and the limit may be another."""
    pair, key = (make(), make()), f"sub_{next(FRESH)}"
    under_way: tuple[list[Stay], list[Stay]] = ([], [])
    for who, comes, limit in moves:
        clock.now += RENEWED
        for each in pair:
            looked_after(each)
        if comes:
            stay = entered(pair[who], at_once(limit, key))
            assert bool(stay) == (len(under_way[0]) + len(under_way[1]) < limit)
            under_way[who].extend([stay] if stay else [])
        elif under_way[who]:
            pair[who].leave(under_way[who].pop())
    for each in pair:
        each.close()


def looked_after(ledger):
    """What the keeper of a shared ledger does several times a second."""
    for _ in range(2):
        getattr(ledger, "look_after", lambda: None)()


HOLDER = """
import sys, time
from pathlib import Path
from gateway.counters.local import LocalLedger
from gateway.domain.plans import Charge, Stay, Window
ledger = LocalLedger(Path(sys.argv[1]), time.time)
charge = Charge("sub_1", (Window("call", 5, "concurrency"),))
print([ledger.enter((charge,)).budget.admitted for _ in range(4)], flush=True)
sys.stdin.read()
"""


def test_a_worker_that_is_killed_leaves_no_place_taken(tmp_path):
    path = tmp_path / "ledger.table"
    ledger = LocalLedger(path, Clock())
    enter = partial(entered, ledger, at_once(5))
    for _ in range(3):
        worker = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert worker.stdout
        assert worker.stdout.readline() == b"[True, True, True, True]\n"
        own = enter()
        assert own
        assert not enter()

        os.kill(worker.pid, signal.SIGKILL)
        worker.communicate()

        stays = [enter() for _ in range(5)]
        assert [bool(stay) for stay in stays] == [True] * 4 + [False]
        for stay in (own, *stays[:4]):
            ledger.leave(stay)
    ledger.close()
