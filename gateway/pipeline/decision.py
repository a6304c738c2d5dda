"""The decision: one call, from arrival to reply.

Nothing here does IO or reads a clock; what the outside must do is asked for by name (effects.py).
The seven steps are the files beside this one, in the order of the lines below.
"""

from collections.abc import Generator
from typing import Any

from gateway.http.messages import Call, Reply
from gateway.pipeline.authentication import identify, whose
from gateway.pipeline.authorization import admit
from gateway.pipeline.effects import Effect, Record
from gateway.pipeline.forwarding import forward
from gateway.pipeline.limits import spend
from gateway.pipeline.plugins import ask_plugins, tell_plugins
from gateway.pipeline.recording import Trail
from gateway.pipeline.refusals import Refused
from gateway.pipeline.routing import find_route
from gateway.pipeline.snapshot import Snapshot

Decision = Generator[Effect, Any, Reply]
"""Yields effects, is sent their answers (or thrown their `Failure`), returns the reply."""


def decide(call: Call, snapshot: Snapshot) -> Decision:
    """Take one call from arrival to reply."""
    trail = Trail(call)
    try:
        route = trail.route = find_route(snapshot, call)
        caller = trail.caller = yield from identify(snapshot, route, call)
        subscription = trail.subscription = admit(route, caller)
        trail.budget = yield from spend(subscription)
        asked = ask_plugins(route.version.plugins, call)
        reply = asked if isinstance(asked, Reply) else (yield from forward(route, caller, asked))
        reply = tell_plugins(route.version.plugins, call, reply)
    except Refused as refused:
        trail.refused = refused
        if trail.caller is None:
            trail.recognised = yield from whose(snapshot, trail.route, call)
        reply = refused.reply(call, snapshot.documentation)
    reply = trail.stamp(reply)
    yield Record(trail.event(reply))
    return reply
