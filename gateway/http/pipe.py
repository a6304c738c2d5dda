"""A body on its way from one connection to another, on one event loop: pushed, never pulled, and held back when full.

The law: what was written is held or has left, in order; the source is told to stop as soon as the sink is full, or when
nobody has opened the pipe yet and enough is held; each end learns once how it ended.
"""

from collections.abc import Iterator
from typing import Protocol

_HELD = 64 * 1024
"""How many bytes are held for a sink that has not opened the pipe yet."""


class Source(Protocol):
    """Where a body comes from: a client's connection, or a service's."""

    def wanted(self) -> None:
        """Somebody reads: whoever waits to be asked for the body (RFC 9110 §10.1.1) may be asked now."""

    def pause_body(self) -> None:
        """Send nothing more for now."""

    def resume_body(self) -> None:
        """Go on."""

    def unwanted(self) -> None:
        """Nobody will read the rest."""


class Sink(Protocol):
    """Where a body goes."""

    def write(self, piece: bytes) -> None:
        """The next piece, never empty."""

    def end(self) -> None:
        """There is no more."""

    def fail(self, reason: Exception) -> None:
        """It breaks off here."""


class Pipe:
    """Carries one body."""

    __slots__ = ("_closed", "_ended", "_failure", "_held", "_paused", "_sink", "_size", "_source")

    def __init__(self, source: Source) -> None:
        """From this source, to whoever opens it."""
        self._source = source
        self._sink: Sink | None = None
        self._held: list[bytes] = []
        self._size = 0
        self._paused = False
        self._ended = False
        self._closed = False
        self._failure: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        raise TypeError("this body is pushed past the hooks; Body.at_most bounds it")

    @property
    def has_begun(self) -> bool:
        """Whether anything has come, or everything."""
        return bool(self._held) or self._ended

    # --- for the source

    def write(self, piece: bytes) -> None:
        """Pass a piece on, or hold it."""
        if self._sink:
            self._sink.write(piece)
        elif not self._closed:
            self._held.append(piece)
            self._size += len(piece)
            if self._size > _HELD:
                self.pause()

    def end(self) -> None:
        """There is no more."""
        self.resume()  # the source may carry something else next, and is not to be found held back
        self._ended = True
        if self._sink:
            sink, self._sink = self._sink, None
            sink.end()

    def fail(self, reason: Exception) -> None:
        """It breaks off here."""
        if self._ended or self._failure:
            return
        self._failure = reason
        if self._sink:
            sink, self._sink = self._sink, None
            sink.fail(reason)

    # --- for the sink

    def open(self, sink: Sink) -> None:
        """Take what is held, and from now on each piece as it comes."""
        self._sink = sink
        held, self._held, self._size = self._held, [], 0
        for piece in held:
            sink.write(piece)
        if self._failure:
            self._sink = None
            sink.fail(self._failure)
        elif self._ended:
            self._sink = None
            sink.end()
        else:
            self._source.wanted()
            self.resume()

    def pause(self) -> None:
        """The sink is full."""
        if not (self._paused or self._ended):
            self._paused = True
            self._source.pause_body()

    def resume(self) -> None:
        """The sink takes again."""
        if self._paused and not self._ended:
            self._paused = False
            self._source.resume_body()

    def close(self) -> None:
        """The sink wants no more."""
        self._sink = None
        self._held = []
        if not (self._closed or self._ended or self._failure):
            self._closed = True
            self._source.unwanted()
