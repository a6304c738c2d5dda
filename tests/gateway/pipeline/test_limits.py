from dataclasses import replace
from typing import Any

import http_sf
import pytest

from gateway.domain.plans import Budget, Charge, Left, Stay, Window
from gateway.pipeline.authentication import Caller
from gateway.pipeline.decision import decide
from gateway.pipeline.effects import Enter, Spend
from gateway.pipeline.limits import charges_of, places_of, rate_limit_fields
from gateway.pipeline.refusals import LEDGER_AWAY, Failure
from gateway.pipeline.routing import find_route
from gateway.words import Words
from tests.builders import (
    API,
    CREDENTIAL,
    DAY,
    ISSUER,
    MINUTE,
    a_bearer_call,
    a_budget,
    a_call,
    a_consumer,
    a_reply,
    a_snapshot,
    a_subscription,
    a_token,
    a_version,
    what_everybody_has,
)
from tests.replay import replay

WIDE = Words("Wide", "Vaste")


def play(*answers, **given):
    return replay(
        decide(a_bearer_call(**given), a_snapshot()),
        [a_consumer(subscriptions={API: a_subscription(plan_name=WIDE)}), *answers],
    )


def members(value):
    parsed: Any = http_sf.parse(value.encode(), tltype="list")
    return [(str(item), dict(parameters)) for item, parameters in parsed]


def test_a_call_spends_all_windows_of_its_subscription():
    played = play(a_budget(), a_reply())

    assert played.effects[1] == Spend((Charge(a_subscription().subscription_id, (MINUTE, DAY)),))


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
    assert "1000 calls a day" in played.problem["detail"]


def test_a_refusal_names_the_plan_the_window_what_is_used_when_it_resets_and_where_to_ask_for_more():
    played = play(a_budget(0, 40, admitted=False), language=None)

    assert played.problem["plan"] == {"id": "pln_1", "name_en": "Wide", "name_fr": "Vaste"}
    assert played.problem["limits"] == [
        {
            "window": "minute",
            "limit": 60,
            "used": 60,
            "resets-in": 20,
            "resets": "2026-09-21T14:13:40Z",
            "retry-after": 20,
        }
    ]
    assert played.problem["more"] == "https://guichet.example.ca/subscriptions/sub_1/more"
    assert "The limit of the plan “Wide” is 60 calls a minute" in played.problem["en"]["detail"]
    assert "La limite du forfait « Vaste » est de 60 appels par minute" in played.problem["fr"]["detail"]


def test_a_cap_that_is_reached_is_not_blamed_on_the_plan():
    cap = Window("minute", 500, per="api")

    played = play(Budget(False, (Left(MINUTE, 9, 20), Left(cap, 0, 20, 20))), language=None)

    assert (played.reply.status, played.problem["code"]) == (429, "api-quota-spent")
    assert "plan" not in played.problem
    assert "more" not in played.problem
    assert played.problem["violated-policies"] == ["api-minute"]
    assert "500 calls a minute for all callers of the API together" in played.problem["en"]["detail"]


def test_retry_after_is_the_wait_and_not_the_reset():
    rolling = Window("hour", 100, "rolling")

    played = play(Budget(False, (Left(rolling, 2, 3_600, 61), Left(DAY, 5, 40_000))))

    assert played.reply.headers.get("Retry-After") == "61"
    assert played.reply.headers.get("X-RateLimit-Reset") == "3600"
    assert played.problem["violated-policies"] == ["rolling-hour"]


def test_a_rate_tells_its_burst():
    rate = Window("second", 10, "rate", burst=25)

    headers = play(Budget(True, (Left(rate, 24, 1),)), a_reply()).reply.headers

    assert members(headers.get("RateLimit-Policy")) == [("rate-second", {"q": 10, "w": 1, "burst": 25})]
    assert headers.get("X-RateLimit-Limit") == "25"


ROUTE = find_route(a_snapshot(a_version()), a_call())
CALLER = Caller(a_consumer(), "key", None, CREDENTIAL)


