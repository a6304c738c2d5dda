"""Sends requests to departments' services for the plain lane: one thread waits, bodies stream both ways.

The law: what was asked goes out byte for byte; no redirect is followed; what may be sent a second time is retrying.py's
to say. A request's body is sent to its end before the reply is read, except when the service hangs up on it.
"""

import itertools
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from gateway.http.messages import Body, Reply
from gateway.http.wire import LAST_CHUNK, chunk
from gateway.pipeline.effects import Send
from gateway.pipeline.ports import Upstream
from gateway.pipeline.refusals import Failure, too_large
from gateway.pipeline.service import Service
from gateway.upstream.addresses import AddressPolicy, AddressRefused
from gateway.upstream.balancing import Balance, Balances, Member
from gateway.upstream.connections import Connection, Pool
from gateway.upstream.crowding import MOST_WAITING
from gateway.upstream.failing import failed
from gateway.upstream.naming import SlowNames
from gateway.upstream.reading import read_body, read_head
from gateway.upstream.replies import Broken, CutShort, Head, Unanswered
from gateway.upstream.retrying import Trouble
from gateway.upstream.sending import head_of
from gateway.upstream.standing import Standing
from gateway.upstream.visiting import Visit


class _Stumbled(Exception):  # noqa: N818 - read aloud
    """A try that ended without a reply, and perhaps not the last one."""

    def __init__(self, trouble: Trouble, failure: Failure) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.failure = failure


class BlockingUpstream:
    """A pooled client. One for all the threads of a process."""

    def __init__(
        self, policy: AddressPolicy, tls: ssl.SSLContext | None = None, most_calls: int = MOST_WAITING
    ) -> None:
        """Send where the policy allows. Certificates are verified against the system's authorities unless told else.

        `most_calls` may wait at once, whichever services they wait for.
        """
        self._pool = Pool(policy, tls or ssl.create_default_context())
        self._balances = Balances(time.monotonic, most_calls)
        self._lock = threading.Lock()

    def refuse_surplus(self, service: Service) -> None:
        """Raise a `Failure` when too many calls wait for this service, or for all together."""
        with self._lock:
            self._balances.of(service).crowd.refuse_surplus(service.most_in_flight)

    def send(self, request: Send) -> Reply:
        """The reply, its body still on its way; raises `Failure`, and whatever reading the request's body raises."""
        with self._lock:
            balance = self._balances.of(request.service)
            member = balance.pick()
        ends_at, tries = time.monotonic() + (request.service.waits.total or inf), 1
        while True:
            try:
                return self._try(request, balance, member, ends_at, fresh=tries > 1)
            except _Stumbled as stumbled:
                other = None
                if time.monotonic() < ends_at:
                    with self._lock:
                        other = balance.pick_again(request, stumbled.trouble, member, tries)
                if other is None:
                    raise stumbled.failure from None
            member, tries = other, tries + 1

    def standing(self) -> Standing:
        """How connections and targets stand now."""
        with self._lock:
            found = self._balances.standing()
        return replace(found, busy=sum(target.in_flight for target in found.targets), idle=self._pool.idle)

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()

    def _try(self, request: Send, balance: Balance, member: Member, ends_at: float, *, fresh: bool) -> Reply:
        head = head_of(request, member.target)
        visit = Visit(member, balance.crowd, request, ends_at, self._lock)
        try:
            connection = self._take(visit, fresh=fresh)
            return self._exchange(connection, request, head, visit)
        except BaseException:
            visit.leave()
            raise

    def _take(self, visit: Visit, *, fresh: bool) -> Connection:
        wait, place = visit.waits.connect, visit.member.place
        try:
            most = visit.within(wait)
            return self._pool.open(place, most) if fresh else self._pool.take(place, most)
        except TimeoutError as error:
            told = "dns_timeout" if isinstance(error, SlowNames) else "connection_timeout"
            raise _Stumbled(Trouble.UNCONNECTED, visit.timed_out(wait, told)) from None
        except (OSError, AddressRefused) as error:
            raise _Stumbled(Trouble.UNCONNECTED, visit.failed(failed(error))) from None

    def _exchange(self, connection: Connection, request: Send, head: bytes, visit: Visit) -> Reply:
        try:
            whole, answer = _ask(connection, request, head, visit)
        except BaseException:
            connection.close()
            raise
        visit.note_reply(answer.status)
        body = _ArrivingBody(self._pool, connection, answer, visit, keeps=whole and answer.keeps)
        if answer.framing == "empty":
            body.close()
            return Reply(answer.status, answer.headers, Body((), 0))
        body.begin()
        return Reply(answer.status, answer.headers, Body(body, answer.length if answer.framing == "sized" else None))


