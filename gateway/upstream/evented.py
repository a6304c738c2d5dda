"""Sends requests to departments' services from an event loop: one connection for each call, kept warm between calls.

Nothing here waits: whoever asked is resumed with a reply, or told the failure, exactly once. What happens on one
connection is in conversation.py.
"""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from gateway.pipeline.effects import Send
from gateway.pipeline.refusals import UPSTREAM_UNREACHABLE, Failure
from gateway.pipeline.service import Target
from gateway.upstream.addresses import AddressPolicy, AddressRefused, check_addresses
from gateway.upstream.conversation import Carriage, Key, Receiver, ServiceConnection, key_of
from gateway.upstream.sending import MAX_IDLE_SECONDS, timed_out

_MAX_IDLE = 256
"""How many idle connections are kept for one service."""


class EventedUpstream:
    """A pooled client for one loop."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, policy: AddressPolicy, tls: ssl.SSLContext | None = None
    ) -> None:
        """Send where the policy allows. Certificates are verified against the system's authorities unless told else."""
        self.loop = loop
        self._policy = policy
        self._tls = tls or ssl.create_default_context()
        self._idle: dict[Key, list[ServiceConnection]] = defaultdict(list)
        self._busy: set[ServiceConnection] = set()
        self._opening: set[asyncio.Task[None]] = set()

    def send(self, request: Send, receiver: Receiver) -> Carriage:
        """Begin to carry a request; `close` the answer to give it up. Raises ValueError when it cannot be written."""
        carriage = Carriage(self, request, receiver)
        idle = self._idle.get(key_of(request.target))
        while idle:
            connection = idle.pop()
            if connection.is_open:
                self._give(connection, carriage)
                return carriage
        self.open_for(carriage)
        return carriage

    def now(self) -> float:
        """The loop's time, in seconds."""
        return self.loop.time()

    def open_for(self, carriage: Carriage) -> None:
        """Carry on a new connection."""
        task = self.loop.create_task(self._open(carriage))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    def give_back(self, connection: ServiceConnection, *, keeps: bool) -> None:
        """A connection's call is over."""
        self._busy.discard(connection)
        idle = self._idle[connection.key]
        if keeps and connection.is_open and len(idle) < _MAX_IDLE:
            connection.deadline = self.loop.time() + MAX_IDLE_SECONDS
            idle.append(connection)
        else:
            connection.close()

    def tick(self, now: float) -> None:
        """End what has waited too long. `now` is the loop's time, in seconds."""
        for connection in list(self._busy):
            if connection.deadline < now:
                connection.time_out()
            else:
                connection.begin()
        for key, idle in list(self._idle.items()):
            for connection in [held for held in idle if held.deadline < now or not held.is_open]:
                idle.remove(connection)
                connection.close()
            if not idle:
                del self._idle[key]

    def close(self) -> None:
        """Close the idle connections."""
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()

    def _give(self, connection: ServiceConnection, carriage: Carriage) -> None:
        self._busy.add(connection)
        connection.carry(carriage)

    async def _open(self, carriage: Carriage) -> None:
        target = carriage.request.target
        try:
            async with asyncio.timeout(target.connect_timeout):
                connection = await self._connect(target)
        except TimeoutError:
            carriage.fail(timed_out(target.connect_timeout))
        except (OSError, AddressRefused) as error:
            failure = Failure(UPSTREAM_UNREACHABLE)
            failure.__cause__ = error
            carriage.fail(failure)
        else:
            if carriage.is_given_up:
                self.give_back(connection, keeps=True)
            else:
                self._give(connection, carriage)

    async def _connect(self, target: Target) -> ServiceConnection:
        """A new connection. The addresses are judged here, where they are used (DNS rebinding)."""
        addresses = await self.loop.run_in_executor(None, self._policy.resolve, target.host, target.port)
        check_addresses(target, addresses, self._policy)
        return await self._first(target, addresses)

    async def _first(self, target: Target, addresses: Sequence[str]) -> ServiceConnection:
        tls = self._tls if target.scheme == "https" else None
        last: OSError = OSError("no address")
        for address in addresses:
            try:
                _, connection = await self.loop.create_connection(
                    partial(ServiceConnection, self, key_of(target)),
                    address,
                    target.port,
                    ssl=tls,
                    server_hostname=target.host if tls else None,
                )
            except OSError as error:
                last = error
            else:
                return connection
        raise last
