"""How far an OPTIONS goes."""

import pytest

from gateway.http.messages import Call, Reply
from gateway.pipeline.decision import decide
from gateway.pipeline.effects import Send
from gateway.pipeline.hops import one_hop_less
from gateway.pipeline.routing import find_route
from gateway.pipeline.snapshot import Operation
from tests.builders import a_bearer_call, a_budget, a_call, a_consumer, a_snapshot, a_version
from tests.replay import replay

SNAPSHOT = a_snapshot(a_version(operations=(Operation("OPTIONS", "/stations"), Operation("GET", "/stations"))))


def counted(*values):
    call = a_call(method="OPTIONS", fields=[("Max-Forwards", value) for value in values])
    return one_hop_less(find_route(SNAPSHOT, call), call)


@pytest.mark.parametrize(("received", "sent"), [("1", "0"), ("10", "9"), ("007", "6")])
def test_a_hop_is_taken_off(received, sent):
    call = counted(received)

    assert isinstance(call, Call)
    assert call.headers.all("Max-Forwards") == (sent,)


@pytest.mark.parametrize("received", ["0", "00"])
def test_the_last_hop_is_ours_to_answer(received):
    reply = counted(received)

    assert isinstance(reply, Reply)
    assert (reply.status, reply.headers.get("Allow")) == (204, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("received", [(), ("",), ("-1",), ("0x0",), ("0", "5")])
def test_what_is_no_number_limits_nothing(received):
    call = counted(*received)

    assert isinstance(call, Call)
    assert call.headers.all("Max-Forwards") == received


def test_a_call_that_goes_no_further_is_a_call_all_the_same():
    call = a_bearer_call(method="OPTIONS", fields=[("Max-Forwards", "0")])
    played = replay(decide(call, SNAPSHOT), [a_consumer(), a_budget(5, 50)])

    assert not [effect for effect in played.effects if isinstance(effect, Send)]
    assert (played.reply.status, played.reply.headers.get("X-RateLimit-Remaining")) == (204, "5")
