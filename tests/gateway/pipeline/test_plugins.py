from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.lifecycle import VersionState
from gateway.pipeline.decision import decide
from gateway.pipeline.effects import Ask, Complain, Gather, Send
from gateway.pipeline.refusals import CLIENT_LEFT, Refusal
from gateway.plugin import Binding, Body, Call, Headers, Plugin, Problem, Reply, Words
from tests.builders import a_bearer_call, a_budget, a_call, a_consumer, a_reply, a_snapshot, a_version
from tests.replay import replay

WORDS = Words("No {luck}", "Pas de {chance}")
PROBLEM = Problem("no-luck", 418, WORDS, WORDS, members={"luck": 0}, headers=Headers((("Retry-After", "9"),)))


class Signing(Plugin):
    name = "signing"

    def on_call(self, call, config):
        return replace(call, headers=call.headers.plus(("X-Seen", config["by"])))

    def on_reply(self, call, reply, config):
        return replace(reply, headers=reply.headers.plus(("X-Seen", config["by"])))


class Marking(Plugin):
    """Marks every answer that leaves."""

    name = "marking"

    def on_departure(self, call, reply, config):
        return replace(reply, headers=reply.headers.plus(("X-Mark", config.get("by", "mark"))))


class Doorman(Plugin):
    """Answers before anybody asks who calls."""

    name = "doorman"

    def on_arrival(self, call, config):
        return config.get("answer", call)


class Failing(Plugin):
    """Does in one hook what no hook may."""

    name = "failing"

    def __init__(self, hook, does):
        setattr(type(self), hook, lambda *_: does())


def failing(hook, does):
    return Binding(type("Failing", (Failing,), {})(hook, does), {})


class Chunks:
    """A body on its way, that knows whether it was closed."""

    def __init__(self):
        self.closed = False

    def __iter__(self):
        raise AssertionError("nobody reads this")

    def close(self):
        self.closed = True


class Answering(Plugin):
    name = "answering"

    def on_call(self, call, config):
        return config["answer"]


FIRST, SECOND = Binding(Signing(), {"by": "first"}), Binding(Signing(), {"by": "second"})


def play(*plugins, answers=(), call=None):
    snapshot = a_snapshot(plugins=plugins)
    return replay(decide(call or a_bearer_call(), snapshot), [a_consumer(), a_budget(), *answers])


def test_plugins_run_in_order_and_back_in_reverse():
    played = play(FIRST, SECOND, answers=[a_reply()])

    request = next(effect for effect in played.effects if isinstance(effect, Send))
    assert request.headers.all("X-Seen") == ("first", "second")
    assert played.reply.headers.all("X-Seen") == ("second", "first")


def test_a_reply_ends_the_asking_and_passes_the_way_back():
    played = play(FIRST, Binding(Answering(), {"answer": Reply(204)}), SECOND)

    assert played.reply.status == 204
    assert played.asked == ["FindApplication", "Spend", "Record"]
    assert played.reply.headers.get("X-Request-Id") == "req_TEST"


def test_a_problem_leaves_and_is_counted_like_any_refusal():
    played = play(Binding(Answering(), {"answer": PROBLEM}))

    assert played.reply.status == 418
    assert played.problem["detail"] == "No {luck}"
    assert played.problem["instance"] == "req_TEST"
    assert played.problem["luck"] == 0
    assert played.reply.headers.get("Retry-After") == "9"
    assert played.event.refusal == "no-luck"


# --- before anybody asks who calls


def test_an_answer_on_arrival_asks_nobody_and_is_recorded():
    played = replay(decide(a_call(), a_snapshot(plugins=[Binding(Doorman(), {"answer": Reply(204)}), FIRST])))

    assert (played.reply.status, played.asked) == (204, ["Record"])
    assert played.reply.headers.all("X-Seen") == ()
    assert (played.event.refusal, played.event.operation, played.event.api_id) == ("", "GET /stations", "api_weather")


def test_what_an_arrival_changes_is_what_the_service_gets():
    class Renaming(Plugin):
        name = "renaming"

        def on_arrival(self, call, config):
            return replace(call, headers=call.headers.plus(("X-Arrived", "yes")))

    played = play(Binding(Renaming(), {}), answers=[a_reply()])

    assert next(effect for effect in played.effects if isinstance(effect, Send)).headers.get("X-Arrived") == "yes"


