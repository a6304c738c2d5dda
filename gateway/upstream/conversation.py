"""One request and its reply on a connection to a service, as an event loop sees it: bytes out, bytes in.

The law is blocking.py's: what was asked goes out byte for byte, no redirect is followed, and a request is sent a second
time only when the first try met a connection that had gone stale, changes nothing and has no body (RFC 9110 §9.2.2).
A head is passed on with the first piece of its body, so that what breaks before it can still be told as a problem; or
once nothing has come behind it for a whole tick.
"""

import asyncio
from math import inf
from typing import Protocol, cast

from gateway.http.messages import Body, Reply
from gateway.http.pipe import Pipe
from gateway.http.wire import LAST_CHUNK, chunk
from gateway.pipeline.effects import Send
from gateway.pipeline.refusals import UPSTREAM_BROKEN, UPSTREAM_UNREACHABLE, Failure, too_large
from gateway.pipeline.service import Target
from gateway.upstream.replies import Broken, Head, ReplyReader, Unanswered
from gateway.upstream.sending import head_of, may_go_again, timed_out

Key = tuple[str, str, int]
"""What may share a connection: scheme, host and port."""


class Receiver(Protocol):
    """Who asked. One of the two is called, once, and never before `send` has returned."""

    def resume(self, reply: Reply) -> None:
        """The reply, its body still on its way (a `Pipe`) or whole."""

    def refuse(self, reason: Exception) -> None:
        """There is no reply: a `Failure`, or what broke the request's body off."""


class Keeper(Protocol):
    """Who keeps the connections."""

    def now(self) -> float:
        """The loop's time, in seconds."""

    def open_for(self, carriage: "Carriage") -> None:
        """Carry on a new connection."""

    def give_back(self, connection: "ServiceConnection", *, keeps: bool) -> None:
        """A connection's call is over."""


class Carriage:
    """One request on its way, whichever connection carries it."""

    __slots__ = ("_connection", "_receiver", "_upstream", "head", "is_given_up", "request", "switched")

    def __init__(self, upstream: Keeper, request: Send, receiver: Receiver) -> None:
        """Carry this for this receiver; raises ValueError when it cannot be written, before any connection is taken."""
        self.request = request
        self.head = head_of(request)
        self.is_given_up = False
        self.switched: ServiceConnection | None = None
        self._upstream = upstream
        self._receiver: Receiver | None = receiver
        self._connection: ServiceConnection | None = None

    def ride(self, connection: "ServiceConnection") -> None:
        """Note who carries it now."""
        self._connection = connection

    def resume(self, reply: Reply) -> None:
        """The reply has begun."""
        receiver, self._receiver = self._receiver, None
        if receiver:
            receiver.resume(reply)

    def switch(self, connection: "ServiceConnection", reply: Reply) -> None:
        """The reply is a 101: until this returns, the receiver may take the connection over."""
        self.switched = connection
        self.resume(reply)
        self.switched = None

    def inform(self, interim: Reply) -> None:
        """Hints before the reply (RFC 8297). 100 would answer an Expect, and we send none; 102 is no more."""
        if self._receiver and interim.status == 103:
            self._receiver.resume(interim)

    def fail(self, reason: Exception) -> None:
        """There will be no reply."""
        receiver, self._receiver = self._receiver, None
        if receiver:
            receiver.refuse(reason)

    def again(self) -> None:
        """Try once more, on a fresh connection: the one that was used had gone stale."""
        self._connection = None
        self._upstream.open_for(self)

    def close(self) -> None:
        """Give it up: the client has left."""
        self.is_given_up = True
        self._receiver = None
        if self._connection:
            self._connection.give_up(self)


