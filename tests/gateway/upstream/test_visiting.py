import threading
import time

import pytest

from gateway.http.messages import Body
from gateway.upstream.balancing import Member
from gateway.upstream.crowding import Crowd, Hall
from gateway.upstream.visiting import Visit
from tests.builders import a_send, a_service_on, a_target


def a_visit(left=100.0, *, body=None, **waits):
    request = a_send(a_service_on(1, **waits), body=body)
    return Visit(Member(a_target(), None), Crowd(Hall()), request, time.monotonic() + left, threading.Lock())


def test_a_visit_is_counted_in_and_counted_out_once():
    visit = a_visit()
    before = visit.member.in_flight

    visit.leave()
    visit.leave()

    assert (before, visit.member.in_flight) == (1, 0)


def test_a_wait_is_as_long_as_it_may_be_and_no_longer_than_what_is_left_in_all():
    assert a_visit(100.0).within(5.0) == 5.0
    assert a_visit(1.0).within(5.0) <= 1.0
    assert a_visit(-1.0).within(5.0) < 0


@pytest.mark.parametrize(("left", "told"), [(100.0, "2 seconds"), (-1.0, "60 seconds")])
def test_a_timeout_tells_which_wait_it_was(left, told):
    assert told in a_visit(left, total=60.0).timed_out(2.0).detail.en


@pytest.mark.parametrize(
    ("left", "body", "begun", "blamed"),
    [
        (100.0, None, False, True),
        (100.0, Body((), 1), False, True),
        (100.0, None, True, False),
        (-1.0, None, False, True),
        (-1.0, Body((), 1), False, False),
        (-1.0, None, True, False),
    ],
)
def test_a_target_is_blamed_for_no_time_that_its_caller_may_have_taken(left, body, begun, blamed):
    visit = a_visit(left, body=body, total=60.0)
    if begun:
        visit.note_reply(200)

    visit.timed_out(2.0)

    assert visit.member.breaker.score == blamed