class _ArrivingBody:
    """A reply's body. Read to its end it gives its connection back; closed before, it ends the connection."""

    def __init__(self, pool: Pool, connection: Connection, head: Head, visit: Visit, *, keeps: bool) -> None:
        self._pool = pool
        self._connection = connection
        self._visit = visit
        self._keeps = keeps
        self._chunks = read_body(connection.incoming, visit.waits.idle, visit.ends_at)
        self._ended = head.framing == "empty"
        self._released = False

    def begin(self) -> None:
        """Wait for the first piece: until then a broken reply can still be told as a problem, after it only cut off."""
        self._chunks = itertools.chain([next(self, b"")], self._chunks)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except StopIteration:
            self._ended = True
            self.close()
            raise
        except TimeoutError:
            self.close()
            raise self._visit.timed_out(self._visit.waits.idle) from None
        except (Broken, OSError) as error:
            self.close()
            raise failed(error if isinstance(error, Broken) else CutShort()) from None

    def close(self) -> None:
        if self._released:
            return
        self._released = True
        self._visit.leave()
        if self._ended and self._keeps and self._connection.incoming.untouched:
            self._pool.give_back(self._connection)
        else:
            self._connection.close()


def _ask(connection: Connection, request: Send, head: bytes, visit: Visit) -> tuple[bool, Head]:
    """Whether the whole request was sent, and the reply's head; raises `Failure` and `_Stumbled`."""
    wait = visit.waits.first_byte
    reader = connection.incoming.begin(request.method)
    try:
        try:
            whole = _write(connection, request, head, visit)
        except TimeoutError:
            raise visit.timed_out(wait, "connection_write_timeout") from None
        visit.wait()
        return whole, read_head(connection.incoming, visit.within(wait))
    except TimeoutError:
        raise visit.timed_out(wait) from None
    except Broken as error:
        raise failed(error) from None
    except (Unanswered, OSError) as error:
        if reader.has_begun:
            raise failed(CutShort()) from None
        if connection.used:  # it ended while nobody used it, which is no fault
            raise _Stumbled(Trouble.STALE, failed(error)) from None
        raise _Stumbled(Trouble.UNANSWERED, visit.failed(failed(error))) from None


def _write(connection: Connection, request: Send, head: bytes, visit: Visit) -> bool:
    """Send it all; False when the service stopped listening, which it may do once it knows its answer."""
    wait = visit.within(visit.waits.first_byte)
    if wait <= 0:
        raise TimeoutError
    connection.socket.settimeout(wait)
    connection.socket.sendall(head)
    if request.body is None:
        return True
    length, chunks = request.body.length, _bounded(request.body.chunks, request.body.most)
    for piece in _framed(chunks) if length is None else _exactly(chunks, length):
        try:
            connection.socket.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            return False
    return True


def _framed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield from (chunk(piece) for piece in pieces if piece)
    yield LAST_CHUNK


def _bounded(chunks: Iterable[bytes], most: int | None) -> Iterator[bytes]:
    sent = 0
    for piece in chunks:
        sent += len(piece)
        if most is not None and sent > most:
            raise too_large(most)
        yield piece


def _exactly(chunks: Iterable[bytes], length: int) -> Iterator[bytes]:
    # One byte too many would be the beginning of somebody else's request on this connection.
    for piece in chunks:
        length -= len(piece)
        if length < 0:
            break
        yield piece
    if length != 0:
        raise ValueError("a body is not as long as it was said to be")


if TYPE_CHECKING:
    _: Upstream = BlockingUpstream(AddressPolicy())