class ServiceConnection(asyncio.Protocol):
    """A connection to a service. It is the source of replies' bodies and the sink of requests'."""

    __slots__ = ("_body", "_carriage", "_chunked", "_most", "_pipe", "_reader", "_sent", "_transport", "_upstream",
                 "_used", "_waited", "deadline", "is_open", "key")  # fmt: skip

    def __init__(self, upstream: Keeper, key: Key) -> None:
        """Not connected yet."""
        self.key = key
        self.is_open = False
        self.deadline = inf
        self._upstream = upstream
        self._transport: asyncio.Transport
        self._used = False
        self._carriage: Carriage | None = None
        self._reader = ReplyReader("GET")
        self._pipe: Pipe | None = None
        self._body: Pipe | None = None
        self._chunked = False
        self._most: int | None = None
        self._sent = True
        self._waited = False

    # --- what the pool asks

    def carry(self, carriage: Carriage) -> None:
        """Send a request and wait for its reply."""
        carriage.ride(self)
        request = carriage.request
        self._carriage = carriage
        self._reader = ReplyReader(request.method, request.upgrade)
        self._pipe = None
        self._waited = False
        self.deadline = self._upstream.now() + request.target.read_timeout
        self._transport.write(carriage.head)
        self._sent = request.body is None
        if request.body is not None:
            self._send_body(request.body)

    def hand_over(self) -> tuple[asyncio.Transport, bytes]:
        """The transport, for another protocol, and what came behind the head."""
        self.is_open = False
        self._release(keeps=False)
        return self._transport, self._reader.take_rest()

    def give_up(self, carriage: Carriage) -> None:
        """Nobody waits for this any more."""
        if self._carriage is carriage:
            self._release(keeps=False)

    def begin(self) -> None:
        """Pass a head on that is here, and whose body has let us wait since the last time."""
        head = self._reader.head
        if self._carriage is None or head is None or self._pipe or self._reader.is_in_doubt:
            return
        if self._waited:
            self._begin_reply(self._carriage, head, [])
        self._waited = True

    def time_out(self) -> None:
        """The service has kept us waiting for too long."""
        if self._carriage:
            self._break(timed_out(self._carriage.request.target.read_timeout))

    def close(self) -> None:
        """End it."""
        if self.is_open:
            self.is_open = False
            self._transport.abort()

    # --- the request's body comes in here

    def write(self, piece: bytes) -> None:
        """Pass a piece of the request's body on, as far as it may go."""
        if self._most is not None:
            self._most -= len(piece)
            if self._most < 0 and self._carriage and self._carriage.request.body:
                self._break(too_large(self._carriage.request.body.most or 0))
                return
        self._transport.write(chunk(piece) if self._chunked else piece)
        self._extend()

    def end(self) -> None:
        """The request has no more."""
        self._body = None
        self._sent = True
        if self._chunked:
            self._transport.write(LAST_CHUNK)

    def fail(self, reason: Exception) -> None:
        """The request's body breaks off: so does the request."""
        self._body = None
        self._break(reason)

    def pause_writing(self) -> None:
        """The service reads slowly."""
        if self._body:
            self._body.pause()

    def resume_writing(self) -> None:
        """The service reads again."""
        if self._body:
            self._body.resume()

    # --- the reply's body goes out here

    def wanted(self) -> None:
        """Somebody reads."""

    def pause_body(self) -> None:
        """The client reads slowly: we wait for nobody, so no clock runs."""
        if self.is_open:
            self.deadline = inf
            self._transport.pause_reading()

    def resume_body(self) -> None:
        """The client reads again."""
        if self.is_open:
            self._extend()
            self._transport.resume_reading()

    def unwanted(self) -> None:
        """The client has left."""
        self._release(keeps=False)

    # --- what the loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """A part of a reply, or something that nobody asked for."""
        if self._carriage is None:
            self.close()
            return
        try:
            self._reader.feed(data)
        except Broken:
            # What came before it is passed on, so that nothing depends on how the bytes were cut.
            self._proceed(self._carriage)
            self._break(Failure(UPSTREAM_BROKEN))
        else:
            self._proceed(self._carriage)

    def eof_received(self) -> None:
        """The service sends no more."""
        self._finish_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.is_open = False
        if exc is not None and self._carriage and self._reader.head:
            self._break(Failure(UPSTREAM_BROKEN))
        else:
            self._finish_reading()

    # --- how a reply proceeds

    def _proceed(self, carriage: Carriage) -> None:
        head = self._reader.head
        for interim in self._reader.take_interim():
            carriage.inform(Reply(interim.status, interim.headers))
        if head is None or self._carriage is not carriage:
            return
        pieces, ended = self._reader.take(), self._reader.ended
        pipe = self._pipe
        if pipe:
            self._extend()
            for piece in pieces:
                pipe.write(piece)
            if ended and self._carriage is carriage:
                self._release(keeps=self._reader.keeps)
                pipe.end()
        elif ended:
            self._reply_whole(carriage, head, b"".join(pieces))
        elif pieces or _is_event_stream(head):
            self._begin_reply(carriage, head, pieces)

    def _reply_whole(self, carriage: Carriage, head: Head, content: bytes) -> None:
        if head.status == 101:
            carriage.switch(self, Reply(head.status, head.headers))
            self._release(keeps=False)  # unless it was taken over
            return
        self._release(keeps=self._reader.keeps)
        length = None if head.framing == "chunked" else len(content)
        carriage.resume(Reply(head.status, head.headers, Body((content,) if content else (), length)))

    def _begin_reply(self, carriage: Carriage, head: Head, pieces: list[bytes]) -> None:
        self._extend()
        pipe = self._pipe = Pipe(self)
        for piece in pieces:
            pipe.write(piece)
        carriage.resume(Reply(head.status, head.headers, Body(pipe, head.length if head.framing == "sized" else None)))

    def _finish_reading(self) -> None:
        carriage = self._carriage
        if carriage is None:
            self.close()
            return
        try:
            self._reader.close()
        except Unanswered:
            self._unanswered(carriage)
        except Broken:
            self._break(Failure(UPSTREAM_BROKEN))
        else:
            self._proceed(carriage)

    def _unanswered(self, carriage: Carriage) -> None:
        if self._used and may_go_again(carriage.request):
            self._carriage = None
            self._upstream.give_back(self, keeps=False)
            carriage.again()
        else:
            self._break(Failure(UPSTREAM_UNREACHABLE))

    def _break(self, reason: Exception) -> None:
        carriage, pipe = self._carriage, self._pipe
        self._release(keeps=False)
        if pipe:
            pipe.fail(reason)
        elif carriage:
            carriage.fail(reason)

    def _release(self, *, keeps: bool) -> None:
        if self._carriage is None:
            return
        self._carriage = None
        self._pipe = None
        body, self._body = self._body, None
        if body:
            body.close()
        self._used = True
        self._upstream.give_back(self, keeps=keeps and self._sent)

    def _send_body(self, body: Body) -> None:
        self._chunked = body.length is None
        self._most = body.most
        if isinstance(body.chunks, Pipe):
            self._body = body.chunks
            body.chunks.open(self)
        else:
            for piece in body.chunks:
                self.write(piece)
            self.end()

    def _extend(self) -> None:
        if self._carriage:
            self.deadline = self._upstream.now() + self._carriage.request.target.read_timeout


def key_of(target: Target) -> Key:
    """Which connections may carry a request to this target."""
    return target.scheme, target.host, target.port


def _is_event_stream(head: Head) -> bool:
    return (head.headers.get("content-type") or "").lower().startswith("text/event-stream")
