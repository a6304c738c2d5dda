"""Whether the other end of a connection takes what it is sent, however slowly.

A transport tells that it is full, and that it is empty again; between the two lie megabytes in the kernel, for which a
slow reader may need minutes. What it has yet to acknowledge falls, unless it has stopped reading. Whoever reads a byte
now and then, to hold on to a connection for ever, is as good as stopped.

It falls in steps: a receiver opens a window that was shut only when a good part of its buffer is free (RFC 9293
§3.8.6.2.2), and until then a slow reader cannot be told from one that stopped. The steps that were seen are of 194 KB.
"""

import asyncio
import fcntl
import struct
from termios import TIOCOUTQ

LEAST_RATE = 500
"""How many bytes a second a reader must take at least."""

_INT = struct.Struct("i")


def untaken(transport: asyncio.Transport) -> int:
    """How many bytes were written that the other end has not acknowledged; tcp(7): SIOCOUTQ, which is TIOCOUTQ."""
    held = transport.get_write_buffer_size()
    end = transport.get_extra_info("socket")
    if end is None or end.fileno() < 0:  # closed already
        return held
    (in_kernel,) = _INT.unpack(fcntl.ioctl(end.fileno(), TIOCOUTQ, bytes(_INT.size)))
    return held + int(in_kernel)


class Progress:
    """Of a reader that is slow, since it was first waited for.

    It is lent seconds. They run out while it is waited for, and `LEAST_RATE` bytes that it takes pay one back.
    """

    __slots__ = ("_left", "_lent", "_looked_at", "_untaken")

    def __init__(self) -> None:
        """Nobody is waited for."""
        self._untaken = 0
        self._lent = self._left = self._looked_at = 0.0

    def begin(self, transport: asyncio.Transport, now: float, lent: float) -> None:
        """It is waited for from now on, and may seem to stand still for so many seconds."""
        self._untaken = untaken(transport)
        self._looked_at = now
        self._lent = self._left = lent

    def is_made(self, transport: asyncio.Transport, now: float) -> bool:
        """Whether it took enough until now, and had something to take when this was last asked; in doubt, it did."""
        before, self._untaken = self._untaken, untaken(transport)
        waited, self._looked_at = now - self._looked_at, now
        # It may hold more than before: what was on its way when the transport was full. How much of that was taken
        # nobody knows, and little can still be on its way the next time.
        if self._untaken <= before:
            paid = (before - self._untaken) / LEAST_RATE
            self._left = min(self._left - waited + paid, self._lent)
        return before > 0 and self._left > 0
