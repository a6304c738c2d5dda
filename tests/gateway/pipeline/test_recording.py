import pytest

from gateway.pipeline.decision import decide
from gateway.pipeline.effects import UsageEvent
from tests.builders import (
    API,
    APPLICATION,
    CREDENTIAL,
    ISSUER,
    NOW,
    OTHER_KEY,
    a_bearer_call,
    a_budget,
    a_call,
    a_consumer,
    a_reply,
    a_snapshot,
    a_token,
    an_api_key,
)
from tests.replay import Full, replay


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


def test_the_key_that_was_shown_is_recorded_whatever_came_of_the_call():
    call = a_call("/api/weather/v1/stations", fields=(("X-API-Key", an_api_key()),))

    answered = replay(decide(call, a_snapshot()), [a_consumer(key=CREDENTIAL), a_budget(), a_reply(200)])
    refused = replay(decide(call, a_snapshot()), [a_consumer(key=CREDENTIAL, subscriptions={})])

    assert (answered.event.status, answered.event.credential_id) == (200, CREDENTIAL)
    assert (refused.event.refusal, refused.event.credential_id) == ("not-subscribed", CREDENTIAL)


def test_a_key_that_has_ended_and_a_token_are_no_use_of_a_key():
    by_key = a_call("/api/weather/v1/stations", fields=(("X-API-Key", an_api_key()),))

    ended = replay(decide(by_key, a_snapshot()), [a_consumer(key=CREDENTIAL, credentials={CREDENTIAL: NOW})])
    by_token = replay(decide(a_bearer_call(), a_snapshot()), [a_consumer(), a_budget(), a_reply(200)])

    assert (ended.reply.status, ended.event.credential_id) == (401, "")
    assert (by_token.reply.status, by_token.event.credential_id) == (200, "")


def test_a_refused_call_is_recorded_with_what_was_known_until_then():
    event = replay(decide(a_call("/api/nothing/v1/x"), a_snapshot())).event

    assert (event.status, event.refusal, event.api_id, event.operation) == (404, "unknown-api", "", "")


def test_every_reply_carries_our_request_id_once():
    call = a_bearer_call(fields=(("X-Request-Id", "theirs"),))

    reply = replay(
        decide(call, a_snapshot()), [a_consumer(), a_budget(), a_reply(fields=(("X-Request-Id", "x"),))]
    ).reply

    assert reply.headers.all("X-Request-Id") == ("req_TEST",)


@pytest.mark.parametrize(
    "call",
    [
        a_bearer_call("/api/weather/v1/nowhere"),
        a_bearer_call("/api/weather/v1/stations", method="DELETE"),
        a_bearer_call(token=a_token(audience=(f"{ISSUER}/api/other",))),
        a_bearer_call(token=a_token(expires_at=int(NOW) - 1)),
    ],
    ids=["undeclared path", "undeclared method", "another API's token", "expired token"],
)
def test_a_refusal_is_told_to_the_application_that_surely_made_the_call(call):
    played = replay(decide(call, a_snapshot()), [])

    assert played.event.application_id == APPLICATION
    assert played.event.api_id == API


def test_a_refused_key_is_recognised_where_no_route_was_found():
    call = a_call("/api/weather/v1/nowhere", fields=(("X-API-Key", an_api_key()),))

    played = replay(decide(call, a_snapshot()), [a_consumer(key=CREDENTIAL)])

    assert played.reply.status == 404
    assert played.event.application_id == APPLICATION


def test_a_call_that_cannot_be_served_costs_no_look_at_its_token():
    played = replay(decide(a_bearer_call(), a_snapshot()), [Full()])

    assert played.reply.status == 503
    assert (played.event.api_id, played.event.application_id) == (API, "")


def test_a_token_that_we_did_not_sign_tells_nothing():
    played = replay(decide(a_bearer_call("/api/weather/v1/nowhere", token=a_token(OTHER_KEY)), a_snapshot()), [])

    assert played.event.application_id == ""
