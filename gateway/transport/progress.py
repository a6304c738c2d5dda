"""Whether the other end of a connection takes what it is sent, however slowly.

A transport tells that it is full, and that it is empty again; between the two lie megabytes in the kernel, for which a
slow reader may need minutes. What it has acknowledged grows, unless it has stopped reading. Whoever reads a byte now
and then, to hold on to a connection for ever, is as good as stopped.

It grows in steps: a receiver opens a window that was shut only when a good part of its buffer is free (RFC 9293
§3.8.6.2.2), and until then a slow reader cannot be told from one that stopped. The steps that were seen are of 194 KB.
"""

import asyncio
import fcntl
import socket
import struct
from termios import TIOCOUTQ

LEAST_RATE = 500
"""How many bytes a second a reader must take at least."""

_INT = struct.Struct("i")
_BYTES_ACKED = struct.Struct("120x Q")
"""`tcpi_bytes_acked` in Linux's `struct tcp_info` (RFC 4898 tcpEStatsAppHCThruOctetsAcked)."""


def untaken(transport: asyncio.Transport) -> int:
    """How many bytes were written that the other end has not acknowledged; tcp(7): SIOCOUTQ, which is TIOCOUTQ."""
    held = transport.get_write_buffer_size()
    end = transport.get_extra_info("socket")
    if end is None or end.fileno() < 0:  # closed already
        return held
    (in_kernel,) = _INT.unpack(fcntl.ioctl(end.fileno(), TIOCOUTQ, bytes(_INT.size)))
    return held + int(in_kernel)


def acknowledged(transport: asyncio.Transport) -> int | None:
    """How many bytes the other end has acknowledged since it connected; None where nobody counts: no TCP, or closed.

    What a transport of TLS has passed on to the one beneath it is in no sum of what is untaken; this counts it all.
    """
    end = transport.get_extra_info("socket")
    if end is None or end.fileno() < 0 or end.family == socket.AF_UNIX:
        return None
    told = end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_ACKED.size)
    return int(_BYTES_ACKED.unpack(told)[0]) if len(told) == _BYTES_ACKED.size else None


class Progress:
    """Of a reader that is slow, since it was first waited for.

    It is lent seconds. They run out while it is waited for, and `LEAST_RATE` bytes that it takes pay one back.
    """

    __slots__ = ("_acknowledged", "_left", "_lent", "_looked_at", "_untaken")

    def __init__(self) -> None:
        """Nobody is waited for."""
        self._untaken = 0
        self._acknowledged: int | None = None
        self._lent = self._left = self._looked_at = 0.0

    def begin(self, transport: asyncio.Transport, now: float, lent: float) -> None:
        """It is waited for from now on, and may seem to stand still for so many seconds."""
        self._untaken, self._acknowledged = untaken(transport), acknowledged(transport)
        self._looked_at = now
        self._lent = self._left = lent

    def is_made(self, transport: asyncio.Transport, now: float) -> bool:
        """Whether it took enough until now, and had something to take when this was last asked; in doubt, it did."""
        before, self._untaken = self._untaken, untaken(transport)
        waited, self._looked_at = now - self._looked_at, now
        taken = self._taken(transport, before)
        if taken is not None:
            self._left = min(self._left - waited + taken / LEAST_RATE, self._lent)
        return before > 0 and self._left > 0

    def _taken(self, transport: asyncio.Transport, before: int) -> int | None:
        last, self._acknowledged = self._acknowledged, acknowledged(transport)
        if last is not None and self._acknowledged is not None:
            return self._acknowledged - last
        # It may hold more than before: what was on its way when the transport was full. How much of that was taken
        # nobody knows, and little can still be on its way the next time.
        return before - self._untaken if self._untaken <= before else None
