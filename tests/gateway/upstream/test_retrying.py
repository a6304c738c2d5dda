import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.messages import Body
from gateway.upstream.retrying import SAVED, SHARE, Budget, Trouble, may_go_again
from tests.builders import a_send

SOME = Body((b"abc",), 3)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("body", [None, SOME])
def test_what_was_never_sent_may_go_again_whatever_it_is(method, body):
    assert may_go_again(a_send(method=method, body=body), Trouble.UNCONNECTED)


@pytest.mark.parametrize("trouble", [Trouble.STALE, Trouble.UNANSWERED])
@pytest.mark.parametrize(
    ("method", "body", "may"),
    [
        *((method, None, True) for method in ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE")),
        *((method, None, False) for method in ("POST", "PATCH", "BREW")),
        ("GET", Body((), 0), False),
        ("PUT", SOME, False),
    ],
)
def test_what_was_sent_may_go_again_when_it_is_idempotent_and_has_no_body(trouble, method, body, may):
    assert may_go_again(a_send(method=method, body=body), trouble) is may


def test_what_is_saved_up_is_spent_and_then_nothing():
    budget = Budget()

    assert [budget.spend(0) for _ in range(int(SAVED) + 1)] == [True] * int(SAVED) + [False]


def test_calls_pay_for_retries():
    budget = Budget()
    while budget.spend(0):
        pass

    assert [budget.spend(calls) for calls in range(1, 11)].count(True) == round(10 * SHARE)


@given(st.lists(st.booleans(), max_size=300))
def test_retries_are_never_more_than_was_saved_and_their_share_of_the_calls(tries):
    budget, calls, retries = Budget(), 0, 0
    for is_retry in tries:
        if is_retry:
            retries += budget.spend(calls)
        else:
            calls += 1

        assert retries <= SAVED + SHARE * calls + 1e-9
