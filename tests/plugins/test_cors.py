from dataclasses import replace

import pytest

from gateway.pipeline.decision import decide
from gateway.pipeline.refusals import UPSTREAM_UNREACHABLE, Failure
from gateway.plugin import Headers, Registry
from plugins import BUILT_IN, Cors
from tests.builders import a_bearer_call, a_budget, a_call, a_consumer, a_reply, a_snapshot
from tests.replay import replay

REGISTRY = Registry(BUILT_IN)
PAGE = "https://page.example.ca"
ORIGIN = ("Origin", PAGE)
ASKS = ("Access-Control-Request-Method", "POST")
CONFIG = {"origins": [PAGE, "http://localhost:3000"]}


def play(call, *answers, config=CONFIG, **others):
    bindings = REGISTRY.bind({"cors": config, **others})
    return replay(decide(call, a_snapshot(plugins=bindings)), answers)


def a_preflight(path="/api/weather/v1/stations", origin=PAGE):
    fields = (("Origin", origin), ASKS, ("Access-Control-Request-Headers", "authorization"))
    return a_call(path, method="OPTIONS", fields=fields)


def told(played):
    return {name.lower(): value for name, value in played.reply.headers if name.lower().startswith("access-control-")}


# --- preflights


@pytest.mark.parametrize("path", ["/api/weather/v1/stations", "/api/weather/v1/stations/9", "/api/weather/v1/none"])
def test_a_preflight_is_answered_before_authentication_and_counted_against_no_plan(path):
    played = play(a_preflight(path))

    assert (played.reply.status, played.asked) == (204, ["Record"])
    assert told(played) == {
        "access-control-allow-origin": PAGE,
        "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
        "access-control-allow-headers": "Authorization, X-API-Key, Content-Type, Accept-Language",
        "access-control-max-age": "600",
    }
    assert played.reply.headers.all("Vary") == ("Origin",)
    assert "RateLimit" not in played.reply.headers


def test_a_preflight_is_recorded_with_its_api_and_is_no_refusal():
    event = play(a_preflight()).event

    assert (event.method, event.status, event.refusal) == ("OPTIONS", 204, "")
    assert (event.api_id, event.version_id, event.subscription_id) == ("api_weather", "ver_1", "")


def test_a_preflight_of_another_origin_is_allowed_nothing():
    played = play(a_preflight(origin="https://other.example"))

    assert (played.reply.status, told(played), played.reply.headers.get("Vary")) == (204, {}, "Origin")


@pytest.mark.parametrize("fields", [(ORIGIN,), (ASKS,), ()])
def test_options_that_is_no_preflight_is_a_call_like_any_other(fields):
    assert play(a_call(method="OPTIONS", fields=fields)).reply.status == 405


def test_without_the_plugin_nothing_answers_a_preflight():
    assert replay(decide(a_preflight(), a_snapshot())).reply.status == 405


def test_a_preflight_is_answered_while_the_api_is_being_worked_on_so_that_its_page_can_read_that():
    maintenance = {"until": "2100-01-01T00:00:00Z"}

    assert play(a_preflight(), maintenance=maintenance).reply.status == 204
    refused = play(a_call(fields=(ORIGIN,)), maintenance=maintenance)
    assert (refused.reply.status, told(refused)["access-control-allow-origin"]) == (503, PAGE)


# --- answers


@pytest.mark.parametrize(
    ("call", "answers", "status"),
    [
        (a_bearer_call(fields=(ORIGIN,)), [a_consumer(), a_budget(), a_reply()], 200),
        (a_bearer_call(fields=(ORIGIN,)), [a_consumer(), a_budget(), a_reply(404)], 404),
        (a_call(fields=(ORIGIN,)), [], 401),
        (a_bearer_call(fields=(ORIGIN,)), [a_consumer(subscriptions={})], 403),
        (a_bearer_call(fields=(ORIGIN,)), [a_consumer(), a_budget(0, 0, admitted=False)], 429),
        (a_call("/api/weather/v1/none", fields=(ORIGIN,)), [], 404),
        (a_call(method="PUT", fields=(ORIGIN,)), [], 405),
        (a_bearer_call(fields=(ORIGIN,)), [a_consumer(), a_budget(), Failure(UPSTREAM_UNREACHABLE)], 502),
    ],
)
def test_every_answer_to_an_allowed_origin_may_be_read_by_its_page(call, answers, status):
    played = play(call, *answers)

    assert (played.reply.status, told(played)["access-control-allow-origin"]) == (status, PAGE)
    assert "Origin" in played.reply.headers.all("Vary")
    exposed = told(played)["access-control-expose-headers"].lower().split(", ")
    assert {"x-request-id", "ratelimit", "ratelimit-policy", "x-ratelimit-remaining", "retry-after"} <= set(exposed)


