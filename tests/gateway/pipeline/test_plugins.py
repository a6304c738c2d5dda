from dataclasses import replace

from gateway.pipeline.decision import decide
from gateway.pipeline.effects import Send
from gateway.plugin import Binding, Headers, Plugin, Problem, Reply, Words
from tests.builders import a_bearer_call, a_budget, a_consumer, a_reply, a_snapshot
from tests.replay import replay

WORDS = Words("No {luck}", "Pas de {chance}")
PROBLEM = Problem("no-luck", 418, WORDS, WORDS, members={"luck": 0}, headers=Headers((("Retry-After", "9"),)))


class Signing(Plugin):
    name = "signing"

    def on_call(self, call, config):
        return replace(call, headers=call.headers.plus(("X-Seen", config["by"])))

    def on_reply(self, call, reply, config):
        return replace(reply, headers=reply.headers.plus(("X-Seen", config["by"])))


class Answering(Plugin):
    name = "answering"

    def on_call(self, call, config):
        return config["answer"]


FIRST, SECOND = Binding(Signing(), {"by": "first"}), Binding(Signing(), {"by": "second"})


def play(*plugins, answers=()):
    return replay(decide(a_bearer_call(), a_snapshot(plugins=plugins)), [a_consumer(), a_budget(), *answers])


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
