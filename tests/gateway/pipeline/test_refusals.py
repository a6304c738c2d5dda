import re
import string
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.lifecycle import ApplicationState, SubscriptionState, VersionState
from gateway.domain.plans import Budget, Left, Stay, Window
from gateway.http.messages import Call
from gateway.pipeline import refusals
from gateway.pipeline.decision import decide
from gateway.pipeline.refusals import (
    BY_CODE,
    CLIENT_LEFT,
    FAILURES,
    INTERNAL,
    LEDGER_AWAY,
    MALFORMED,
    OVERLOADED,
    RATIONED,
    STORE_AWAY,
    TABLE,
    UPSTREAM_BROKEN,
    UPSTREAM_RESTING,
    UPSTREAM_TIMEOUT,
    UPSTREAM_UNREACHABLE,
    Failure,
    Refusal,
    too_large,
)
from gateway.plugin import Binding, Plugin, Registry
from tests.builders import (
    API,
    CREDENTIAL,
    ISSUER,
    NOW,
    a_bearer_call,
    a_budget,
    a_call,
    a_consumer,
    a_reply,
    a_snapshot,
    a_subscription,
    a_token,
    a_version,
    an_api_key,
)
from tests.house.sources import ROOT
from tests.replay import Full, replay


def a_key_call():
    return a_call(fields=(("X-API-Key", an_api_key()),))


def subscribed(**given):
    return a_consumer(key=CREDENTIAL, subscriptions={API: a_subscription(**given)})


class Failing(Plugin):
    name = "failing"

    def on_call(self, call, config):
        raise ZeroDivisionError


class Reading(Plugin):
    name = "reading"
    needs_body = 10

    def on_reply(self, call, reply, config):
        return reply


RETIRED = a_snapshot(a_version(state=VersionState.RETIRED))
SNAPSHOTS = {
    "retired-version": RETIRED,
    "plugin-missing": a_snapshot(plugins=Registry([]).bind({"gone": {}})),
    "plugin-failed": a_snapshot(plugins=[Binding(Failing(), {})]),
    "reply-too-long": a_snapshot(plugins=[Binding(Reading(), {})]),
}
CAP = Window("minute", 500, per="api")
ADMITTED = [a_consumer(), a_budget()]
FIVE = Window("call", 5, "concurrency")

WAYS: dict[str, tuple[Call, list[Any]]] = {
    "client-left": (a_bearer_call(), [*ADMITTED, Refusal(CLIENT_LEFT)]),
    "ambiguous-path": (a_call("/api/weather/v1/.."), []),
    "unknown-api": (a_call("/api/x/v1/y"), []),
    "retired-version": (a_call(), []),
    "undeclared-path": (a_call("/api/weather/v1/x"), []),
    "undeclared-method": (a_call(method="PUT"), []),
    "loop-detected": (a_call(fields=(("Via", f"1.1 {RETIRED.pseudonym}"),)), []),
    "no-credentials": (a_call(), []),
    "two-credentials": (a_bearer_call(fields=(("X-API-Key", "x"),)), []),
    "key-in-url": (a_call(query="api_key=x"), []),
    "invalid-token": (a_bearer_call(token="x"), []),
    "expired-token": (a_bearer_call(token=a_token(expires_at=int(NOW))), []),
    "wrong-audience": (a_bearer_call(token=a_token(audience=(ISSUER,))), []),
    "insufficient-scope": (a_bearer_call(token=a_token(scopes=())), [a_consumer()]),
    "invalid-key": (a_key_call(), [None]),
    "credential-ended": (a_bearer_call(), [None]),
    "application-suspended": (a_bearer_call(), [a_consumer(state=ApplicationState.SUSPENDED)]),
    "not-subscribed": (a_bearer_call(), [a_consumer(subscriptions={})]),
    "subscription-suspended": (a_bearer_call(), [subscribed(state=SubscriptionState.SUSPENDED)]),
    "key-not-allowed": (a_key_call(), [subscribed(allows_api_key=False)]),
    "quota-spent": (a_bearer_call(), [a_consumer(), a_budget(0, 0, admitted=False)]),
    "api-quota-spent": (a_bearer_call(), [a_consumer(), a_budget(0, windows=(CAP,), admitted=False)]),
    "too-many-at-once": (a_bearer_call(), [subscribed(windows=(FIVE,)), Stay(Budget(False, (Left(FIVE, 0, 0),)))]),
    "upstream-unreachable": (a_bearer_call(), [*ADMITTED, Failure(UPSTREAM_UNREACHABLE)]),
    "upstream-broken": (a_bearer_call(), [*ADMITTED, Failure(UPSTREAM_BROKEN)]),
    "api-too-busy": (a_call(), [Full()]),
    "upstream-resting": (a_bearer_call(), [*ADMITTED, Failure(UPSTREAM_RESTING, seconds=1)]),
    "upstream-timeout": (a_bearer_call(), [*ADMITTED, Failure(UPSTREAM_TIMEOUT, seconds="30")]),
    "plugin-missing": (a_bearer_call(), []),
    "plugin-failed": (a_bearer_call(), [*ADMITTED, None]),
    "reply-too-long": (a_bearer_call(), [*ADMITTED, a_reply(content=b"x" * 11)]),
    "body-too-large": (a_bearer_call(), [*ADMITTED, too_large(10)]),
    "ledger-away": (a_bearer_call(), [a_consumer(), Failure(LEDGER_AWAY)]),
    "calls-rationed": (a_bearer_call(), [a_consumer(), Failure(RATIONED)]),
    "store-away": (a_bearer_call(), [Failure(STORE_AWAY)]),
}
"""A way into every row that a decision can reach."""


