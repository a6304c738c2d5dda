from typing import Any

import http_sf
import pytest

from gateway.domain.plans import Budget, Left, Window
from gateway.pipeline.decision import decide
from gateway.pipeline.effects import Spend
from gateway.pipeline.limits import PERIOD_WORDS, rate_limit_fields
from gateway.pipeline.refusals import LEDGER_AWAY, Failure
from tests.builders import API, DAY, MINUTE, a_bearer_call, a_budget, a_consumer, a_reply, a_snapshot, a_subscription
from tests.replay import replay


def play(*answers, **given):
    return replay(decide(a_bearer_call(**given), a_snapshot()), [a_consumer(), *answers])


def members(value):
    parsed: Any = http_sf.parse(value.encode(), tltype="list")
    return [(str(item), dict(parameters)) for item, parameters in parsed]


def test_a_call_spends_all_windows_of_its_subscription():
    played = play(a_budget(), a_reply())

    assert played.effects[1] == Spend(a_subscription().subscription_id, (MINUTE, DAY))


def test_a_reply_tells_what_is_left_as_structured_fields():
    headers = play(a_budget(59, 998), a_reply()).reply.headers

    assert members(headers.get("RateLimit-Policy")) == [
        ("minute", {"q": 60, "w": 60}),
        ("day", {"q": 1000, "w": 86400}),
    ]
    assert members(headers.get("RateLimit")) == [("minute", {"r": 59, "t": 20}), ("day", {"r": 998, "t": 40000})]
    assert [headers.get(f"X-RateLimit-{name}") for name in ("Limit", "Remaining", "Reset")] == ["60", "59", "20"]


def test_the_window_with_the_fewest_calls_left_comes_first():
    headers = play(a_budget(30, 3), a_reply()).reply.headers

    assert [name for name, _ in members(headers.get("RateLimit"))] == ["day", "minute"]
    assert headers.get("X-RateLimit-Remaining") == "3"


def test_a_services_own_fields_do_not_contradict_ours():
    reply = a_reply(fields=(("X-RateLimit-Limit", "5"), ("ratelimit", '"x";r=1')))

    headers = play(a_budget(), reply).reply.headers

    assert headers.all("X-RateLimit-Limit") == ("60",)
    assert len(headers.all("RateLimit")) == 1


def test_a_spent_window_refuses_before_anything_is_sent():
    played = play(a_budget(0, 40, admitted=False))

    assert played.reply.status == 429
    assert played.asked == ["FindApplication", "Spend", "Record"]
    assert played.problem["violated-policies"] == ["minute"]
    assert played.reply.headers.get("Retry-After") == "20"
    assert ("minute", {"r": 0, "t": 20}) in members(played.reply.headers.get("RateLimit"))


def test_retry_after_names_the_last_of_the_spent_windows():
    played = play(a_budget(0, 0, admitted=False))

    assert played.reply.headers.get("Retry-After") == "40000"
    assert played.problem["violated-policies"] == ["minute", "day"]
    assert "1000 calls per day" in played.problem["detail"]


@pytest.mark.parametrize("period", PERIOD_WORDS)
def test_every_period_is_told_in_both_languages(period):
    window = Window(period, 7)

    played = play(Budget(False, (Left(window, 0, 9),)), language=None)

    assert f"7 calls per {PERIOD_WORDS[period].en}" in played.problem["en"]["detail"]
    assert f"7 appels par {PERIOD_WORDS[period].fr}" in played.problem["fr"]["detail"]


def test_a_plan_without_windows_asks_the_ledger_nothing():
    consumer = a_consumer(subscriptions={API: a_subscription(windows=())})

    played = replay(decide(a_bearer_call(), a_snapshot()), [consumer, a_reply()])

    assert played.asked == ["FindApplication", "Send", "Record"]
    assert "RateLimit" not in played.reply.headers


def test_a_ledger_that_is_away_lets_no_call_pass():
    played = play(Failure(LEDGER_AWAY))

    assert (played.reply.status, played.problem["code"]) == (503, "ledger-away")


def test_nothing_counted_is_nothing_told():
    assert list(rate_limit_fields(Budget(True, ()))) == []
