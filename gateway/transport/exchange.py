"""One call in the fast lane: the decision is driven by callbacks, the bodies stream past it.

The law: a call that was taken ends in exactly one record, before the last byte of its reply leaves; whatever happens,
the ledger, the service and the client each learn once that it is over.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any, Protocol

from gateway.domain.plans import Stay
from gateway.http.headers import Headers
from gateway.http.messages import Body, Reply
from gateway.http.pipe import Pipe
from gateway.http.wire import BODILESS
from gateway.pipeline.decision import Decision, decide
from gateway.pipeline.effects import (
    Approach,
    Ask,
    Effect,
    Enter,
    FindApplication,
    FindKey,
    Gather,
    Inform,
    Leave,
    Record,
    Send,
    Spend,
    UsageEvent,
)
from gateway.pipeline.ports import Finished
from gateway.pipeline.refusals import CLIENT_LEFT, INTERNAL, Refusal, Refused
from gateway.pipeline.snapshot import Snapshot
from gateway.pipeline.upgrading import wishing
from gateway.transport import undecided
from gateway.transport.arrival import Arrival, call_of
from gateway.transport.connection import ClientConnection
from gateway.transport.errands import Asking, Gathering
from gateway.transport.requests import Request
from gateway.transport.tunnel import Tunnels
from gateway.upstream.carriage import Carriage
from gateway.upstream.evented import EventedUpstream

_log = logging.getLogger(__name__)

_LATER = object()


class Means(Protocol):
    """What a call needs of its worker."""

    documentation: str
    upstream: EventedUpstream
    tunnels: Tunnels

    def arrival(self) -> Arrival:
        """An arrival, now."""

    def is_fresh(self) -> bool:
        """Whether all that was edited is in force."""

    def when_fresh(self, begin: Callable[[], None]) -> None:
        """Begin when all that was edited is in force."""

    def snapshot(self) -> Snapshot:
        """The snapshot in force; raises `Failure` when there never was one."""

    def find(self, effect: FindApplication | FindKey, receiver: "CallExchange", later: object) -> Any:
        """The consumer that is held, or `later`: the receiver is then resumed."""

    def ask(self, effect: Ask, receiver: "CallExchange") -> Asking:
        """Begin a plugin's work on another thread; raises `Refusal` when too much of it waits."""

    def perform(self, effect: Effect) -> Any:
        """The answer to an effect that takes no time; raises `Failure`."""

    def enter(self, effect: Enter, receiver: "CallExchange", later: object) -> Any:
        """The stay, or `later`: the receiver is then told of it by `entered`; raises `Failure`."""

    def leave(self, stay: Stay) -> None:
        """A call that had places among those under way is over."""

    def spend(self, effect: Spend, receiver: "CallExchange", later: object) -> Any:
        """The budget, or `later`: the receiver is then resumed; raises `Failure`."""

    def record(self, finished: Finished) -> None:
        """Keep what happened."""


