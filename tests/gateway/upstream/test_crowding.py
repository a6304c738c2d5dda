"""Bulkheads: one department's slow service must not slow another's, and a full worker says so at once."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pipeline.refusals import Failure
from gateway.upstream.addresses import AddressPolicy
from gateway.upstream.balancing import Balances
from gateway.upstream.blocking import BlockingUpstream
from gateway.upstream.crowding import Crowd, Hall
from gateway.upstream.evented import EventedUpstream
from tests.builders import a_service


def refused(crowd, most):
    with pytest.raises(Failure) as caught:
        crowd.refuse_surplus(most)
    return caught.value.row.code, caught.value.headers.get("retry-after")


def test_a_service_has_as_many_callers_waiting_as_it_may():
    crowd = Crowd(Hall())
    for _ in range(3):
        crowd.refuse_surplus(3)
        crowd.enter()

    assert refused(crowd, 3) == ("api-too-busy", "1")
    crowd.leave()
    crowd.refuse_surplus(3)


def test_a_full_service_keeps_nobody_from_another():
    hall = Hall()
    slow, other = Crowd(hall), Crowd(hall)
    slow.enter()

    assert refused(slow, 1)
    other.refuse_surplus(1)


def test_there_is_a_bound_for_all_services_together():
    hall = Hall(most=2)
    one, other = Crowd(hall), Crowd(hall)
    one.enter()
    other.enter()

    assert refused(one, 10) == ("overloaded", "1")


def test_who_waits_is_still_counted_when_the_service_was_edited():
    balances = Balances(lambda: 0.0)
    before = balances.of(a_service(owner="env_1"))
    before.crowd.enter()

    after = balances.of(a_service(owner="env_1", retries=3))

    assert (after is not before, after.crowd.waiting) == (True, 1)


@given(st.lists(st.booleans()))
def test_the_hall_holds_those_of_all_its_crowds(turns):
    hall = Hall()
    crowds = Crowd(hall), Crowd(hall)
    for turn in turns:
        crowds[turn].enter()

    assert hall.waiting == sum(crowd.waiting for crowd in crowds) == len(turns)
    for turn in turns:
        crowds[turn].leave()
    assert hall.waiting == 0


def test_both_lanes_hold_to_the_bound_that_is_set():
    loop = asyncio.new_event_loop()
    policy = AddressPolicy()
    blocking, evented = BlockingUpstream(policy, most_calls=1), EventedUpstream(loop, policy, most_calls=1)

    for upstream in (blocking, evented):
        upstream.refuse_surplus(a_service(owner="env_1"))
        upstream._balances.of(a_service(owner="env_1")).crowd.enter()
        with pytest.raises(Failure, match="overloaded"):
            upstream.refuse_surplus(a_service(owner="env_2"))

    blocking.close()
    loop.close()
