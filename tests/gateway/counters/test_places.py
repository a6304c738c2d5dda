from hypothesis import given
from hypothesis import strategies as st

from gateway.counters.places import LASTS_SECONDS, Flight, Granted, leave, taken
from gateway.domain.plans import Charge, Stay, Window

CHARGE = Charge("sub_1", (Window("call", 9, "concurrency"),))


def a_flight(places=0, *, others=0, at=0.0, wish=None):
    flight = Flight(at)
    flight.limit = 9
    flight.settle(Granted(False, places, others, at, at), places if wish is None else wish)
    return flight


def let_in(flight):
    stay = taken([CHARGE], [flight], 0.0)
    assert stay
    return stay


def test_calls_come_in_on_what_is_leased_while_the_lease_lasts():
    flight = a_flight(2)

    stays = [taken([CHARGE], [flight], at) for at in (1.0, LASTS_SECONDS)]

    assert stays[0]
    assert stays[0].budget.admitted
    assert stays[1] is None


def test_who_was_refused_a_moment_ago_is_refused_again_without_a_question():
    flight = a_flight(0, others=9, wish=1)

    refused = taken([CHARGE], [flight], 0.05)

    assert refused
    assert (refused.budget.admitted, refused.budget.left[0].remaining) == (False, 0)
    assert taken([CHARGE], [flight], 0.2) is None


def test_a_renewal_that_is_granted_is_no_refusal():
    flight = a_flight(1)
    taken([CHARGE], [flight], 0.0)
    flight.settle(Granted(False, 1, 0, 0.0, 0.0), flight.wish(more=0))

    assert not flight.refuses(0.0)


def test_places_that_nobody_uses_go_back_at_the_second_look():
    flight = a_flight(3)
    for _ in range(3):
        leave(let_in(flight))
    stays = [let_in(flight) for _ in range(2)]
    flight.settle(Granted(False, 3, 0, 0.0, 0.0), flight.wish(more=0))
    leave(stays[0])

    assert flight.look(0.25)
    assert flight.wish(more=0) == 2
    flight.settle(Granted(False, 2, 0, 0.25, 0.25), 2)
    assert flight.look(0.5)
    assert flight.wish(more=0) == 1


def test_a_lease_is_renewed_each_second_while_calls_have_places():
    flight = a_flight(1)
    taken([CHARGE], [flight], 0.0)

    assert [flight.look(at) for at in (0.25, 0.5, 0.9, 1.0)] == [False, False, False, True]


def test_it_is_forgotten_when_nothing_is_lost_by_it():
    assert [a_flight(places).is_idle(at) for places, at in ((0, 1.9), (0, 2.0), (1, 2.0))] == [False, True, False]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.floats(0, 2)), max_size=40))
def test_never_more_calls_are_let_in_than_there_were_places(moves):
    """Places come and go with each answer of the store, and time passes between them."""
    flight, at, granted = a_flight(), 0.0, 0
    stays: list[Stay] = []
    for comes, places, wait in moves:
        at += wait
        if not comes:
            wish = flight.wish(more=0)
            granted = max(flight.used, min(places, wish + 1))
            flight.settle(Granted(False, granted, 0, at, at), wish)
            if stays:
                leave(stays.pop())
        elif (stay := taken([CHARGE], [flight], at)) and stay.budget.admitted:
            stays.append(stay)
        assert flight.used == len(stays) <= granted
