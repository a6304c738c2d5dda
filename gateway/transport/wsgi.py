"""The plain lane: calls to `/api/…` under any WSGI server, everything else handed to the Flask app behind it.

It stands before Flask's router on purpose: that one decodes paths and merges slashes, and calls keep their bytes.
No traceback ever reaches a caller: what nobody foresaw is logged here and leaves as a problem document.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from http.client import responses
from typing import Any

from gateway.domain.plans import Stay
from gateway.http.headers import NO_FIELDS
from gateway.http.messages import Body, Reply
from gateway.http.problems import Row
from gateway.http.wire import BODILESS
from gateway.pipeline.decision import decide
from gateway.pipeline.drivers import run
from gateway.pipeline.effects import Effect, Enter, Leave, Record, Send, UsageEvent
from gateway.pipeline.ports import Finished
from gateway.pipeline.refusals import CLIENT_LEFT, INTERNAL, Refused
from gateway.transport import undecided
from gateway.transport.arrival import arrival_at
from gateway.transport.environ import raw_target, read_call
from gateway.transport.monitor import Monitor
from gateway.transport.runtime import Runtime
from gateway.upstream.addresses import AddressPolicy
from gateway.upstream.crowding import MOST_WAITING

_log = logging.getLogger(__name__)

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""A WSGI application (PEP 3333)."""


class ApiLane:
    """A WSGI application around another: `app.wsgi_app = ApiLane(app.wsgi_app, runtime, documentation)`."""

    def __init__(
        self,
        behind: Application,
        runtime: Runtime,
        policy: AddressPolicy,
        documentation: str,
        *,
        trusted_proxies: int = 0,
        most_calls: int = MOST_WAITING,
    ) -> None:
        """`documentation` is the address under which refusals have their pages, for when there is no snapshot yet.

        `policy` says where services may be, and `most_calls` how many calls may wait for them; both are for the fast
        worker, which serves the same parts in its own way.
        """
        self.behind = behind
        self.runtime = runtime
        self.policy = policy
        self.documentation = documentation
        self.trusted_proxies = trusted_proxies
        self.most_calls = most_calls
        self.monitor: Monitor | None = None
        """Who shows the measures, if anybody does."""
        self._under_way: set[Exchange] = set()

    @property
    def in_flight(self) -> int:
        """How many calls are under way."""
        return len(self._under_way)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a call, or let the application behind do it."""
        if self.monitor:
            self.monitor.start()
        target = raw_target(environ)[0]
        if target == "*" and environ["REQUEST_METHOD"] == "OPTIONS":  # RFC 9110 §9.3.7: about us, not about an API
            start_response("204 No Content", [("Allow", undecided.ANYWHERE)])
            return ()
        if target.startswith("/") and not target.startswith("/api/"):  # what is no path at all is refused here
            return self.behind(environ, start_response)
        exchange = Exchange(self.runtime, environ, self.documentation, self.trusted_proxies)
        self._under_way.add(exchange)
        try:
            reply = exchange.answer()
            start_response(f"{reply.status} {responses.get(reply.status, 'Unnamed')}", _wire_fields(reply))
        except BaseException:
            self._under_way.discard(exchange)
            exchange.leave()
            raise
        return Departure(exchange, reply, self._under_way.discard)


class Exchange:
    """One call on its way through."""

    def __init__(self, runtime: Runtime, environ: Mapping[str, Any], documentation: str, proxies: int) -> None:
        """Note when it arrived."""
        self._runtime = runtime
        self._environ = environ
        self._documentation = documentation
        self._arrival = arrival_at(time.time(), proxies)
        self._began = time.monotonic()
        self._latency_ms = 0.0
        self._upstream_ms: float | None = None
        self._headers = NO_FIELDS
        self._event: UsageEvent | None = None
        self._stay: Stay | None = None

    def answer(self) -> Reply:
        """The reply, its body still on its way."""
        try:
            reply = self._decided()
        except Refused as refused:
            reply = self._refused(refused)
        except Exception:  # noqa: BLE001 - the top of a call: a bug is logged here and answered as a problem
            _log.exception("call %s failed", self._arrival.request_id)
            reply = self._refused(Refused(INTERNAL))
        self._latency_ms = (time.monotonic() - self._began) * 1000
        return self._without_body(reply)

    def finish(self, sent_bytes: int, cut: Row | None) -> None:
        """The reply has left whole, or why it was cut: the status stays as it was sent."""
        self.leave()
        if self._event:
            event = replace(self._event, refusal=self._event.refusal or (cut.code if cut else ""))
            peer = str(self._environ.get("REMOTE_ADDR") or "")
            finished = Finished(event, self._latency_ms, sent_bytes, self._headers, peer, self._upstream_ms)
            self._runtime.finish(finished)

    def leave(self) -> None:
        """Give back the places that the call has among those under way."""
        stay, self._stay = self._stay, None
        if stay:
            self._runtime.leave(stay)

    def _decided(self) -> Reply:
        call = read_call(self._environ, self._arrival)
        self._headers = call.headers
        return run(decide(call, self._runtime.snapshot()), self._perform)

    def _perform(self, effect: Effect) -> Any:
        if isinstance(effect, Record):  # kept until it is known how long it took and how much was sent
            self._event = effect.event
            return None
        if isinstance(effect, Send):
            return self._sent(effect)
        if isinstance(effect, Enter):
            self._stay = self._runtime.perform(effect)
            return self._stay
        if isinstance(effect, Leave):
            return self.leave()
        return self._runtime.perform(effect)

    def _sent(self, effect: Send) -> Any:
        began = time.monotonic()
        try:
            return self._runtime.perform(effect)
        finally:
            self._upstream_ms = (time.monotonic() - began) * 1000

    def _refused(self, refused: Refused) -> Reply:
        """A reply of the transport's own."""
        method, language = str(self._environ["REQUEST_METHOD"]), self._environ.get("HTTP_ACCEPT_LANGUAGE")
        reply, self._event = undecided.answer(refused, method, language, self._arrival, self._documentation)
        return reply

    def _without_body(self, reply: Reply) -> Reply:
        if self._environ["REQUEST_METHOD"] == "HEAD" or reply.status in BODILESS:  # RFC 9110 §9.3.2, §15.3.5, §15.4.5
            _close(reply.body)
            return replace(reply, body=Body((), 0))
        return reply


