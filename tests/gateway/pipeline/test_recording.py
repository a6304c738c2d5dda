from gateway.pipeline.decision import decide
from gateway.pipeline.effects import UsageEvent
from tests.builders import NOW, a_bearer_call, a_budget, a_call, a_consumer, a_reply, a_snapshot
from tests.replay import replay


def test_an_admitted_call_is_recorded_with_everything_that_is_known():
    call = a_bearer_call("/api/weather/v1/stations/42", query="secret=1")

    played = replay(decide(call, a_snapshot()), [a_consumer(), a_budget(), a_reply(201)])

    assert played.event == UsageEvent(
        received_at=NOW,
        request_id="req_TEST",
        method="GET",
        status=201,
        refusal="",
        api_id="api_weather",
        version_id="ver_1",
        operation="GET /stations/{id}",
        application_id="app_farm",
        subscription_id="sub_1",
        plan_id="pln_1",
    )


def test_a_refused_call_is_recorded_with_what_was_known_until_then():
    event = replay(decide(a_call("/api/nothing/v1/x"), a_snapshot())).event

    assert (event.status, event.refusal, event.api_id, event.operation) == (404, "unknown-api", "", "")


def test_every_reply_carries_our_request_id_once():
    call = a_bearer_call(fields=(("X-Request-Id", "theirs"),))

    reply = replay(
        decide(call, a_snapshot()), [a_consumer(), a_budget(), a_reply(fields=(("X-Request-Id", "x"),))]
    ).reply

    assert reply.headers.all("X-Request-Id") == ("req_TEST",)
