"""The decision meets the world: one effect at a time, in the order in which it asks."""

from collections.abc import Callable
from typing import Any

from gateway.http.messages import Reply
from gateway.pipeline.decision import Decision
from gateway.pipeline.effects import Effect
from gateway.pipeline.refusals import Refused


def run(decision: Decision, perform: Callable[[Effect], Any]) -> Reply:
    """Drive a decision to its reply. What was refused outside goes back in at its `yield`; bugs pass through."""
    resume: Callable[[Any], Effect] = decision.send
    value: Any = None
    while True:
        try:
            effect = resume(value)
        except StopIteration as done:
            reply: Reply = done.value
            return reply
        try:
            resume, value = decision.send, perform(effect)
        except Refused as refused:  # a dead upstream, a silent ledger, or a body that a plugin stopped halfway
            resume, value = decision.throw, refused
