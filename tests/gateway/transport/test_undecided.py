import orjson
import pytest

from gateway.pipeline.refusals import INTERNAL, TOO_SLOW, Refusal, Refused
from gateway.transport import undecided
from gateway.transport.arrival import Arrival


@pytest.mark.parametrize("refused", [Refusal(TOO_SLOW), Refused(INTERNAL)])
def test_a_reply_of_our_own_is_a_problem_with_the_name_of_the_call(refused):
    reply, event = undecided.answer(refused, "POST", "fr", Arrival(7.0, "req_1"), "https://guichet.example.ca/errors")
    told = orjson.loads(b"".join(reply.body.chunks))

    assert (told["status"], told["code"]) == (reply.status, refused.row.code)
    assert told["type"] == f"https://guichet.example.ca/errors/{refused.row.code}"
    assert reply.headers.get("x-request-id") == "req_1"
    assert (event.received_at, event.request_id, event.method) == (7.0, "req_1", "POST")
    assert (event.status, event.refusal, event.application_id) == (reply.status, refused.row.code, "")
