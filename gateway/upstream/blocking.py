"""Sends requests to departments' services for the plain lane: one thread waits, bodies stream both ways.

The law: what was asked goes out byte for byte; no redirect is followed; a request is sent a second time only when the
first try met a connection that had gone stale, changes nothing and has no body (RFC 9110 §9.2.2).
A request's body is sent to its end before the reply is read, except when the service hangs up on it.
"""

import itertools
import ssl
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from gateway.http.messages import Body, Reply
from gateway.http.wire import LAST_CHUNK, chunk
from gateway.pipeline.effects import Send
from gateway.pipeline.ports import Upstream
from gateway.pipeline.refusals import UPSTREAM_BROKEN, UPSTREAM_UNREACHABLE, Failure, too_large
from gateway.upstream.addresses import AddressPolicy, AddressRefused
from gateway.upstream.connections import Connection, Pool
from gateway.upstream.reading import read_body, read_head
from gateway.upstream.replies import Broken, Head, Unanswered
from gateway.upstream.sending import head_of, may_go_again, timed_out


class BlockingUpstream:
    """A pooled client. One for all the threads of a process."""

    def __init__(self, policy: AddressPolicy, tls: ssl.SSLContext | None = None) -> None:
        """Send where the policy allows. Certificates are verified against the system's authorities unless told else."""
        self._pool = Pool(policy, tls or ssl.create_default_context())

    def send(self, request: Send) -> Reply:
        """The reply, its body still on its way; raises `Failure`, and whatever reading the request's body raises."""
        head = head_of(request)
        connection = self._take(request)
        try:
            return self._exchange(connection, request, head)
        except (Unanswered, OSError):
            if not (connection.used and may_go_again(request)):
                raise Failure(UPSTREAM_UNREACHABLE) from None
        return self._again(request, head)

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()

    def _again(self, request: Send, head: bytes) -> Reply:
        connection = self._take(request, fresh=True)
        try:
            return self._exchange(connection, request, head)
        except (Unanswered, OSError):
            raise Failure(UPSTREAM_UNREACHABLE) from None

    def _take(self, request: Send, *, fresh: bool = False) -> Connection:
        try:
            return self._pool.open(request.target) if fresh else self._pool.take(request.target)
        except TimeoutError:
            raise timed_out(request.target.connect_timeout) from None
        except (OSError, AddressRefused) as error:
            raise Failure(UPSTREAM_UNREACHABLE) from error

    def _exchange(self, connection: Connection, request: Send, head: bytes) -> Reply:
        try:
            whole = _write(connection, request, head)
            answer = read_head(connection.incoming, request.method, request.target.read_timeout)
        except TimeoutError:
            connection.close()
            raise timed_out(request.target.read_timeout) from None
        except Broken:
            connection.close()
            raise Failure(UPSTREAM_BROKEN) from None
        except BaseException:
            connection.close()
            raise
        body = _ArrivingBody(self._pool, connection, answer, keeps=whole and answer.keeps)
        if answer.framing == "empty":
            body.close()
            return Reply(answer.status, answer.headers, Body((), 0))
        body.begin()
        return Reply(answer.status, answer.headers, Body(body, answer.length if answer.framing == "sized" else None))


class _ArrivingBody:
    """A reply's body. Read to its end it gives its connection back; closed before, it ends the connection."""

    def __init__(self, pool: Pool, connection: Connection, head: Head, *, keeps: bool) -> None:
        self._pool = pool
        self._connection = connection
        self._keeps = keeps
        self._chunks = read_body(connection.incoming, connection.target.read_timeout)
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
            raise timed_out(self._connection.target.read_timeout) from None
        except (Broken, OSError):
            self.close()
            raise Failure(UPSTREAM_BROKEN) from None

    def close(self) -> None:
        if self._released:
            return
        self._released = True
        if self._ended and self._keeps and self._connection.incoming.untouched:
            self._pool.give_back(self._connection)
        else:
            self._connection.close()


def _write(connection: Connection, request: Send, head: bytes) -> bool:
    """Send it all; False when the service stopped listening, which it may do once it knows its answer."""
    connection.socket.settimeout(request.target.read_timeout)
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
