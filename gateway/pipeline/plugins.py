"""Step 5: the plugins that the publisher chose, in their running order; the first answer ends the asking.

A `Problem` from a plugin becomes a `Refusal` with the plugin's own row, so that it leaves, and is counted, like
any other.
"""

from gateway.http.messages import Call, Reply
from gateway.http.problems import Problem, Row
from gateway.pipeline.refusals import PLUGIN_MISSING, Failure, Refusal, too_large
from gateway.plugin.base import Binding
from gateway.plugin.registry import NotInstalled
from gateway.words import Words


def ask_plugins(bindings: tuple[Binding, ...], call: Call) -> Call | Reply:
    """The call as the plugins pass it on, or the answer of the first that gave one."""
    for binding in bindings:
        if isinstance(binding.plugin, NotInstalled):
            raise Failure(PLUGIN_MISSING)
        outcome = binding.plugin.on_call(call, binding.config)
        if isinstance(outcome, Problem):
            raise _refusal(outcome)
        if isinstance(outcome, Reply):
            return outcome
        call = outcome
    if call.body and call.body.most is not None and (call.body.length or 0) > call.body.most:
        raise too_large(call.body.most)
    return call


def tell_plugins(bindings: tuple[Binding, ...], call: Call, reply: Reply) -> Reply:
    """The reply as the plugins pass it on, last plugin first."""
    for binding in reversed(bindings):
        reply = binding.plugin.on_reply(call, reply, binding.config)
    return reply


def _refusal(problem: Problem) -> Refusal:
    row = Row(problem.code, problem.status, problem.title, _literal(problem.detail), problem.detail)
    return Refusal(row, headers=problem.headers, members=dict(problem.members))


def _literal(words: Words) -> Words:
    # The plugin filled its words already: what looks like a placeholder is text.
    return Words(*(text.replace("{", "{{").replace("}", "}}") for text in (words.en, words.fr)))
