from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.upstream.breaker import FIRST_REST, LIMIT, LONGEST_REST, Breaker

EVENTS = st.lists(st.sampled_from(["succeed", "fail", "ask", "wait"]), max_size=200)


def opened(now=0.0):
    breaker = Breaker()
    for _ in range(LIMIT):
        breaker.fail(now)
    return breaker


def test_it_opens_after_so_many_failures_in_a_row_and_no_sooner():
    breaker = Breaker()
    for _ in range(LIMIT - 1):
        breaker.fail(0)

    assert breaker.lets_pass(0)
    breaker.fail(0)
    assert not breaker.lets_pass(0)


def test_a_failure_now_and_then_does_not_open_it():
    breaker = Breaker()
    for _ in range(100):
        breaker.fail(0)
        breaker.succeed()

    assert breaker.is_closed


def test_it_opens_when_more_than_half_of_all_fail():
    breaker = Breaker()
    for _ in range(LIMIT):
        breaker.succeed()
        breaker.fail(0)
        breaker.fail(0)

    assert not breaker.is_closed


def test_after_its_rest_one_probe_passes_and_the_others_wait():
    breaker = opened()

    assert [breaker.lets_pass(FIRST_REST - 0.01), breaker.lets_pass(FIRST_REST)] == [False, True]
    assert not breaker.lets_pass(FIRST_REST)


def test_a_probe_that_succeeds_closes_it():
    breaker = opened()
    breaker.lets_pass(FIRST_REST)

    breaker.succeed()

    assert (breaker.is_closed, breaker.score) == (True, 0)


def test_a_call_from_before_it_opened_does_not_close_it():
    breaker = opened()

    breaker.succeed()

    assert not breaker.is_closed


def test_each_rest_is_twice_as_long_up_to_the_longest():
    breaker, now, rests = opened(), 0.0, []
    for _ in range(8):
        rests.append(breaker.rests_for(now))
        now += rests[-1]
        assert breaker.lets_pass(now)
        breaker.fail(now)

    assert rests == [FIRST_REST * 2**n for n in range(6)] + [LONGEST_REST] * 2


def test_failures_while_it_is_open_do_not_lengthen_its_rest():
    breaker = opened()
    for _ in range(50):
        breaker.fail(0.5)

    assert breaker.rests_for(0.5) == FIRST_REST - 0.5


@given(EVENTS)
def test_whatever_happens_an_open_one_lets_one_call_pass_for_each_rest_and_lets_one_pass_in_the_end(events):
    breaker, now, passed = Breaker(), 0.0, []
    for event in events:
        was_open = not breaker.is_closed
        if event == "succeed":
            breaker.succeed()
        elif event == "fail":
            breaker.fail(now)
        elif event == "wait":
            now += 0.7
        elif breaker.lets_pass(now) and was_open:
            passed.append(now)
        assert (breaker.score == 0) <= breaker.is_closed

    assert all(later - earlier >= FIRST_REST for earlier, later in pairwise(passed))
    assert breaker.lets_pass(now + LONGEST_REST)
