import os

import pytest

from gateway.counters.flights import KEPT_SECONDS, Flights
from gateway.domain.plans import Charge, Window

NOW = 1_790_000_000.0
TWO = Charge("sub_1", (Window("call", 2, "concurrency"),))


@pytest.fixture
def begin(tmp_path):
    begun = []

    def begin():
        begun.append(Flights(tmp_path / "calls.flights", lambda: NOW, 1.0))
        return begun[-1]

    yield begin
    for flights in begun:
        flights.close()


def admitted(flights):
    return flights.enter((TWO,)).budget.admitted


def test_who_ends_well_leaves_nothing_behind(begin):
    ends, stays = begin(), begin()
    assert admitted(ends)
    assert admitted(stays)
    assert not admitted(stays)

    ends.close()

    assert admitted(stays)
    assert not admitted(stays)


def test_a_call_of_who_began_anew_gives_no_place_back_that_is_not_its_own(begin):
    flights = begin()
    before = flights.enter((TWO,))
    flights.close()
    assert admitted(flights)

    flights.leave(before)

    assert [admitted(flights) for _ in range(2)] == [True, False]


def test_a_place_is_given_back_once(begin):
    flights = begin()
    stay = flights.enter((TWO,))
    for _ in range(2):
        flights.leave(stay)

    assert [admitted(flights) for _ in range(3)] == [True, True, False]


def test_what_a_forked_child_holds_ends_with_it(begin):
    flights = begin()
    assert admitted(flights)
    if (child := os.fork()) == 0:
        os._exit(0 if [admitted(flights) for _ in range(2)] == [True, False] else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [admitted(flights) for _ in range(2)] == [True, False]


def test_a_row_is_kept_for_a_month(begin):
    flights = begin()
    words, _, _ = flights.enter((TWO,)).places[0]
    slot = flights._table._find(TWO.key)[0]

    assert words[slot.until] == int(NOW) + KEPT_SECONDS


def test_who_asks_of_what_nobody_called_under_makes_no_row(begin):
    flights = begin()

    assert flights.left(TWO).remaining == 2
    assert not flights._table.has(TWO.key)
