"""One client's connection on the event loop: bytes in, exchanges one after the other, bytes out.

The law: replies leave in the order of their requests, one at a time; a client that reads slowly makes us read slowly;
where the framing of what comes next is in doubt, nothing more is read and the connection is closed.
"""

import asyncio
import socket
import struct
from math import inf
from typing import cast

from gateway.http.headers import Headers
from gateway.http.wire import BODILESS, CONTINUE, LAST_CHUNK, chunk, reply_head
from gateway.pipeline.refusals import CLIENT_LEFT, TOO_SLOW, Refusal
from gateway.transport.parties import Exchange, Host
from gateway.transport.progress import Progress
from gateway.transport.requests import UNREAD, Request, RequestReader

READ_PAST = 64 * 1024
"""How long a body may be, in bytes, that is read past for the sake of the next request."""

_DATE, _OURS = frozenset({"date"}), frozenset({"date", "content-length"})
_MOST_WAITING = 64
"""How many requests of one client are read before those before them are answered."""

_MOST_AT_ONCE = 32
"""How many of them are answered before others have their turn."""

_HEAD_SLICE, _BODY_SLICE = 8 * 1024, 64 * 1024
"""How many bytes are read before it is looked at how many requests wait; fewer where heads are expected."""

_RESET = struct.pack("ii", 1, 0)
"""Close with a reset: where the end of the connection is the end of the body, anything else would be one."""


