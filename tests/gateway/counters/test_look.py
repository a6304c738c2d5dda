from gateway.counters.look import Look
from gateway.domain.plans import Left, Window

RATE = Window("second", 5, "rate")


def test_what_is_left_before_a_call_is_told_in_seconds():
    assert Look(room=3, resets=2, wait=0, then=4, at=5, word=7).left(RATE) == Left(RATE, 3, 2, 0)


def test_a_limit_that_was_lowered_leaves_nothing_and_no_less():
    assert Look(room=-3, resets=2, wait=1, then=4, at=5, word=7).left(RATE) == Left(RATE, 0, 2, 1)