@pytest.mark.parametrize("fields", [(("Origin", "https://other.example"),), (("Origin", "null"),), ()])
def test_nobody_else_is_told_anything_but_caches_are_warned(fields):
    played = play(a_bearer_call(fields=fields), a_consumer(), a_budget(), a_reply())

    assert (told(played), played.reply.headers.all("Vary")) == ({}, ("Origin",))


def test_what_the_service_says_about_origins_is_replaced():
    theirs = (("Access-Control-Allow-Origin", "*"), ("access-control-allow-credentials", "true"), ("Vary", "Accept"))

    played = play(a_bearer_call(fields=(ORIGIN,)), a_consumer(), a_budget(), a_reply(fields=theirs))

    assert played.reply.headers.all("Access-Control-Allow-Origin") == (PAGE,)
    assert "access-control-allow-credentials" not in told(played)
    assert played.reply.headers.all("Vary") == ("Accept", "Origin")


def test_every_origin_may_be_allowed_and_caches_need_not_care():
    config = {"origins": ["*"]}
    played = play(a_bearer_call(), a_consumer(), a_budget(), a_reply(), config=config)

    assert (told(played)["access-control-allow-origin"], "Vary" in played.reply.headers) == ("*", False)
    assert told(play(a_preflight(), config=config))["access-control-allow-origin"] == "*"


def test_credentials_are_allowed_to_named_origins():
    config = CONFIG | {"credentials": True}
    preflight, answer = play(a_preflight(), config=config), play(a_call(fields=(ORIGIN,)), config=config)

    assert [told(each)["access-control-allow-credentials"] for each in (preflight, answer)] == ["true", "true"]


def test_methods_fields_and_age_are_told_as_they_were_set():
    config = CONFIG | {"methods": ["GET"], "headers": ["X-Own"], "exposed": ["ETag"], "max_age": 0}
    preflight, answer = play(a_preflight(), config=config), play(a_call(fields=(ORIGIN,)), config=config)

    assert told(preflight)["access-control-allow-methods"] == "GET"
    assert told(preflight)["access-control-allow-headers"] == "X-Own"
    assert told(preflight)["access-control-max-age"] == "0"
    assert told(answer)["access-control-expose-headers"].endswith(", ETag")


# --- settings


@pytest.mark.parametrize(
    ("config", "setting"),
    [
        ({}, "origins"),
        ({"origins": []}, "origins"),
        ({"origins": ["*", PAGE]}, "origins"),
        ({"origins": ["*"], "credentials": True}, "credentials"),
        ({"origins": ["example.ca"]}, "origins"),
        ({"origins": ["https://example.ca/"]}, "origins"),
        ({"origins": ["https://example.ca/page"]}, "origins"),
        ({"origins": ["https://*.example.ca"]}, "origins"),
        ({"origins": ["https://example.ca:443"]}, "origins"),
        ({"origins": ["http://example.ca:80"]}, "origins"),
        ({"origins": ["null"]}, "origins"),
        ({"origins": ["https://example.ca\r\nX: y"]}, "origins"),
        ({"origins": [PAGE], "methods": ["GET, POST"]}, "methods"),
        ({"origins": [PAGE], "headers": ["X\r\nY"]}, "headers"),
        ({"origins": [PAGE], "exposed": ["X Y"]}, "exposed"),
        ({"origins": [PAGE], "max_age": -1}, "max_age"),
    ],
)
def test_what_would_not_work_is_refused_when_it_is_set(config, setting):
    assert list(REGISTRY.faults("cors", config)) == [setting]


@pytest.mark.parametrize(
    "origin", ["https://example.ca", "HTTPS://Example.CA", "http://localhost:3000", "https://[2001:db8::1]:8443",
               "capacitor://localhost", "http://example.ca:443"],
)  # fmt: skip
def test_origins_are_those_that_browsers_write(origin):
    assert REGISTRY.load("cors", {"origins": [origin]})["origins"] == {origin.lower()}


def test_an_answer_is_changed_in_no_other_way():
    config = Registry([Cors()]).load("cors", CONFIG)
    reply = replace(a_reply(), headers=Headers((("ETag", '"1"'), ("ETag", '"2"'))))

    departed = Cors().on_departure(a_call(fields=(ORIGIN,)), reply, config)

    assert departed.headers.pairs[:2] == reply.headers.pairs
    assert (departed.status, departed.body) == (reply.status, reply.body)
