"""The hooks of the plugins that the publisher chose, stage by stage; on the way in, the first answer ends the asking.

The law: a plugin that raises, or gives back what no hook may, costs its own call a 500 and nobody else anything; the
operator is told which plugin it was. A `Problem` from a plugin becomes a `Refusal` with the plugin's own row, so that
it leaves, and is counted, like any other. A body that somebody put aside is closed here.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from gateway.http.headers import Headers
from gateway.http.messages import Body, Call, Reply
from gateway.http.problems import Problem, Row
from gateway.pipeline.effects import Ask, Complain, Effect, Gather
from gateway.pipeline.refusals import (
    PLUGIN_FAILED,
    PLUGIN_MISSING,
    REPLY_TOO_LONG,
    Failure,
    Refusal,
    Refused,
    too_large,
)
from gateway.plugin.registry import PluginMissing
from gateway.plugin.stages import Step
from gateway.words import Words

_INWARDS = (Call, Reply, Problem)
_LENGTH = frozenset({"content-length"})


class Answered(Exception):  # noqa: N818 - what happened to the call
    """A plugin answered before anybody asked who calls."""

    def __init__(self, reply: Reply) -> None:
        """With this reply."""
        super().__init__(reply.status)
        self.reply = reply


def welcome(steps: tuple[Step, ...], call: Call) -> Generator[Effect, Any, Call]:
    """The call as the plugins pass it on; raises `Answered` with the answer of the first that gave one."""
    outcome = yield from ask_plugins(steps, call)
    if isinstance(outcome, Reply):
        raise Answered(outcome)
    return outcome


def ask_plugins(steps: tuple[Step, ...], call: Call) -> Generator[Effect, Any, Call | Reply]:
    """The call as the plugins pass it on, or the answer of the first that gave one."""
    for step in steps:
        if step.most is not None and call.body:
            call = replace(call, body=(yield from _whole(call.body, step.most, too_large(step.most))))
        outcome = yield from _outcome(step, _INWARDS, call)
        if isinstance(outcome, Problem):
            raise _refusal(outcome)
        if isinstance(outcome, Reply):
            return outcome
        call = outcome
    if call.body and call.body.most is not None and (call.body.length or 0) > call.body.most:
        raise too_large(call.body.most)
    return call


def tell_plugins(steps: tuple[Step, ...], call: Call, reply: Reply) -> Generator[Effect, Any, Reply]:
    """The reply as the plugins pass it on."""
    try:
        for step in steps:
            if step.most is not None:
                beyond = Failure(REPLY_TOO_LONG, most=step.most)
                reply = replace(reply, body=(yield from _whole(reply.body, step.most, beyond)))
            told: Reply = yield from _outcome(step, (Reply,), call, reply)
            reply = _with_its_body(reply, told)
    except BaseException:
        reply.body.close()
        raise
    return reply


def _outcome(step: Step, wanted: tuple[type, ...], call: Call, *more: Any) -> Generator[Effect, Any, Any]:
    work = partial(_tried, step, wanted, call, *more)
    outcome = (yield Ask(work)) if step.blocking else work()
    if isinstance(outcome, _Raised):
        if isinstance(outcome.error, PluginMissing):
            raise Failure(PLUGIN_MISSING)
        yield Complain(step.plugin, call.request_id, outcome.error)
        raise Failure(PLUGIN_FAILED)
    return outcome


@dataclass(frozen=True, slots=True)
class _Raised:
    """What came of a hook that failed."""

    error: BaseException


def _tried(step: Step, wanted: tuple[type, ...], *given: Any) -> Any:
    try:
        outcome = step.hook(*given, step.config)
        _judge(outcome, wanted)
        if isinstance(outcome, Reply):
            _judge_reply(outcome.status, outcome.body, given[-1])
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin does, its call alone pays for it
        return _Raised(error)
    return outcome


def _judge(outcome: Any, wanted: tuple[type, ...]) -> None:
    if not isinstance(outcome, wanted):
        raise TypeError(f"a hook gave back {type(outcome).__name__}: {' or '.join(kind.__name__ for kind in wanted)}")
    if not isinstance(getattr(outcome, "headers", None), Headers):
        raise TypeError("headers must be Headers")


def _judge_reply(status: Any, body: Any, given: Any) -> None:
    # A service's 101 passes the hooks like any reply; made up by a plugin it would promise what nobody keeps.
    is_final = status in range(200, 600) or (isinstance(given, Reply) and status == given.status)
    if not (isinstance(body, Body) and is_final):
        raise TypeError("a Reply has a status from 200 to 599 and a Body")


def _whole(body: Body, most: int, beyond: Refused) -> Generator[Effect, Any, Body]:
    if body.length is not None and body.length > most:
        raise beyond
    if body.length == 0:
        return body
    content: bytes = yield Gather(body, most, beyond)
    return Body((content,) if content else (), len(content), body.most)


def _with_its_body(reply: Reply, told: Reply) -> Reply:
    """What a hook made of a reply; a body that took another's place brings its own length."""
    if told.body.chunks is reply.body.chunks:
        return told
    reply.body.close()
    return replace(told, headers=told.headers.without(_LENGTH))


def _refusal(problem: Problem) -> Refusal:
    row = Row(problem.code, problem.status, problem.title, _literal(problem.detail), problem.detail)
    return Refusal(row, headers=problem.headers, members=dict(problem.members))


def _literal(words: Words) -> Words:
    # The plugin filled its words already: what looks like a placeholder is text.
    return Words(*(text.replace("{", "{{").replace("}", "}}") for text in (words.en, words.fr)))