@pytest.mark.parametrize("call", [a_call(method="PUT"), a_call("/api/weather/v1/elsewhere")], ids=["method", "path"])
@pytest.mark.parametrize(("answer", "status", "refusal"), [(Reply(204), 204, ""), (PROBLEM, 418, "no-luck")])
def test_where_only_the_api_is_known_its_plugins_answer_first(call, answer, status, refusal):
    snapshot = a_snapshot(plugins=[Binding(Doorman(), {"answer": answer}), Binding(Marking(), {})])

    played = replay(decide(call, snapshot))

    assert (played.reply.status, played.reply.headers.get("X-Mark")) == (status, "mark")
    assert (played.event.refusal, played.event.version_id, played.event.operation) == (refusal, "ver_1", "")


def test_a_plugin_that_has_nothing_to_say_leaves_the_refusal_as_it_is():
    played = replay(decide(a_call(method="PUT"), a_snapshot(plugins=[Binding(Doorman(), {})])))

    assert (played.reply.status, played.event.version_id) == (405, "ver_1")


# --- before any answer leaves


@pytest.mark.parametrize(
    ("call", "answers", "status"),
    [
        (a_bearer_call(), [a_consumer(), a_budget(), a_reply()], 200),
        (a_call(), [], 401),
        (a_bearer_call(), [a_consumer(subscriptions={})], 403),
        (a_bearer_call(), [a_consumer(), a_budget(0, 0, admitted=False)], 429),
        (a_call("/api/weather/v1/elsewhere"), [], 404),
    ],
)
def test_every_answer_passes_the_departures_last_plugin_first(call, answers, status):
    marks = [Binding(Marking(), {"by": "first"}), Binding(Marking(), {"by": "second"})]

    played = replay(decide(call, a_snapshot(plugins=marks)), answers)

    assert (played.reply.status, played.reply.headers.all("X-Mark")) == (status, ("second", "first"))


def test_the_answers_of_a_retired_version_too():
    retired = a_snapshot(a_version(state=VersionState.RETIRED, plugins=(Binding(Marking(), {}),)))

    played = replay(decide(a_call(), retired))

    assert (played.reply.status, played.reply.headers.get("X-Mark")) == (410, "mark")


# --- a plugin that fails


def raising():
    raise ZeroDivisionError("the secret reason")


def leaving():
    raise SystemExit(1)


@pytest.mark.parametrize("hook", ["on_arrival", "on_call", "on_reply", "on_departure"])
@pytest.mark.parametrize(
    "does",
    [
        raising,
        leaving,
        lambda: None,
        lambda: Reply(99),
        lambda: Reply(200, {"X": "y"}),  # type: ignore[arg-type] # what a plugin may do
        lambda: Reply(200, Headers(), b"bytes"),  # type: ignore[arg-type] # the same
    ],
    ids=["raises", "leaves", "gives nothing", "no status", "no headers", "no body"],
)
def test_a_plugin_that_fails_is_a_problem_counted_as_such_and_the_operator_is_told(hook, does):
    answers: dict[str, list[Any]] = {"on_arrival": [None], "on_call": [a_consumer(), a_budget(), None]}
    late = [a_consumer(), a_budget(), a_reply(), None]

    played = replay(decide(a_bearer_call(), a_snapshot(plugins=[failing(hook, does)])), answers.get(hook, late))

    assert (played.reply.status, played.problem["code"]) == (500, "plugin-failed")
    assert (played.problem["instance"], played.event.refusal) == ("req_TEST", "plugin-failed")
    assert played.reply.headers.get("X-Request-Id") == "req_TEST"
    told = next(effect for effect in played.effects if isinstance(effect, Complain))
    assert (told.plugin, told.request_id) == ("failing", "req_TEST")
    assert "secret" not in str(played.problem)


def test_a_call_given_back_on_the_way_out_is_a_failure_too():
    played = play(failing("on_reply", a_call), answers=[a_reply(), None])

    assert played.problem["code"] == "plugin-failed"


def test_a_plugin_that_fails_at_the_door_keeps_no_other_from_its_turn():
    plugins = [Binding(Marking(), {}), failing("on_departure", raising)]

    played = play(*plugins, answers=[a_reply(), None])

    assert (played.reply.status, played.reply.headers.get("X-Mark")) == (500, "mark")


@pytest.mark.parametrize("hook", ["on_reply", "on_departure"])
@pytest.mark.parametrize("does", [raising, lambda: Reply(200, body=Body.of(b"mine"))], ids=["failed", "replaced"])
def test_the_body_of_a_reply_that_was_put_aside_is_closed(hook, does):
    chunks = Chunks()
    play(failing(hook, does), answers=[Reply(200, body=Body(chunks)), *([None] if does is raising else [])])

    assert chunks.closed


