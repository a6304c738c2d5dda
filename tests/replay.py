"""Plays a decision against a list of answers: no world, no waiting (mitmproxy's Playbook, in thirty lines)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.http.messages import Reply
from gateway.pipeline.decision import Decision
from gateway.pipeline.drivers import run
from gateway.pipeline.effects import Approach, Effect, Record, UsageEvent
from gateway.pipeline.refusals import API_TOO_BUSY, Failure, Refused


@dataclass(frozen=True)
class Played:
    effects: list[Effect]
    reply: Reply

    @property
    def problem(self) -> dict[str, Any]:
        told: dict[str, Any] = orjson.loads(b"".join(self.reply.body.chunks))
        return told

    @property
    def asked(self) -> list[str]:
        return [type(effect).__name__ for effect in self.effects]

    @property
    def event(self) -> UsageEvent:
        last = self.effects[-1]
        assert isinstance(last, Record)
        return last.event


class Full:
    """The answer to Approach of a service that takes no more calls."""


def replay(decision: Decision, answers: Sequence[Any] = ()) -> Played:
    """Give each effect the next answer (a `Failure` is raised). All answers must be used.

    Record needs none; nor does Approach, unless the first answer is `Full`.
    """
    effects: list[Effect] = []
    left = list(answers)

    def perform(effect: Effect) -> Any:
        if isinstance(effect, Approach) and not (left and isinstance(left[0], Full)):
            return None
        effects.append(effect)
        if isinstance(effect, Record):
            return None
        answer = left.pop(0)
        if isinstance(answer, Full):
            raise Failure(API_TOO_BUSY, seconds=1)
        if isinstance(answer, Refused):
            raise answer
        return answer

    reply = run(decision, perform)
    assert not left, "the decision ended before it asked for everything"
    return Played(effects, reply)