def test_a_call_is_charged_to_each_whom_a_limit_is_per():
    key, operation = Window("day", 9, per="credential"), Window("hour", 5, per="operation")
    user = Window("hour", 7, per="user")
    cap = Window("minute", 500, per="api")
    route = find_route(a_snapshot(a_version(caps=(cap,))), a_call())

    charges = charges_of(route, CALLER, a_subscription(windows=(MINUTE, key, user, operation)))

    assert charges == (
        Charge("sub_1", (MINUTE,)),
        Charge("sub_1/crd_one", (key,)),
        Charge("sub_1/user", (user,)),
        Charge("sub_1/GET /stations", (operation,)),
        Charge("api_weather", (cap,)),
    )


def test_each_end_user_is_counted_alone_and_by_no_name():
    windows = (Window("hour", 7, per="user"), Window("call", 2, "concurrency", per="user"))
    subscription = a_subscription(windows=windows)

    def keys(subject):
        caller = Caller(a_consumer(), "token", (), CREDENTIAL, subject)
        found = (*charges_of(ROUTE, caller, subscription), *places_of(ROUTE, caller, subscription))
        return {charge.key for charge in found}

    people = [keys(subject) for subject in ("", "acc_anna", "acc_bo", "GET /stations", "bo@example.ca")]
    assert [len(each) for each in people] == [1] * 5
    assert len(set.union(*people)) == 5
    assert not any(told in key for key in set.union(*people) for told in ("acc_", "@", " "))


def test_the_subject_of_a_token_is_whom_the_limit_counts():
    user = a_subscription(windows=(Window("hour", 7, per="user"),))
    consumer = a_consumer(subscriptions={API: user})
    budget = Budget(True, (Left(user.windows[0], 6, 9),))

    def counted(**given):
        call = a_bearer_call(token=a_token(**given))
        spent = replay(decide(call, a_snapshot()), [consumer, budget, a_reply()]).effects[1]
        assert isinstance(spent, Spend)
        return spent.charges[0].key

    assert counted() == "sub_1/user"
    assert len({counted(subject="acc_anna"), counted(subject="acc_bo"), counted()}) == 3
    assert counted(subject="acc_anna") == counted(subject="acc_anna", token_id="tok_2")


def test_an_operation_costs_what_the_plan_says_and_every_other_one_call():
    dear = a_subscription(costs={"GET /stations": 5})
    other = find_route(a_snapshot(), a_call("/api/weather/v1/stations/7"))

    assert [charge.cost for charge in charges_of(ROUTE, CALLER, dear)] == [5]
    assert [charge.cost for charge in charges_of(other, CALLER, dear)] == [1]


def test_a_plan_that_binds_the_application_alone_costs_nothing_to_work_out():
    subscription = a_subscription()

    assert charges_of(ROUTE, CALLER, subscription) is subscription.usual


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


FIVE = Window("call", 5, "concurrency")
HELD = a_subscription(windows=(MINUTE, FIVE), plan_name=WIDE)


def held(*answers, **given):
    consumer = a_consumer(subscriptions={API: HELD})
    return replay(decide(a_bearer_call(**given), a_snapshot()), [consumer, *answers])


def a_stay(left, *, admitted=True):
    return Stay(Budget(admitted, (Left(FIVE, left, 0),)), ("a place",))


def test_a_place_among_those_under_way_is_taken_before_anything_is_spent():
    played = held(a_stay(3), a_budget(59, windows=(MINUTE,)), a_reply())

    assert played.effects[1:3] == [Enter((Charge("sub_1", (FIVE,)),)), Spend((Charge("sub_1", (MINUTE,)),))]
    assert members(played.reply.headers.get("RateLimit-Policy")) == [
        ("minute", {"q": 60, "w": 60}), ("concurrency", {"q": 5, "qu": "concurrent-requests"}),
    ]  # fmt: skip
    assert members(played.reply.headers.get("RateLimit")) == [("concurrency", {"r": 3}), ("minute", {"r": 59, "t": 20})]
    assert played.reply.headers.get("X-RateLimit-Limit") == "60"


