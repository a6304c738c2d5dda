"""One request and its reply on a connection to a service, as an event loop sees it: bytes out, bytes in.

The law is blocking.py's: what was asked goes out byte for byte, no redirect is followed, and what may be sent a second
time is retrying.py's to say.
A head is passed on with the first piece of its body, so that what breaks before it can still be told as a problem; or
once nothing has come behind it for a whole tick.
"""

import asyncio
from math import inf
from typing import Protocol, cast

from gateway.http.messages import Body, Reply
from gateway.http.outbox import Outbox
from gateway.http.pipe import Pipe
from gateway.http.wire import LAST_CHUNK, chunk
from gateway.pipeline.refusals import too_large
from gateway.upstream.balancing import Place
from gateway.upstream.carriage import Carriage, Reopener
from gateway.upstream.encryption import was_cut
from gateway.upstream.failing import failed
from gateway.upstream.replies import Broken, CutShort, Head, ReplyReader, Unanswered
from gateway.upstream.retrying import Trouble
from gateway.upstream.sending import MAX_AGE_SECONDS


class Keeper(Reopener, Protocol):
    """Who keeps the connections. All that is written to them goes to the outbox."""

    outbox: Outbox

    def give_back(self, connection: "ServiceConnection", *, keeps: bool) -> None:
        """A connection's call is over."""


class ServiceConnection:
    """A connection to a service: the source of replies' bodies and the sink of requests'.

    To the loop it is an `asyncio.Protocol`.
    """

    __slots__ = ("_body", "_carriage", "_chunked", "_first_byte", "_most", "_pipe", "_reader", "_sent", "_transport",
                 "_upstream", "_used", "_waited", "deadline", "ends_at", "expires_at", "is_open", "place")  # fmt: skip

    def __init__(self, upstream: Keeper, place: Place) -> None:
        """Not connected yet."""
        self.place = place
        self.is_open = False
        self.expires_at = upstream.now() + MAX_AGE_SECONDS
        self.deadline = inf
        self.ends_at = inf
        self._first_byte = inf
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
        self.ends_at = carriage.ends_at
        self._first_byte = request.service.waits.first_byte
        self.deadline = self._upstream.now() + self._first_byte
        self._waited = False
        self._upstream.outbox.post(self._transport, carriage.head)
        self._sent = request.body is None
        if request.body is not None:
            self._send_body(request.body)

    def hand_over(self) -> tuple[asyncio.Transport, bytes]:
        """The transport, for another protocol, and what came behind the head."""
        self.is_open = False
        self._release(keeps=False)
        self._upstream.outbox.flush()
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
        carriage, waits_for_head = self._carriage, self._reader.head is None
        if carriage is None:
            return
        waits = carriage.request.service.waits
        failure = carriage.timed_out(waits.first_byte if waits_for_head else waits.idle)
        # Whoever began to reply was well; and the whole time may have been spent on waiting for the caller, who must
        # not bring a target into disrepute.
        now = self._upstream.now()
        if waits_for_head and (now < carriage.ends_at or carriage.request.body is None):
            carriage.member.breaker.fail(now)
        self._break(failure)

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
        self._upstream.outbox.post(self._transport, chunk(piece) if self._chunked else piece)

    def end(self) -> None:
        """The request has no more."""
        self._body = None
        self._sent = True
        if self._carriage:
            self._carriage.wait()
        if self._chunked:
            self._upstream.outbox.post(self._transport, LAST_CHUNK)
        self._await_head(self._first_byte)

    def fail(self, reason: Exception) -> None:
        """The request's body breaks off: so does the request."""
        self._body = None
        self._break(reason)

    def pause_writing(self) -> None:
        """The service reads slowly."""
        if self._body:
            self._body.pause()
            self._await_head(self._first_byte)

    def resume_writing(self) -> None:
        """The service reads again."""
        if self._body:
            self._await_head(inf)
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
        except Broken as broken:
            # What came before it is passed on, so that nothing depends on how the bytes were cut.
            self._proceed(self._carriage)
            self._break(failed(broken))
        else:
            self._proceed(self._carriage)

    def eof_received(self) -> None:
        """The service sends no more."""
        if self._carriage and self._reader.head and was_cut(self._transport):
            self._break(failed(CutShort()))
        else:
            self._finish_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.is_open = False
        # uvloop tells of a cut here only, asyncio in eof_received.
        if self._carriage and self._reader.head and (exc is not None or was_cut(self._transport)):
            self._break(failed(CutShort()))
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
        except Unanswered as unanswered:
            trouble = Trouble.STALE if self._used else Trouble.UNANSWERED
            self._release(keeps=False)
            carriage.stumble(trouble, failed(unanswered))
        except Broken as broken:
            self._break(failed(broken))
        else:
            self._proceed(carriage)

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
        self._carriage.member.in_flight -= 1
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
            self._await_head(inf)  # as long as we wait for the client, the service need not answer
            body.chunks.open(self)
        else:
            for piece in body.chunks:
                self.write(piece)
            self.end()

    def _await_head(self, seconds: float) -> None:
        if self._reader.head is None:
            self.deadline = self._upstream.now() + seconds

    def _extend(self) -> None:
        if self._carriage:
            self.deadline = self._upstream.now() + self._carriage.request.service.waits.idle


def _is_event_stream(head: Head) -> bool:
    return (head.headers.get("content-type") or "").lower().startswith("text/event-stream")
