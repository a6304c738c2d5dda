import pytest

from gateway.pipeline.decision import decide
from gateway.pipeline.drivers import run
from gateway.pipeline.effects import Record
from gateway.pipeline.refusals import STORE_AWAY, Failure
from tests.builders import a_bearer_call, a_call, a_snapshot


def test_a_failure_goes_back_into_the_decision():
    recorded = []

    def perform(effect):
        if isinstance(effect, Record):
            recorded.append(effect.event)
            return
        raise Failure(STORE_AWAY)

    reply = run(decide(a_bearer_call(), a_snapshot()), perform)

    assert reply.status == 503
    assert recorded[0].refusal == "store-away"


def test_a_bug_passes_through():
    def perform(effect):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(decide(a_call(), a_snapshot()), perform)
