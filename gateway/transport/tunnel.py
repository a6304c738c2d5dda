"""A tunnel: a client's connection and a service's, once both have left HTTP for another protocol (RFC 9110 §7.8).

The law: bytes pass as they come, in order, and are neither read nor collected here: who reads slowly makes the other
side send slowly. When either side closes, so does the other, once it was given what was on its way; a tunnel that has
carried nothing for too long is closed.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from gateway.http.headers import Headers
from gateway.http.messages import Reply
from gateway.http.wire import reply_head
from gateway.pipeline.refusals import INTERNAL, OVERLOADED, Refusal, Refused
from gateway.transport.connection import ClientConnection
from gateway.transport.judging import malformed
from gateway.transport.parties import Patience
from gateway.upstream.carriage import Carriage

MOST_TUNNELS = 1024
"""How many tunnels one worker keeps open."""

_RETRY_SECONDS = 10

_LAST_SECONDS = 1.0
"""How long a worker that ends waits for those who read slowly."""


class Tunnels:
    """Those of one worker. `now` is the loop's time, in seconds."""

    def __init__(self, now: Callable[[], float], patience: Patience, most: int = MOST_TUNNELS) -> None:
        """Nobody has switched yet."""
        self.now = now
        self.patience = patience
        self.most = most
        self._tunnels: set[Tunnel] = set()
        self._emptied = asyncio.Event()

    def __len__(self) -> int:
        return len(self._tunnels)

    def refuse_surplus(self) -> None:
        """Raise a `Refusal` when there are as many as there may be."""
        if len(self._tunnels) >= self.most:
            retry = Headers((("Retry-After", str(_RETRY_SECONDS)),))
            raise Refusal(OVERLOADED, headers=retry, seconds=_RETRY_SECONDS)

    def open(
        self, connection: ClientConnection, carriage: Carriage | None, reply: Reply, ended: Callable[[int], None]
    ) -> None:
        """Pass the service's 101 on, and from then on all that either side says.

        `ended` is told once, when both sides are closed, how many bytes the client was sent. Raises `Refused` or
        ValueError (a field is none) while nothing has left yet.
        """
        self.refuse_surplus()
        head = reply_head(reply.status, reply.headers.lines)
        switched = carriage.switched if carriage else None
        if switched is None:
            raise Refused(INTERNAL)  # a plugin made up the 101
        client = connection.hand_over()
        if client is None:
            raise malformed(
                "More was sent before the switch of protocols was answered.",
                "Des octets ont suivi la demande de changement de protocole avant sa réponse.",
            )
        service, begun = switched.hand_over()
        client.write(head)
        tunnel = Tunnel(self, client, service, ended)
        self._tunnels.add(tunnel)
        if begun:
            tunnel.downwards.data_received(begun)

    def closed(self, tunnel: "Tunnel") -> None:
        """Both sides of one are closed."""
        self._tunnels.discard(tunnel)
        if not self._tunnels:
            self._emptied.set()

    def tick(self, now: float) -> None:
        """Close what has been silent for too long."""
        for tunnel in [waiting for waiting in self._tunnels if waiting.deadline < now]:
            tunnel.time_out()

    async def close(self) -> None:
        """Close them all, and wait a moment until they are."""
        if not self._tunnels:
            return
        for tunnel in list(self._tunnels):
            tunnel.close()
        self._emptied.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                await self._emptied.wait()
        for tunnel in list(self._tunnels):
            tunnel.time_out()


class Tunnel:
    """One, from the switch until both sides are closed."""

    __slots__ = ("_closing", "_ended", "_open_sides", "_tunnels", "deadline", "downwards", "upwards")

    def __init__(
        self,
        tunnels: Tunnels,
        client: asyncio.Transport,
        service: asyncio.Transport,
        ended: Callable[[int], None],
    ) -> None:
        """Between these two."""
        self._tunnels = tunnels
        self._ended = ended
        self._closing = False
        self._open_sides = 2
        self.upwards = Side(self, client, service)
        self.downwards = Side(self, service, client)
        self.extend()
        client.set_protocol(self.upwards)
        service.set_protocol(self.downwards)

    def extend(self) -> None:
        """Something was said."""
        self.deadline = self._tunnels.now() + self._tunnels.patience.tunnel

    def close(self) -> None:
        """Close both sides, once they were given what is on its way."""
        if not self._closing:
            self._closing = True
            self.deadline = self._tunnels.now() + self._tunnels.patience.stall
            self.upwards.transport.close()
            self.downwards.transport.close()

    def time_out(self) -> None:
        """Nobody has said anything for too long, or somebody does not read what was said last."""
        if self._closing:
            self.upwards.transport.abort()
            self.downwards.transport.abort()
        self.close()

    def lost(self) -> None:
        """A side is closed."""
        self._open_sides -= 1
        self.close()
        if not self._open_sides:
            self._tunnels.closed(self)
            self._ended(self.downwards.passed)


class Side(asyncio.Protocol):
    """What one side says goes to the other."""

    __slots__ = ("_other", "_tunnel", "passed", "transport")

    def __init__(self, tunnel: Tunnel, transport: asyncio.Transport, other: asyncio.Transport) -> None:
        """Listen to this transport, and write to the other; `passed` counts bytes."""
        self.transport = transport
        self.passed = 0
        self._tunnel = tunnel
        self._other = other

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        self.passed += len(data)
        self._tunnel.extend()
        self._other.write(data)

    def pause_writing(self) -> None:
        """This side reads slowly: the other is not listened to."""
        if not self._other.is_closing():
            self._other.pause_reading()

    def resume_writing(self) -> None:
        """This side reads again."""
        if not self._other.is_closing():
            self._other.resume_reading()

    def eof_received(self) -> None:
        """This side has ended."""
        self._tunnel.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """This side is gone."""
        self._tunnel.lost()
