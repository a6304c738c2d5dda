"""Reads a reply from a socket that waits: replies.py says what the bytes mean, this file how long they may take."""

import socket
import time
from collections.abc import Iterator
from math import inf

from gateway.upstream.replies import Broken, Head, ReplyReader

_PIECE = 64 * 1024


class Incoming:
    """The bytes that arrive on one socket, reply after reply."""

    def __init__(self, connection: socket.socket) -> None:
        """Read from this socket; its timeout is set at each read."""
        self._socket = connection
        self.reader = ReplyReader("GET")
        self._begun = False
        self._broken: Broken | None = None

    @property
    def untouched(self) -> bool:
        """Whether nothing was read that was not used: another reply may be read here."""
        return not self._begun or self.reader.is_exact

    def begin(self, method: str) -> ReplyReader:
        """Read the reply to a request with this method."""
        self.reader, self._begun = ReplyReader(method), True
        return self.reader

    def more(self, reader: ReplyReader, timeout: float) -> None:
        """Wait for more of the reply; raises `Broken`, `Unanswered` and OSError.

        What came before the fault is given out first, so that nothing depends on how the bytes were cut.
        """
        if self._broken:
            raise self._broken
        if timeout <= 0:
            raise TimeoutError
        self._socket.settimeout(timeout)
        data = self._socket.recv(_PIECE)
        try:
            reader.feed(data) if data else reader.close()
        except Broken as broken:
            if not reader.has_pieces:
                raise
            self._broken = broken


def read_head(incoming: Incoming, timeout: float) -> Head:
    """The final head, all of it within `timeout` seconds; interim ones (RFC 9110 §15.2) are read past."""
    reader = incoming.reader
    deadline = time.monotonic() + timeout
    while reader.head is None:
        incoming.more(reader, deadline - time.monotonic())
    return reader.head


def read_body(incoming: Incoming, timeout: float, ends_at: float = inf) -> Iterator[bytes]:
    """The body as it arrives; each wait is at most `timeout` seconds, all end at `ends_at`. As `more`."""
    reader = incoming.reader
    yield from reader.take()
    while not reader.ended:
        incoming.more(reader, min(timeout, ends_at - time.monotonic()))
        yield from reader.take()
