"""Whether the other end of a connection takes what it is sent, however slowly.

A transport tells that it is full, and that it is empty again; between the two lie megabytes in the kernel, for which a
slow reader may need minutes. What it has yet to acknowledge falls all the while, unless it has stopped reading. Whoever
reads a byte now and then, to hold on to a connection for ever, is as good as stopped.
"""

import asyncio
import fcntl
import struct
from math import inf
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
    """Of a reader that is slow, since it was first waited for."""

    __slots__ = ("_untaken",)

    def __init__(self) -> None:
        """Nobody is waited for."""
        self._untaken: float = inf

    def is_made(self, transport: asyncio.Transport, seconds: float) -> bool:
        """Whether it took enough since this was last asked, so many seconds ago, or since `begin`; in doubt, it did."""
        # It may hold more than before: what was on its way when the transport was full. How much of that was taken
        # nobody knows, and little can still be on its way the next time.
        before, self._untaken = self._untaken, untaken(transport)
        least = max(min(LEAST_RATE * seconds, before), 1)
        return self._untaken > before or before - self._untaken >= least

    def begin(self, transport: asyncio.Transport) -> None:
        """It is waited for from now on."""
        self._untaken = untaken(transport)
