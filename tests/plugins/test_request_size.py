import pytest
from marshmallow import ValidationError

from gateway.http.messages import Body
from gateway.pipeline.decision import decide
from gateway.plugin import Registry
from plugins import RequestSize
from tests.builders import a_bearer_call, a_budget, a_call, a_consumer, a_reply, a_snapshot
from tests.replay import replay

PLUGIN = RequestSize()


def ask(body, most=10):
    return PLUGIN.on_call(a_call(method="POST", body=body), {"max_bytes": most})


@pytest.mark.parametrize(("length", "passes"), [(0, True), (10, True), (11, False)])
def test_an_announced_length_is_judged_before_anything_is_sent(length, passes):
    bindings = Registry([PLUGIN]).bind({"request-size": {"max_bytes": 10}})
    call = a_bearer_call(method="POST", body=Body((), length))

    played = replay(decide(call, a_snapshot(plugins=bindings)), [a_consumer(), a_budget(), a_reply()][: 2 + passes])

    assert played.reply.status == (200 if passes else 413)
    if not passes:
        assert (played.problem["code"], played.problem["max-bytes"]) == ("body-too-large", 10)


def test_a_call_without_a_body_passes():
    assert ask(None).body is None


def test_a_body_of_unknown_length_is_bounded_on_its_way():
    assert ask(Body(())).body == Body((), None, 10)


def test_the_lowest_bound_wins():
    assert ask(Body((), None, 5)).body.most == 5


@pytest.mark.parametrize("most", [-1, "10", None, 1.5])
def test_the_limit_must_be_a_number_of_bytes(most):
    with pytest.raises(ValidationError):
        Registry([PLUGIN]).load("request-size", {"max_bytes": most})


def test_the_limit_is_a_mebibyte_unless_told_else():
    assert Registry([PLUGIN]).load("request-size", {}) == {"max_bytes": 1_048_576}