@pytest.mark.parametrize("code", WAYS)
@pytest.mark.parametrize("language", ["en", "fr", None])
def test_every_row_is_reached_and_told_in_the_callers_language(code, language):
    call, answers = WAYS[code]
    snapshot = SNAPSHOTS.get(code) or a_snapshot()

    played = replay(decide(_in(call, language), snapshot), answers)

    row = BY_CODE[code]
    assert (played.problem["code"], played.reply.status, played.event.refusal) == (code, row.status, code)
    assert played.problem["type"] == f"{ISSUER}/errors/{code}"
    assert played.problem["instance"] == "req_TEST"
    assert row.title.of(language or "fr") in played.problem["title"]
    assert not re.search(r"[{}]", played.problem["detail"])


def test_the_only_rows_that_a_decision_cannot_reach_are_the_transports_own():
    assert {row.code for row in TABLE} - set(WAYS) == {
        MALFORMED.code,
        INTERNAL.code,
        "address-too-long",
        "fields-too-large",
        "unknown-expectation",
        "unknown-http-version",
        "request-too-slow",
        "overloaded",
    }  # tests/gateway/transport has these


def test_codes_are_unique_and_addresses_of_pages():
    assert len(BY_CODE) == len(TABLE)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", row.code) for row in TABLE)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.code)
def test_french_is_set_as_french_is(row):
    for words in (row.title, row.detail, row.remedy):
        assert not re.search(r"[^\u00a0][:»]|«[^\u00a0]| [;!?]", words.fr), words.fr
        assert "'" not in words.fr


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.code)
def test_both_languages_are_filled_from_the_same_facts(row):
    def names(text):
        return {re.sub("_(en|fr)$", "", name) for _, name, _, _ in string.Formatter().parse(text) if name}

    assert names(row.detail.en) == names(row.detail.fr)


def _in(call, language):
    return replace(call, language=language)


def test_whatever_is_raised_as_a_failure_is_counted_as_one_and_nothing_else_is():
    sources = "\n".join(path.read_text() for path in sorted((ROOT / "gateway").rglob("*.py")))
    raised = {name: set(re.findall(rf"\b{name}\(([A-Z_]{{3,}})", sources)) for name in ("Failure", "Refusal")}

    codes = {name: {getattr(refusals, row).code for row in rows} for name, rows in raised.items()}

    assert len(codes["Failure"]) >= 5
    assert codes["Failure"] <= FAILURES
    assert codes["Refusal"] & FAILURES == {OVERLOADED.code}
