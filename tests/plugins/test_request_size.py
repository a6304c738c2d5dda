import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from gateway.plugin import Body, BodyRefused, Problem, Registry
from plugins import RequestSize
from tests.builders import a_call

PLUGIN = RequestSize()


def ask(body, most=10):
    return PLUGIN.on_call(a_call(method="POST", body=body), {"max_bytes": most})


@pytest.mark.parametrize(("length", "passes"), [(0, True), (10, True), (11, False)])
def test_an_announced_length_is_judged_at_once(length, passes):
    outcome = ask(Body(iter([]), length))

    assert isinstance(outcome, Problem) is not passes
    if not passes:
        (row,) = RequestSize.refusals
        assert (outcome.code, outcome.status, outcome.members) == (row.code, 413, {"max-bytes": 10})


def test_a_call_without_a_body_passes():
    assert ask(None).body is None


@given(st.lists(st.binary(max_size=6), max_size=6))
def test_a_body_of_unknown_length_passes_exactly_as_long_as_it_is_short_enough(chunks):
    body = ask(Body(iter(chunks))).body

    if sum(map(len, chunks)) <= 10:
        assert list(body.chunks) == chunks
    else:
        with pytest.raises(BodyRefused) as caught:
            list(body.chunks)
        assert caught.value.problem.status == 413


@pytest.mark.parametrize("most", [-1, "10", None, 1.5])
def test_the_limit_must_be_a_number_of_bytes(most):
    with pytest.raises(ValidationError):
        Registry([PLUGIN]).load("request-size", {"max_bytes": most})


def test_the_limit_is_a_mebibyte_unless_told_else():
    assert Registry([PLUGIN]).load("request-size", {}) == {"max_bytes": 1_048_576}
