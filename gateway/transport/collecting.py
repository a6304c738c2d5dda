"""The body of a request for a page, collected on the loop before any thread has to do with it: `wsgi.input` (PEP 3333).

The law: no thread waits for a client. What is collected is bounded: each body, those of a worker together, and the
time a body takes, for whoever sends a byte now and then would never be late. Little of a body is held in memory; what
is longer lies in a file without a name, and leaves with it.
"""

import tempfile
from collections.abc import Callable
from typing import IO

from werkzeug.exceptions import RequestEntityTooLarge

from gateway.http.pipe import Pipe
from gateway.pipeline.refusals import TOO_SLOW, Refusal
from gateway.transport.bounded import overloaded
from gateway.transport.progress import LEAST_RATE

MOST = 16 * 1024 * 1024
"""How long a body may be, in bytes: longer than any page takes, so that the page itself says how long it may be."""

MOST_TOGETHER = 256 * 1024 * 1024
"""How many bytes the bodies of one worker may hold together, nearly all of them on disk."""

_IN_MEMORY = 16 * 1024


class Room:
    """What the bodies of a worker may take: bytes, and the time by this clock, in seconds."""

    def __init__(self, now: Callable[[], float], patience: float, most: int = MOST_TOGETHER) -> None:
        """So many bytes at most; `patience` is for a client that sends nothing at first."""
        self.now = now
        self.patience = patience
        self.left = most


class TooLong:
    """Stands for a body that nobody collects: whoever reads it is told so in Werkzeug's words (413)."""

    def read(self, *_: int) -> bytes:
        """Not to be had."""
        raise RequestEntityTooLarge

    readline = readlines = __iter__ = read


class Collecting:
    """The sink of one body. `told` is called once, with what went wrong or None when `body` may be read."""

    def __init__(self, pipe: Pipe, room: Room, told: Callable[[Exception | None], None]) -> None:
        """Nothing is read before `begin`."""
        self.body: IO[bytes] | TooLong = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - `close` closes it
        self._pipe = pipe
        self._room = room
        self._told: Callable[[Exception | None], None] | None = told
        self._size = 0
        self._began = 0.0

    def begin(self, length: int | None) -> None:
        """Take what comes; `length` is what was announced, in bytes. Who waits to be asked for a body is asked."""
        self._began = self._room.now()
        if length is not None and length > MOST:
            self._do_without()
        else:
            self._pipe.open(self)

    def write(self, piece: bytes) -> None:
        """A piece has come."""
        size = self._size + len(piece)
        if size > MOST:
            self._do_without()
        elif len(piece) > self._room.left:
            self._tell(overloaded())
        elif self._room.now() - self._began > self._room.patience + size / LEAST_RATE:
            self._tell(Refusal(TOO_SLOW))
        else:
            self._keep(piece)

    def end(self) -> None:
        """There is no more."""
        self._tell(None)

    def fail(self, reason: Exception) -> None:
        """It breaks off."""
        self._tell(reason)

    def close(self) -> None:
        """Nobody reads any more."""
        self._told = None
        self._pipe.close()
        self._give_back()

    def _keep(self, piece: bytes) -> None:
        if isinstance(self.body, TooLong):
            return
        try:
            self.body.write(piece)
        except OSError:  # the disk is full
            self._tell(overloaded())
            return
        self._size += len(piece)
        self._room.left -= len(piece)

    def _do_without(self) -> None:
        self._pipe.close()
        self._give_back()
        self.body = TooLong()
        self._tell(None)

    def _give_back(self) -> None:
        self._room.left += self._size
        self._size = 0
        if not isinstance(self.body, TooLong):
            self.body.close()

    def _tell(self, failure: Exception | None) -> None:
        told, self._told = self._told, None
        if told is None:
            return
        if failure is None and not isinstance(self.body, TooLong):
            self.body.seek(0)
        told(failure)
