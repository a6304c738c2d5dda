"""A request's body for a thread that waits: `wsgi.input` (PEP 3333), filled by the loop.

The law: the loop writes, one thread reads; what is held is bounded, because a full inflow holds the client back.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from werkzeug.exceptions import ClientDisconnected, RequestTimeout

from gateway.http.pipe import Pipe
from gateway.pipeline.refusals import TOO_SLOW, Refused

_MOST_HELD = 256 * 1024
_STALL_SECONDS = 40.0


class Inflow:
    """A file to read from. Ends at the end of the body.

    When it breaks off, whoever reads is told in Werkzeug's words whose matter that is, for the application behind has
    an answer to each: `RequestTimeout` (408) when the client stalls, `ClientDisconnected` (400) when it is gone.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, pipe: Pipe | None) -> None:
        """Read what comes through the pipe; it is opened at the first read."""
        self._loop = loop
        self._pipe = pipe
        self._held = bytearray()
        self._ended = pipe is None
        self._failure: Exception | None = None
        self._opened = False
        self._ready: Callable[[Exception | None], None] | None = None
        self._more = threading.Condition()

    # --- for the loop: the sink of the pipe

    def collect(self, ready: Callable[[Exception | None], None]) -> None:
        """Take what comes; tell once why it broke off, or None: there is no more, or as much as may be held."""
        self._ready = ready
        self._opened = True
        if self._pipe:
            self._pipe.open(self)

    def write(self, piece: bytes) -> None:
        """A piece has come."""
        with self._more:
            self._held += piece
            full = len(self._held) > _MOST_HELD
            self._more.notify()
        if full and self._pipe:
            self._pipe.pause()
            self._tell()

    def end(self) -> None:
        """There is no more."""
        with self._more:
            self._ended = True
            self._more.notify()
        self._tell()

    def fail(self, reason: Exception) -> None:
        """It breaks off."""
        with self._more:
            self._failure = reason
            self._more.notify()
        self._tell()

    def close(self) -> None:
        """Nobody reads any more."""
        if self._pipe:
            self._pipe.close()

    def _tell(self) -> None:
        ready, self._ready = self._ready, None
        if ready:
            ready(self._failure)

    # --- for the thread

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, none at the end; all of them when it is negative."""
        return self._take(size) if size >= 0 else b"".join(iter(lambda: self._take(_MOST_HELD), b""))

    def readline(self, size: int = -1) -> bytes:
        """A line with its end, of at most `size` bytes when that is not negative."""
        line = b""
        while not line.endswith(b"\n") and len(line) != size:
            piece = self._take(size - len(line) if size >= 0 else _MOST_HELD, of_a_line=True)
            if not piece:
                break
            line += piece
        return line

    def readlines(self, hint: int = -1) -> list[bytes]:  # noqa: ARG002 - PEP 3333 lets us ignore it
        """All the lines."""
        return list(self)

    def __iter__(self) -> Any:
        return iter(self.readline, b"")

    def _take(self, most: int, *, of_a_line: bool = False) -> bytes:
        self._open()
        with self._more:
            while most and not self._held and not self._ended:
                self._wait()
            end = self._held.find(b"\n", 0, most) + 1 if of_a_line else 0
            return self._cut(end or min(most, len(self._held)))

    def _open(self) -> None:
        if not self._opened:
            self._opened = True
            if self._pipe:
                self._loop.call_soon_threadsafe(self._pipe.open, self)

    def _wait(self) -> None:
        if not self._failure and self._more.wait(_STALL_SECONDS):
            return
        reason = self._failure
        if reason is None or (isinstance(reason, Refused) and reason.row is TOO_SLOW):
            raise RequestTimeout
        raise ClientDisconnected

    def _cut(self, length: int) -> bytes:
        was_full = len(self._held) > _MOST_HELD
        piece = bytes(self._held[:length])
        del self._held[:length]
        if was_full and len(self._held) <= _MOST_HELD and self._pipe:
            self._loop.call_soon_threadsafe(self._pipe.resume)
        return piece
