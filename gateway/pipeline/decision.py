"""The decision: one call, from arrival to reply.

Nothing here does IO or reads a clock; what the outside must do is asked for by name (effects.py).
The seven steps are the files beside this one, in the order of the lines below.
"""

from collections.abc import Generator
from typing import Any

from gateway.http.messages import Call, Reply
from gateway.pipeline.authentication import identify, whose
from gateway.pipeline.authorization import admit
from gateway.pipeline.effects import Approach, Effect, Record
from gateway.pipeline.forwarding import forward
from gateway.pipeline.limits import spend
from gateway.pipeline.plugins import Answered, ask_plugins, tell_plugins, welcome
from gateway.pipeline.recording import Trail
from gateway.pipeline.refusals import Failure, Refused
from gateway.pipeline.routing import find_route
from gateway.pipeline.snapshot import Snapshot
from gateway.plugin.stages import Step

Decision = Generator[Effect, Any, Reply]
"""Yields effects, is sent their answers (or thrown their `Failure`), returns the reply."""


def decide(call: Call, snapshot: Snapshot) -> Decision:
    """Take one call from arrival to reply."""
    trail = Trail(call)
    try:
        route = trail.route = find_route(snapshot, call)
        stages = route.version.stages
        if stages.arriving:
            call = yield from welcome(stages.arriving, call)
        yield Approach(route.version.service)
        caller = trail.caller = yield from identify(snapshot, route, call)
        subscription = trail.subscription = admit(route, caller).at(call.received_at)
        trail.budget = yield from spend(snapshot, route, caller, subscription, call)
        asked = (yield from ask_plugins(stages.asking, call)) if stages.asking else call
        reply = asked if isinstance(asked, Reply) else (yield from forward(route, caller, asked))
        reply = (yield from tell_plugins(stages.telling, call, reply)) if stages.telling else reply
    except Answered as answered:
        reply = answered.reply
    except Refused as refused:
        reply = yield from _refuse(snapshot, trail, refused)
    if departing := trail.departing:
        reply = yield from _send_off(snapshot, trail, departing, reply)
    reply = trail.stamp(reply)
    yield Record(trail.event(reply))
    return reply


def _refuse(snapshot: Snapshot, trail: Trail, refused: Refused) -> Decision:
    """The refusal told; where only the API is known (another path, another method), its plugins are asked first."""
    call = trail.call
    if trail.route is None and refused.version:
        trail.named = refused.version
        try:
            yield from welcome(refused.version.stages.arriving, call)
        except Answered as answered:  # such as a browser's preflight, whose OPTIONS no document declares
            return answered.reply
        except Refused as sooner:
            refused = sooner
    trail.refused = refused
    if trail.caller is None and not isinstance(refused, Failure):  # what cannot be served costs next to nothing
        trail.recognised = yield from whose(snapshot, trail.route, call)
    return refused.reply(call, snapshot.documentation)


def _send_off(snapshot: Snapshot, trail: Trail, steps: tuple[Step, ...], reply: Reply) -> Decision:
    """The reply as it departs; a plugin that fails here keeps no other from its turn."""
    for step in steps:
        try:
            reply = yield from tell_plugins((step,), trail.call, reply)
        except Refused as refused:
            trail.refused = refused
            reply = refused.reply(trail.call, snapshot.documentation)
    return reply
