import pytest

from gateway.domain.lifecycle import ApplicationState, SubscriptionState
from gateway.pipeline.decision import decide
from tests.builders import (
    API,
    CREDENTIAL,
    a_bearer_call,
    a_budget,
    a_call,
    a_consumer,
    a_reply,
    a_snapshot,
    a_subscription,
    a_token,
    an_api_key,
)
from tests.replay import replay


def with_token(consumer, *answers, **given):
    return replay(decide(a_bearer_call(**given), a_snapshot()), [consumer, *answers])


def with_key(consumer, *answers):
    return replay(decide(a_call(fields=(("X-API-Key", an_api_key()),)), a_snapshot()), [consumer, *answers])


def subscribed(**given):
    return {API: a_subscription(**given)}


@pytest.mark.parametrize("state", [ApplicationState.SUSPENDED, ApplicationState.CLOSED])
def test_an_application_that_is_not_active_is_refused_even_with_a_valid_token(state):
    assert with_token(a_consumer(state=state)).problem["code"] == "application-suspended"


@pytest.mark.parametrize("subscriptions", [{}, {"api_snow": a_subscription()}])
def test_an_application_without_a_subscription_is_refused(subscriptions):
    played = with_token(a_consumer(subscriptions=subscriptions))

    assert (played.reply.status, played.problem["code"]) == (403, "not-subscribed")
    assert played.event.refusal == "not-subscribed"
    assert played.event.application_id == "app_farm"


@pytest.mark.parametrize("state", set(SubscriptionState) - {SubscriptionState.ACTIVE})
def test_only_an_active_subscription_lets_calls_pass(state):
    code = "subscription-suspended" if state is SubscriptionState.SUSPENDED else "not-subscribed"

    assert with_token(a_consumer(subscriptions=subscribed(state=state))).problem["code"] == code


def test_a_key_is_refused_where_the_plan_takes_tokens_only():
    consumer = a_consumer(key=CREDENTIAL, subscriptions=subscribed(allows_api_key=False))

    assert with_key(consumer).problem["code"] == "key-not-allowed"
    assert with_token(consumer, a_budget(), a_reply()).reply.status == 200


def test_a_token_without_the_scope_is_told_which_one_it_needs():
    played = with_token(a_consumer(), method="POST", token=a_token(scopes=("weather:read", "snow:write")))

    assert (played.reply.status, played.problem["code"]) == (403, "insufficient-scope")
    field = played.reply.headers.get("WWW-Authenticate")
    assert 'error="insufficient_scope"' in field
    assert 'scope="weather:write"' in field


def test_a_key_needs_no_scope():
    assert with_key(a_consumer(key=CREDENTIAL), a_budget(), a_reply()).reply.status == 200


def test_the_missing_subscription_is_told_before_the_missing_scope():
    assert with_token(a_consumer(subscriptions={}), token=a_token(scopes=())).problem["code"] == "not-subscribed"