def test_a_body_that_takes_anothers_place_brings_its_own_length():
    plugin = failing("on_reply", lambda: Reply(200, Headers((("Content-Length", "11"),)), Body.of(b"mine")))

    played = play(plugin, answers=[a_reply(fields=(("Content-Length", "11"),))])

    assert (played.reply.body.length, played.reply.headers.all("Content-Length")) == (4, ())


# --- a plugin that waits


class Waiting(Signing):
    name = "waiting"
    blocking = True


def test_hooks_that_wait_are_asked_for_and_the_others_are_not():
    call, reply = a_bearer_call(), a_reply()
    played = play(Binding(Waiting(), {"by": "w"}), FIRST, answers=[call, a_reply(), reply])

    assert played.asked == ["FindApplication", "Spend", "Ask", "Send", "Ask", "Record"]


def test_the_work_that_is_asked_for_never_raises():
    plugin = failing("on_call", raising)
    type(plugin.plugin).blocking = True
    decision = decide(a_bearer_call(), a_snapshot(plugins=[plugin]))
    effects = [decision.send(None), decision.send(None), decision.send(a_consumer()), decision.send(a_budget())]
    asked = effects[-1]
    assert isinstance(asked, Ask)

    told = decision.send(asked.work())

    assert isinstance(told, Complain)
    assert isinstance(told.error, ZeroDivisionError)


# --- a plugin that reads bodies


class Reading(Plugin):
    """Turns what it reads round."""

    name = "reading"
    needs_body = 10

    def on_call(self, call, config):
        return replace(call, body=call.body and Body.of(call.body.content[::-1]))

    def on_reply(self, call, reply, config):
        return replace(reply, body=Body.of(reply.body.content[::-1]))


READING = Binding(Reading(), {})


def a_post(body):
    return a_bearer_call(method="POST", body=body)


def test_bodies_are_collected_before_the_hooks_see_them():
    on_its_way = Reply(200, body=Body(Chunks()))
    call = a_post(Body(Chunks(), 5))

    played = play(READING, call=call, answers=[b"hello", on_its_way, b"reply"])

    sent = next(effect for effect in played.effects if isinstance(effect, Send))
    assert sent.body == Body.of(b"olleh")
    assert played.reply.body == Body.of(b"ylper")
    assert [effect.most for effect in played.effects if isinstance(effect, Gather)] == [10, 10]


@pytest.mark.parametrize("body", [None, Body((), 0)])
def test_where_there_is_no_body_nothing_is_collected(body):
    played = play(READING, call=a_post(body), answers=[Reply(204)])

    assert "Gather" not in played.asked


def test_an_announced_length_beyond_the_bound_is_refused_before_anything_is_read():
    chunks = Chunks()
    longer = play(READING, call=a_post(Body(Chunks(), 11)))
    answered = play(READING, answers=[Reply(200, body=Body(chunks, 11))])

    assert (longer.reply.status, longer.problem["max-bytes"], longer.asked[-1]) == (413, 10, "Record")
    assert (answered.reply.status, answered.event.refusal) == (502, "reply-too-long")
    assert chunks.closed


def test_what_is_raised_for_a_body_that_grows_too_long_is_said_beforehand():
    played = play(READING, call=a_post(Body(Chunks())), answers=[b"", Reply(200, body=Body(Chunks())), b""])
    gathered = [effect for effect in played.effects if isinstance(effect, Gather)]

    assert [each.beyond.row.code for each in gathered] == ["body-too-large", "reply-too-long"]


def test_a_client_that_leaves_while_its_body_is_collected_was_not_served():
    played = play(READING, call=a_post(Body(Chunks())), answers=[Refusal(CLIENT_LEFT)])

    assert (played.event.refusal, "Send" in played.asked) == ("client-left", False)


def test_a_body_that_is_on_its_way_cannot_be_read():
    with pytest.raises(TypeError, match="needs_body"):
        _ = Body(Chunks()).content


def test_a_call_is_told_as_it_arrived_to_whoever_sees_it_off():
    seen: list[Call] = []

    class Stripping(Plugin):
        name = "stripping"

        def on_arrival(self, call, config):
            return replace(call, headers=call.headers.without(frozenset({"origin"})))

        def on_departure(self, call, reply, config):
            seen.append(call)
            return reply

    play(Binding(Stripping(), {}), call=a_bearer_call(fields=(("Origin", "https://a.ca"),)), answers=[a_reply()])

    assert [call.headers.get("Origin") for call in seen] == ["https://a.ca"]