class CallExchange:
    """Drives one decision. The loop's thread is the only one that touches it."""

    __slots__ = ("_arrival", "_began", "_carriage", "_connection", "_decision", "_errand", "_event", "_lane",
                 "_latency_ms", "_left", "_pipe", "_refusal", "_request", "_sent", "_stay", "_upstream_ms")  # fmt: skip

    def __init__(
        self, lane: Means, connection: ClientConnection, request: Request, refusal: Refusal | None = None
    ) -> None:
        """Nothing has happened yet. `refusal` is for a request that could not be read: it is all the answer."""
        self._lane = lane
        self._connection = connection
        self._request = request
        self._arrival = lane.arrival()
        self._began = monotonic()  # the loop's own time has milliseconds only
        self._refusal = refusal
        self._decision: Decision
        self._carriage: Carriage | None = None
        self._errand: Asking | Gathering | None = None
        self._event: UsageEvent | None = None
        self._pipe: Pipe | None = None
        self._stay: Stay | None = None
        self._left = False
        self._latency_ms = 0.0
        self._upstream_ms: float | None = None
        self._sent = 0

    def start(self) -> None:
        """Begin to decide, on what is in force now."""
        if self._lane.is_fresh():
            self._step(self._begin, None)
        else:
            self._lane.when_fresh(partial(self._step, self._begin, None))

    def _begin(self, _nothing: None) -> Effect:
        if self._refusal or self._left:
            raise self._refusal or Refusal(CLIENT_LEFT)
        request, connection = self._request, self._connection
        target, seen = (request.target, request.authority), (connection.peer, connection.scheme)
        call = call_of(self._arrival, request.method, target, request.headers, seen, _body(request))
        if request.switches:
            call = wishing(call)
        self._decision = decide(call, self._lane.snapshot())
        return self._decision.send(None)

    # --- answers to effects

    def resume(self, answer: Any) -> None:
        """What was asked for is here."""
        if self._left:
            self._step(self._decision.throw, Refusal(CLIENT_LEFT))
        else:
            self._step(self._decision.send, answer)

    def entered(self, stay: Stay) -> None:
        """The places that were asked for are here, or there are none."""
        self._stay = stay
        self.resume(stay)

    def refuse(self, reason: BaseException) -> None:
        """What was asked for will not come."""
        self._step(self._decision.throw, reason)

    # --- what the connection tells

    def pause_reply(self) -> None:
        """The client reads slowly."""
        if self._pipe:
            self._pipe.pause()

    def resume_reply(self) -> None:
        """The client reads again."""
        if self._pipe:
            self._pipe.resume()

    def leave(self) -> None:
        """The client has left."""
        self._left = True
        if self._pipe:
            self._pipe.close()
            self._record(CLIENT_LEFT.code)
        elif waiting := self._errand if self._errand and self._errand.waits else self._carriage:
            waiting.close()
            self._step(self._decision.throw, Refusal(CLIENT_LEFT))

    # --- the sink of the reply's body

    def write(self, piece: bytes) -> None:
        """Pass a piece on."""
        self._sent += len(piece)
        self._connection.write(piece)

    def end(self) -> None:
        """The reply is whole."""
        self._pipe = None
        self._record("")
        self._connection.finish()

    def fail(self, reason: Exception) -> None:
        """The reply breaks off."""
        self._pipe = None
        self._record(reason.row.code if isinstance(reason, Refused) else INTERNAL.code)
        self._connection.abort()

    # --- how the decision proceeds

    def _step(self, resume: Callable[[Any], Effect], answer: Any) -> None:
        try:
            while True:
                answer = self._perform(resume(answer))
                if answer is _LATER:
                    return
                resume = self._decision.send
                if isinstance(answer, Refused):
                    resume = self._decision.throw
        except StopIteration as done:
            reply: Reply = done.value
        except Refused as refused:  # there was no decision yet
            reply = self._answered(refused)
        except Exception:  # noqa: BLE001 - the top of a call: a bug is logged here and answered as a problem
            _log.exception("call %s failed", self._arrival.request_id)
            reply = self._answered(Refused(INTERNAL))
        self._depart(reply)

    def _perform(self, effect: Effect) -> Any:
        try:
            return self._usual(effect)
        except Refused as refused:
            return refused

    def _usual(self, effect: Effect) -> Any:
        # What every call asks for, in that order; a chain of types is what a compiler makes the most of.
        answer: Any = None
        if isinstance(effect, Approach):
            self._lane.upstream.refuse_surplus(effect.service)
        elif isinstance(effect, FindApplication | FindKey):
            answer = self._lane.find(effect, self, _LATER)
        elif isinstance(effect, Spend):
            answer = self._lane.spend(effect, self, _LATER)
        elif isinstance(effect, Send):
            answer = self._send(effect)
        elif isinstance(effect, Record):
            self._event = effect.event  # until it is known how long it took and how much was sent
        else:
            answer = self._unusual(effect)
        return answer

    def _unusual(self, effect: Effect) -> Any:
        if isinstance(effect, Enter):
            stay = self._lane.enter(effect, self, _LATER)
            if stay is not _LATER:
                self._stay = stay
            return stay
        if isinstance(effect, Leave):
            self._leave()
            return None
        if isinstance(effect, Inform):
            self._connection.interim(effect.reply.status, effect.reply.headers)
            return _LATER
        return self._of_plugins(effect)

    def _of_plugins(self, effect: Effect) -> Any:
        if isinstance(effect, Ask):
            self._errand = self._lane.ask(effect, self)
            return _LATER
        if isinstance(effect, Gather) and isinstance(effect.body.chunks, Pipe):
            self._errand = gathering = Gathering(effect.body.chunks, effect)
            return gathering.begin(self, _LATER)
        return self._lane.perform(effect)

    def _leave(self) -> None:
        stay, self._stay = self._stay, None
        if stay:
            self._lane.leave(stay)

    def _send(self, effect: Send) -> Any:
        if effect.upgrade:
            self._lane.tunnels.refuse_surplus()
        self._carriage = self._lane.upstream.send(effect, self)
        return _LATER

    def _answered(self, refused: Refused) -> Reply:
        headers, lane = self._request.headers, self._lane
        reply, self._event = undecided.answer(
            refused, self._request.method, headers.get("accept-language"), self._arrival, lane.documentation
        )
        return reply

    def _depart(self, reply: Reply) -> None:
        self._latency_ms = (monotonic() - self._began) * 1000
        if self._carriage:
            self._upstream_ms = self._carriage.took_ms
        if reply.status == 101:
            self._switch(reply)
            return
        body, carriage, self._carriage = reply.body, self._carriage, None
        if carriage and not isinstance(body.chunks, Pipe):
            carriage.close()  # a plugin answers instead: nobody reads what the service may still say
        if self._left:
            _drop(body)
            self._record(CLIENT_LEFT.code)
            return
        if self._request.method == "HEAD" or reply.status in BODILESS:
            _drop(body)
            body = Body((), 0)
        try:
            self._connection.reply(reply.status, reply.headers, body.length)
        except ValueError:  # a plugin made a field that is none
            _log.exception("the reply to call %s cannot be written", self._arrival.request_id)
            _drop(body)
            reply = self._answered(Refused(INTERNAL))
            body = reply.body
            self._connection.reply(reply.status, reply.headers, body.length)
        if isinstance(body.chunks, Pipe):
            self._pipe = body.chunks
            body.chunks.open(self)
            self._connection.flush()
        else:
            self._pour(body)

    def _pour(self, body: Body) -> None:
        try:
            for piece in body.chunks:
                self.write(piece)
        except Exception as error:  # noqa: BLE001 - a plugin made a body that breaks off
            _log.exception("the reply to call %s breaks off", self._arrival.request_id)
            self.fail(error)
        else:
            self.end()

    def _switch(self, reply: Reply) -> None:
        # A tunnel is recorded when it ends, for only then is it known how much it carried.
        carriage, self._carriage = self._carriage, None
        try:
            self._lane.tunnels.open(self._connection, carriage, reply, self._end_tunnel)
        except Refused as refused:
            self._depart(self._answered(refused))
        except ValueError:  # a plugin made a field that is none
            _log.exception("the reply to call %s cannot be written", self._arrival.request_id)
            self._depart(self._answered(Refused(INTERNAL)))

    def _end_tunnel(self, sent: int) -> None:
        self._sent = sent
        self._record("")

    def _record(self, cut: str) -> None:
        self._leave()
        event, self._event = self._event, None
        if event:
            if cut and not event.refusal:
                event = replace(event, refusal=cut)
            headers, peer = self._request.headers, self._connection.peer
            self._lane.record(Finished(event, self._latency_ms, self._sent, headers, peer, self._upstream_ms))


class AboutUs:
    """The answer to `OPTIONS *` (RFC 9110 §9.3.7): it is about this server, not about an API."""

    def __init__(self, connection: ClientConnection) -> None:
        """Answer on this connection."""
        self._connection = connection

    def start(self) -> None:
        """Answer."""
        self._connection.reply(204, Headers((("Allow", undecided.ANYWHERE),)), 0)
        self._connection.finish()

    def pause_reply(self) -> None:
        """There is nothing to pause."""

    def resume_reply(self) -> None:
        """There is nothing to resume."""

    def leave(self) -> None:
        """There is nothing to give up."""


def _body(request: Request) -> Body | None:
    if request.body is not None:
        return Body(request.body, request.length)
    return Body((), 0) if request.length == 0 else None


def _drop(body: Body) -> None:
    if isinstance(body.chunks, Pipe):
        body.chunks.close()