class Departure:
    """A reply's body on its way out: counted, and closed whatever happens."""

    def __init__(self, exchange: Exchange, reply: Reply, end: Callable[[Exchange], None]) -> None:
        """Send this reply of this exchange, and tell when it is over."""
        self._exchange = exchange
        self._end = end
        self._body = reply.body
        self._chunks = iter(reply.body.chunks)
        self._sent = 0
        self._cut: Row | None = CLIENT_LEFT  # unless the body comes to its end, or breaks off itself
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        # A service that breaks off raises here: the server in front then cuts the connection, and the caller sees a
        # body that has no end instead of a short one.
        try:
            chunk = next(self._chunks)
        except StopIteration:
            self._cut = None
            raise
        except Refused as refused:
            self._cut = refused.row
            raise
        except Exception:
            self._cut = INTERNAL
            raise
        self._sent += len(chunk)
        return chunk

    def close(self) -> None:
        """Called by every WSGI server, also when the client left (PEP 3333)."""
        if not self._closed:
            self._closed = True
            self._end(self._exchange)
            _close(self._body)
            # A server may leave it at the announced length, and never ask for what is behind it.
            self._exchange.finish(self._sent, None if self._sent == self._body.length else self._cut)


_DATE, _FRAMING = frozenset({"date"}), frozenset({"date", "content-length"})


def _close(body: Body) -> None:
    close = getattr(body.chunks, "close", None)
    if close:
        close()


def _wire_fields(reply: Reply) -> list[tuple[str, str]]:
    # The server in front writes Date itself. RFC 9110 §8.6: no Content-Length in a 204.
    headers = reply.headers.without(_FRAMING if reply.status == 204 else _DATE)
    if "content-length" not in headers and reply.body.length and reply.status not in BODILESS:
        headers = headers.plus(("Content-Length", str(reply.body.length)))
    return list(headers)
