"""Everything that is not a call to an API, inside the fast worker: the Flask app behind it, on a pool of threads.

The law: the loop's thread never waits for a page, and a page touches the loop by `call_soon_threadsafe` only. A request
is whole before a thread has it (collecting.py); what the page answers streams. What its client is too slow for is laid
aside (spilling.py), and only behind that does a thread wait, for as long as the client may read slowly.
"""

import asyncio
import io
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from gateway.http.headers import Headers
from gateway.http.wire import BODILESS
from gateway.pipeline.refusals import INTERNAL, Refusal, Refused
from gateway.transport import undecided
from gateway.transport.arrival import arrival_at
from gateway.transport.bounded import BoundedThreads
from gateway.transport.collecting import Collecting, Room
from gateway.transport.connection import ClientConnection
from gateway.transport.parties import PATIENCE
from gateway.transport.requests import Request
from gateway.transport.spilling import Spill
from gateway.transport.wsgi import Application
from gateway.transport.wsgi_environ import make_environ

_log = logging.getLogger(__name__)

_MOST_PIECES = 4


class Pages:
    """A WSGI application on a bounded pool of threads."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, application: Application, documentation: str, threads: int
    ) -> None:
        """Run at most `threads` at once, and let sixteen times as many wait."""
        self.loop = loop
        self.documentation = documentation
        self.application = application
        self.room = Room(loop.time, PATIENCE.stall)
        self._threads = BoundedThreads(loop, "page", threads, 16 * threads)

    @property
    def taken(self) -> int:
        """How many are run, or wait for their turn."""
        return self._threads.taken

    def run(self, work: Callable[[], None]) -> None:
        """Do this on a thread; raises `Refusal` when too many wait."""
        self._threads.do(work, _nothing_more)

    def close(self) -> None:
        """Wait for the threads to end what they do."""
        self._threads.close()


def _nothing_more(_done: Any) -> None:
    """A page has told the loop itself how it ended."""


class PageExchange:
    """One request to the application behind. Methods with a leading `_on_loop` run there, `_work` on a thread."""

    def __init__(self, pages: Pages, connection: ClientConnection, request: Request) -> None:
        """Nothing has happened yet."""
        self._pages = pages
        self._connection = connection
        self._request = request
        self._collecting: Collecting | None = None
        self._room = threading.Semaphore(_MOST_PIECES)
        self._spill = Spill(pages.room)
        self._is_whole = False
        self._left = False
        self._is_handed_over = False
        self._paused = False
        self._behind: deque[bytes] = deque()  # what there was no room to lay aside; the thread waits for its places
        self._begun = False
        self._announced: int | None = None  # what is still to come of a body whose length was told
        self._head: tuple[int, list[tuple[str, str]]] | None = None

    # --- on the loop

    def start(self) -> None:
        """Hand the request to a thread, once it is whole: a body that drips in keeps no thread waiting."""
        request = self._request
        if request.body is None:
            self._hand_over()
        else:
            self._collecting = Collecting(request.body, self._pages.room, self._collected)
            self._collecting.begin(request.length)

    def _collected(self, failure: Exception | None) -> None:
        # Bodies that break off do so by the hundred (a network is gone, an attack ends): they take no thread, and no
        # place that a page would wait in. Whose connection is lost is told before this is done, and needs no answer.
        if failure is None:
            self._hand_over()
        else:
            self._pages.loop.call_soon(self._on_loop_cut, failure)

    def _on_loop_cut(self, failure: Exception) -> None:
        self._forget_body()
        if not self._left:
            self._answer(failure if isinstance(failure, Refused) else Refused(INTERNAL))

    def _hand_over(self) -> None:
        if self._left:
            return
        try:
            self._pages.run(self._work)
            self._is_handed_over = True
        except Refusal as refusal:
            self._forget_body()
            self._answer(refusal)

    def _forget_body(self) -> None:
        collecting, self._collecting = self._collecting, None
        if collecting:
            collecting.close()

    def pause_reply(self) -> None:
        """The client reads slowly: what comes is laid aside."""
        self._paused = True

    def resume_reply(self) -> None:
        """The client reads again."""
        self._paused = False
        try:
            self._pour()
        except OSError:
            _log.exception("what was laid aside of a reply cannot be read")
            self._on_loop_broken()

    def _pour(self) -> None:
        while self._spill and not self._paused:
            self._connection.write(self._spill.give())
        while self._behind and not (self._spill or self._paused):
            self._connection.write(self._behind.popleft())
            self._room.release()
        if self._is_whole and not (self._spill or self._behind):
            self._finish()

    def leave(self) -> None:
        """The client has left: the thread finds out at its next piece."""
        self._left = True
        if not self._is_handed_over:
            self._forget_body()
        self._let_go()

    def _let_go(self) -> None:
        self._spill.close()
        while self._behind:
            self._behind.pop()
            self._room.release()

    def _answer(self, refused: Refused) -> None:
        headers = self._request.headers
        arrival = arrival_at(time.time(), 0)
        reply, _ = undecided.answer(
            refused, self._request.method, headers.get("accept-language"), arrival, self._pages.documentation
        )
        self._on_loop_head(reply.status, list(reply.headers.pairs), reply.body.length, b"".join(reply.body.chunks))
        self._on_loop_end()

    def _on_loop_head(self, status: int, fields: list[tuple[str, str]], length: int | None, piece: bytes) -> None:
        try:
            if not self._left:
                self._announced = None if status in BODILESS else length
                self._connection.reply(status, Headers.of(fields), length)
        except ValueError:  # the page made a field that is none
            _log.exception("the reply of a page cannot be written")
            self._left = True
            self._connection.abort()
        self._on_loop_piece(piece)

    def _on_loop_piece(self, piece: bytes) -> None:
        if self._left:
            self._room.release()
        elif self._request.method != "HEAD" and (piece := self._cut_to_size(piece)):
            self._pass_on(piece)
        else:
            self._connection.flush()
            self._room.release()

    def _cut_to_size(self, piece: bytes) -> bytes:
        # PEP 3333: more than was announced is not the body's, and would be read as the next reply.
        if self._announced is not None:
            piece = piece[: self._announced]
            self._announced -= len(piece)
        return piece

    def _pass_on(self, piece: bytes) -> None:
        if not (self._paused or self._spill or self._behind):
            self._connection.write(piece)
        elif self._behind or not self._spill.take(piece):
            self._behind.append(piece)
            return
        self._room.release()

    def _on_loop_end(self) -> None:
        if self._announced and self._request.method != "HEAD":
            _log.error("a page announced %d bytes more than it gave", self._announced)
            self._on_loop_broken()
            return
        self._forget_body()
        self._is_whole = True
        if not (self._spill or self._behind):
            self._finish()

    def _finish(self) -> None:
        if not self._left:
            self._left = True
            self._connection.finish()

    def _on_loop_broken(self) -> None:
        self._forget_body()
        self._let_go()
        if self._left:
            return
        self._left = True
        if self._begun:
            self._connection.abort()
        else:
            self._left = False
            self._answer(Refused(INTERNAL))

    # --- on a thread

    def _work(self) -> None:
        call = self._pages.loop.call_soon_threadsafe
        try:
            self._run_application()
        except _Gone:
            call(self._on_loop_broken)
        except Exception:  # noqa: BLE001 - the top of a request: a bug is logged here and answered as a problem
            _log.exception("a page failed")
            call(self._on_loop_broken)
        else:
            call(self._on_loop_end)

    def _run_application(self) -> None:
        if self._left:
            raise _Gone
        body = self._collecting.body if self._collecting else io.BytesIO()
        result = self._pages.application(make_environ(self._connection, self._request, body), self._start_response)
        try:
            for piece in result:
                if piece:
                    self._send(piece, result)
            if not self._begun:
                self._send(b"", result)
        finally:
            close = getattr(result, "close", None)
            if close:
                close()

    def _start_response(
        self, status: str, fields: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        if exc_info and self._begun:
            raise exc_info[1].with_traceback(exc_info[2])
        self._head = int(status[:3]), list(fields)
        return lambda piece: self._send(piece, ())

    def _send(self, piece: bytes, result: Iterable[bytes]) -> None:
        self._room.acquire()  # whoever reads too slowly is cut, and then nobody waits: see `leave`
        if self._left:
            raise _Gone
        call = self._pages.loop.call_soon_threadsafe
        if self._begun:
            call(self._on_loop_piece, piece)
            return
        if self._head is None:
            raise RuntimeError("the application sent a body before its head")
        self._begun = True
        status, fields = self._head
        call(self._on_loop_head, status, fields, _length(fields, piece, result), piece)


class _Gone(Exception):  # noqa: N818 - what the client is
    """The client has left, or does not read."""


def _length(fields: list[tuple[str, str]], piece: bytes, result: Iterable[bytes]) -> int | None:
    announced = next((value for name, value in fields if name.lower() == "content-length"), None)
    if announced is not None:
        return int(announced)
    whole = isinstance(result, (list, tuple)) and len(result) <= 1
    return len(piece) if whole else None
