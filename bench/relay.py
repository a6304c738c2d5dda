"""`python -m bench.relay PORT UPSTREAM`: passes bytes on between a client and a service, and reads none of them.

What the gateway's own event loop costs by itself: no proxy on it can be faster. It is a yardstick, and no gateway.
"""

import asyncio
import sys
from typing import cast

import uvloop


class _End(asyncio.Protocol):
    """One end; what is said here goes to the other."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.other: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self.other:
            self.other.write(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if self.other:
            self.other.close()


class _Client(_End):
    """The client's end; what it says before the service's is there is held."""

    def __init__(self, upstream: int) -> None:
        super().__init__()
        self._upstream = upstream
        self._held = b""
        self._joining: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._joining = asyncio.get_running_loop().create_task(self._join())

    def data_received(self, data: bytes) -> None:
        if self.other:
            self.other.write(data)
        else:
            self._held += data

    async def _join(self) -> None:
        loop = asyncio.get_running_loop()
        other, service = await loop.create_connection(_End, "127.0.0.1", self._upstream)
        service.other = self.transport
        other.write(self._held)
        self.other = other
        if self.transport.is_closing():
            other.close()


async def serve(port: int, upstream: int) -> None:
    """Pass on between whoever calls this port of loopback and this other one, until cancelled."""
    server = await asyncio.get_running_loop().create_server(lambda: _Client(upstream), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2])))