class ClientConnection:
    """It is the source of requests' bodies; exchanges write replies to it. To the loop it is an `asyncio.Protocol`."""

    __slots__ = ("_chunked", "_closing", "_ended", "_exchange", "_full", "_head", "_is_proceeding", "_left", "_paused",
                 "_progress", "_reader", "_request", "_transport", "_unread", "_waits_for_body", "deadline", "lane",
                 "peer", "scheme")  # fmt: skip

    def __init__(self, lane: Host["ClientConnection"]) -> None:
        """Not connected yet."""
        self.lane = lane
        self.peer = ""
        self.scheme = "http"
        self.deadline = inf
        self._transport: asyncio.Transport
        self._reader = RequestReader(self)
        self._request: Request | None = None
        self._exchange: Exchange | None = None
        self._waits_for_body = False
        self._closing = False
        self._ended = False
        self._full = False
        self._chunked = False
        self._paused = False
        self._progress = Progress()
        self._head, self._unread, self._left = b"", b"", 0
        self._is_proceeding = False

    # --- what the loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is here."""
        self._transport = cast("asyncio.Transport", transport)
        address = transport.get_extra_info("peername")
        self.peer = str(address[0]) if isinstance(address, tuple) else ""
        self.scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self._start_clock()
        self.lane.joined(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The client is gone."""
        self.lane.left(self)
        self._closing = True
        self._reader.lost(Refusal(CLIENT_LEFT))
        self._reader.requests.clear()
        exchange, self._exchange = self._exchange, None
        if exchange:
            exchange.leave()

    def data_received(self, data: bytes) -> None:
        """A part of a request, or of several."""
        if self._closing:
            return
        reader = self._reader
        was_in_head, was_in_body = reader.in_head, reader.in_body
        self._read(data)
        if self._exchange is None:
            self._proceed()
        if reader.in_body or was_in_body or (reader.in_head and not was_in_head):
            self._start_clock()

    def _read(self, data: bytes) -> None:
        # A small piece may hold requests by the thousand: what comes behind the first ones waits as it is.
        reader = self._reader
        if self._unread:
            data, self._unread = self._unread + data, b""
        while data and len(reader.requests) < _MOST_WAITING:
            size = _BODY_SLICE if reader.in_body else _HEAD_SLICE
            reader.feed(data if len(data) <= size else data[:size])
            data = data[size:]
        if data:
            self._unread = data
            self._pause_reading()

    def eof_received(self) -> bool:
        """The client sends no more, but may still read (RFC 9112 §9.6): what it asked is answered."""
        self._ended = True
        self._reader.lost(Refusal(CLIENT_LEFT))
        self.lane.outbox.flush()  # where nothing is under way the loop closes
        return self._exchange is not None or bool(self._reader.requests)

    def pause_writing(self) -> None:
        """The client reads slowly."""
        self._full = True
        self._wait_for_reader()
        self._start_clock()
        if self._exchange:
            self._exchange.pause_reply()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._full = False
        self._start_clock()
        if self._exchange:
            self._exchange.resume_reply()
        else:
            self._proceed()

    # --- the source of requests' bodies

    def wanted(self) -> None:
        """Somebody reads the body: a client that waits to be asked is asked (RFC 9110 §10.1.1)."""
        if self._waits_for_body and not self._closing:
            self._post(CONTINUE)
        self._waits_for_body = False
        self._start_clock()

    def pause_body(self) -> None:
        """The service reads slowly: we wait for nobody, so no clock runs."""
        self._pause_reading()
        self._start_clock()

    def resume_body(self) -> None:
        """The service reads again."""
        self._resume_reading()
        self._start_clock()

    def unwanted(self) -> None:
        """Nobody will read the rest: it is read past."""
        self._resume_reading()

    # --- what exchanges write

    def reply(self, status: int, fields: Headers, length: int | None) -> None:
        """The head of the reply; `length` is that of the body in bytes, None when nobody knows yet.

        Raises ValueError when a field is none.
        """
        request = self._request
        if request is None:
            return
        if self._was_never_asked(request) or self._ends_here(request) or self.lane.draining or self._has_no_more():
            request.keeps = False
        self._waits_for_body = False  # from here on, `100 Continue` would be a part of this reply
        framing, self._left = self._framing(request, status, length), -1 if length is None else length
        unwanted = _OURS if framing or status == 204 else _DATE  # a HEAD or 304 tells the length that a GET would have
        if not request.keeps:
            framing += b"Connection: close\r\n"
        elif request.version == "1.0":
            framing += b"Connection: keep-alive\r\n"
        self._head = reply_head(status, fields.lines_without(unwanted) + framing + self.lane.date)

    def interim(self, status: int, fields: Headers) -> None:
        """An interim reply (RFC 9110 §15.2); HTTP/1.0 does not know them."""
        if self._request and self._request.version == "1.1":
            self._post(reply_head(status, fields.lines))

    def write(self, piece: bytes) -> None:
        """The next piece of the body; the first leaves with the head, the last in `finish`, when all is recorded."""
        data, self._head = self._head + (chunk(piece) if self._chunked else piece), b""
        self._left -= len(piece)
        if self._left:
            self._post(data)
        else:
            self._head = data

    def flush(self) -> None:
        """The body lets us wait: the head leaves now."""
        if self._head:
            head, self._head = self._head, b""
            self._post(head)

    def finish(self) -> None:
        """The reply is whole."""
        if self._chunked:
            self._post(self._head + LAST_CHUNK)
            self._head, self._chunked = b"", False
        else:
            self.flush()
        request, self._request, self._exchange = self._request, None, None
        if request is None or request.keeps:
            self._start_clock()
            self._proceed()
        elif self._ended or self._closing:
            self.close()
        elif self._reader.in_body or request is UNREAD or self._is_last():
            self._linger()
        else:
            self.close()

    def abort(self) -> None:
        """The reply breaks off: what the client has must not look whole (RFC 9112 §8)."""
        self._exchange = None
        self._closing = True
        self._break_off()

    def hand_over(self) -> asyncio.Transport | None:
        """The transport, for another protocol; None when the client spoke before its wish was answered."""
        reader = self._reader
        if self._closing or self._ended or reader.requests or reader.in_head or reader.broken or self._unread:
            return None
        self._exchange = None
        self._closing = True
        self.lane.left(self)
        self.lane.outbox.flush()
        return self._transport

    def close(self) -> None:
        """End the connection once what was written has left."""
        self._closing = True
        self.deadline = self.lane.now() + self.lane.patience.stall
        self.lane.outbox.flush()
        self._wait_for_reader()
        self._transport.close()

    # --- what the lane asks

    @property
    def under_way(self) -> Exchange | None:
        """What is being answered."""
        return self._exchange

    def retire(self) -> None:
        """No new request is taken; one that is under way is finished first."""
        if self._exchange is None and not self._reader.requests and not self._reader.in_head and not self._closing:
            self.close()

    def cut(self) -> None:
        """End now; what is under way learns that its client is gone."""
        if self._exchange:
            self._break_off()
        else:
            self.lane.outbox.flush()  # the end of a reply may wait there
            self._transport.abort()

    def time_out(self) -> None:
        """The client has kept us waiting for too long."""
        reader = self._reader
        if self._closing or self._full:
            now = self.lane.now()
            self.deadline = now + self.lane.patience.linger
            if not self._progress.is_made(self._transport, now):
                self._break_off()
        elif reader.in_head and self._exchange is None:
            self._refuse(Refusal(TOO_SLOW))
        elif reader.in_body and self._exchange:
            self.deadline = inf
            reader.is_cut = True
            reader.lost(Refusal(TOO_SLOW))
        else:
            self.close()

    def _post(self, data: bytes) -> None:
        self.lane.outbox.post(self._transport, data)

    def _break_off(self) -> None:
        self.lane.outbox.flush()
        # A reset: to HTTP/1.0 the end of a connection is the end of a body, which it is not here.
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()

    def _proceed(self) -> None:
        # An exchange that ends at once calls back from within: the loop below goes on, and no stack grows.
        if not self._is_proceeding:
            self._is_proceeding = True
            try:
                self._go_on()
            finally:
                self._is_proceeding = False

    def _go_on(self) -> None:
        reader, begun = self._reader, 0
        while self._exchange is None and not (self._closing or self._full):
            if begun == _MOST_AT_ONCE:
                asyncio.get_running_loop().call_soon(self._proceed)
                return
            if reader.requests:
                begun += 1
                self._begin(reader.requests.popleft())
            elif self._unread and not reader.broken:
                self._read(b"")
            elif reader.broken:
                self._refuse(reader.broken)
            elif self._ended:
                self.close()
            else:
                self._resume_reading()
                return

    def _begin(self, request: Request) -> None:
        self._request = request
        self._waits_for_body = request.expects and request.body is not None and not request.body.has_begun
        self._exchange = self.lane.begin(self, request)
        self._start_clock()
        self._exchange.start()

    def _refuse(self, refusal: Refusal) -> None:
        self._request = UNREAD
        self._exchange = self.lane.refuse(self, refusal)
        self._exchange.start()

    def _framing(self, request: Request, status: int, length: int | None) -> bytes:
        self._chunked = False
        if request.method == "HEAD" or status in BODILESS:
            return b""
        if length is not None:
            return b"Content-Length: %d\r\n" % length
        if request.version == "1.1":
            self._chunked = True
            return b"Transfer-Encoding: chunked\r\n"
        request.keeps = False  # RFC 9112 §6.3: the end of the connection is the end of the body
        return b""

    def _was_never_asked(self, request: Request) -> bool:
        return self._waits_for_body and request.body is not None and not request.body.has_begun

    def _ends_here(self, request: Request) -> bool:
        # What is left of a short body is sooner read past than a new connection made.
        is_long = request.length is None or request.length > READ_PAST
        return self._is_last() or (self._reader.in_body and is_long)

    def _is_last(self) -> bool:
        """Whether what is being answered was cut, so that nobody knows where the next request begins."""
        return self._reader.is_cut and not self._reader.requests

    def _linger(self) -> None:
        # Closed while bytes are unread, the kernel resets the connection, and the client may lose the reply.
        self.deadline = self.lane.now() + self.lane.patience.linger
        if self._transport.can_write_eof():
            self.lane.outbox.flush()
            self._wait_for_reader()
            self._transport.write_eof()
            self._resume_reading()
            self._closing = True
        else:
            self.close()

    def _has_no_more(self) -> bool:
        """Whether the client is gone, or has ended its side and asked for nothing that still waits."""
        return self._closing or (self._ended and not self._reader.requests)

    def _start_clock(self) -> None:
        # Whom we wait for decides: a service has a clock of its own, and while it reads slowly no client is late.
        patience, reader = self.lane.patience, self._reader
        if self._exchange or self._full:
            seconds = patience.stall if self._full or (reader.in_body and not self._paused) else inf
        else:
            seconds = patience.head if reader.in_head else self.lane.idle_seconds
        self.deadline = self.lane.now() + seconds

    def _wait_for_reader(self) -> None:
        self._progress.begin(self._transport, self.lane.now(), self.lane.patience.window)

    def _pause_reading(self) -> None:
        if not self._paused and not self._closing:
            self._paused = True
            self._transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._paused and not self._closing:
            self._paused = False
            self._transport.resume_reading()