def test_who_finds_no_place_spends_nothing_and_is_told_of_no_wait():
    played = held(a_stay(0, admitted=False), language="en")

    assert (played.reply.status, played.problem["code"]) == (429, "too-many-at-once")
    assert played.asked == ["FindApplication", "Enter", "Record"]
    assert played.reply.headers.get("Retry-After") is None
    assert played.problem["limits"] == [{"window": "concurrency", "limit": 5, "used": 5}]
    assert played.problem["plan"]["name_en"] == "Wide"
    assert "The limit is 5 calls under way at the same time" in played.problem["detail"]


@pytest.mark.parametrize("answer", [a_budget(0, windows=(MINUTE,), admitted=False), Failure(LEDGER_AWAY)])
def test_who_is_refused_by_another_limit_gives_its_place_back(answer):
    assert held(a_stay(3), answer, None).asked == ["FindApplication", "Enter", "Spend", "Leave", "Record"]


def test_a_place_is_taken_of_each_whom_a_limit_is_per():
    key, operation, cap = (Window("call", 2, "concurrency", per=per) for per in ("credential", "operation", "api"))
    route = find_route(a_snapshot(a_version(caps=(cap, Window("minute", 9, per="api")))), a_call())
    subscription = a_subscription(windows=(MINUTE, FIVE, key, operation), resets={"minute": 7})

    assert places_of(route, CALLER, subscription) == (
        Charge("sub_1", (FIVE,)),
        Charge("sub_1/crd_one", (key,)),
        Charge("sub_1/GET /stations", (operation,)),
        Charge("api_weather", (cap,)),
    )
    assert [charge.key for charge in charges_of(route, CALLER, subscription)] == ["sub_1~7", "api_weather"]


OF_EACH = Window("hour", 2, per="address")
OPEN = replace(a_snapshot(a_version(keyless=what_everybody_has(OF_EACH))), address_key=b"secret")


def test_who_calls_without_a_key_is_counted_by_address_under_the_plan_and_by_no_address():
    def key(address):
        answers = [Budget(True, (Left(OF_EACH, 1, 9),)), a_reply()]
        spent = replay(decide(a_call(client_address=address), OPEN), answers).effects[0]
        assert isinstance(spent, Spend)
        (charge,) = spent.charges
        return charge.key

    keys = [key(address) for address in ("203.0.113.7", "203.0.113.8", "2001:db8::1", "2001:db8::2")]

    assert len(set(keys)) == 3
    assert all(each.startswith("pln_open/") and "203.0.113" not in each and ":" not in each for each in keys)


def test_who_called_too_often_without_a_key_is_told_of_the_plan_and_where_there_is_more():
    played = replay(decide(a_call(), OPEN), [Budget(False, (Left(OF_EACH, 0, 1800, 1800),))])

    assert (played.reply.status, played.problem["code"]) == (429, "quota-spent")
    assert played.problem["plan"]["id"] == "pln_open"
    assert played.problem["more"] == f"{ISSUER}/apis/weather/more"
    assert played.problem["violated-policies"] == ["address-hour"]
    assert played.problem["limits"][0]["used"] == 2
    assert played.reply.headers.get("RateLimit-Policy") == '"address-hour";q=2;w=3600'
    assert played.reply.headers.get("Retry-After") == "1800"
    assert "2 calls an hour for each IP address" in played.problem["detail"]


def test_a_call_without_a_key_is_recorded_under_its_plan_and_nobodys_name():
    event = replay(decide(a_call(), OPEN), [Budget(True, (Left(OF_EACH, 1, 9),)), a_reply()]).event

    assert (event.plan_id, event.operation, event.api_id) == ("pln_open", "GET /stations", API)
    assert (event.application_id, event.subscription_id, event.credential_id) == ("", "", "")


def test_a_cap_holds_for_those_without_a_key_as_well():
    cap = Window("minute", 500, per="api")
    route = find_route(a_snapshot(a_version(keyless=what_everybody_has(OF_EACH), caps=(cap,))), a_call())
    nobody = Caller(a_consumer(), "none", None, CREDENTIAL, address="a1")

    assert route.keyless
    assert charges_of(route, nobody, route.keyless) == (Charge("pln_open/a1", (OF_EACH,)), Charge(API, (cap,)))
