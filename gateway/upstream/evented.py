"""Sends requests to departments' services from an event loop: one connection for each call, kept warm between calls.

Nothing here waits: whoever asked is resumed with a reply, or told the failure, exactly once. What happens on one
connection is in conversation.py.
"""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import cast

from gateway.http.outbox import Outbox
from gateway.pipeline.effects import Send
from gateway.pipeline.service import Service
from gateway.upstream.addresses import AddressPolicy, AddressRefused, check_addresses
from gateway.upstream.balancing import Balance, Balances, Place
from gateway.upstream.carriage import Carriage, Receiver
from gateway.upstream.checking import Checks, Checkup
from gateway.upstream.conversation import ServiceConnection
from gateway.upstream.crowding import MOST_WAITING
from gateway.upstream.encryption import context_of
from gateway.upstream.failing import failed
from gateway.upstream.naming import Names, SlowNames
from gateway.upstream.retrying import Trouble
from gateway.upstream.sending import MAX_IDLE_SECONDS
from gateway.upstream.standing import Standing

_MAX_IDLE = 256
"""How many idle connections are kept for one service."""


class EventedUpstream:
    """A pooled client for one loop."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        policy: AddressPolicy,
        tls: ssl.SSLContext | None = None,
        most_calls: int = MOST_WAITING,
    ) -> None:
        """Send where the policy allows. Certificates are verified against the system's authorities unless told else.

        `most_calls` may wait at once, whichever services they wait for.
        """
        self.loop = loop
        self.outbox = Outbox(loop.call_soon)
        self._policy = policy
        self._tls = tls or ssl.create_default_context()
        self._names = Names(policy.resolve)
        self._balances = Balances(loop.time, most_calls)
        self._checks = Checks(self._check)
        self._idle: dict[Place, list[ServiceConnection]] = defaultdict(list)
        self._busy: set[ServiceConnection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._keeps = True

    def refuse_surplus(self, service: Service) -> None:
        """Raise a `Failure` when too many calls wait for this service, or for all together."""
        self._balances.of(service).crowd.refuse_surplus(service.most_in_flight)

    def send(self, request: Send, receiver: Receiver) -> Carriage:
        """Begin to carry a request; `close` the answer to give it up.

        Raises `Failure` when no target takes calls now, and ValueError when the request cannot be written.
        """
        carriage = Carriage(self, request, receiver, self._balances.of(request.service))
        idle = self._idle.get(carriage.member.place)
        while idle:
            connection = idle.pop()
            if connection.is_open:
                self._give(connection, carriage)
                return carriage
        self.open_for(carriage)
        return carriage

    def standing(self) -> Standing:
        """How connections and targets stand now."""
        idle = sum(map(len, self._idle.values()))
        return replace(self._balances.standing(), busy=len(self._busy), idle=idle, opening=len(self._opening))

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
        idle = self._idle[connection.place]
        now = self.loop.time()
        # By the time that a connection expires, its name may lead elsewhere.
        if keeps and connection.is_open and now < connection.expires_at and len(idle) < _MAX_IDLE and self._keeps:
            connection.deadline = now + MAX_IDLE_SECONDS
            idle.append(connection)
        else:
            connection.close()

    def tick(self, now: float) -> None:
        """End what has waited too long. `now` is the loop's time, in seconds."""
        for connection in list(self._busy):
            if connection.deadline < now or connection.ends_at < now:
                connection.time_out()
            else:
                connection.begin()
        for key, idle in list(self._idle.items()):
            for connection in [
                held for held in idle if held.deadline < now or held.expires_at < now or not held.is_open
            ]:
                idle.remove(connection)
                connection.close()
            if not idle:
                del self._idle[key]
        if self._keeps:
            self._checks.tick(self._balances.all(), now)

    def close(self) -> None:
        """Close the idle connections, keep no more, and check nobody any more; calls under way go on."""
        self._keeps = False
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()

    def _check(self, request: Send, receiver: Checkup) -> None:
        # A balance of its own: how calls fare says nothing of checks, and is not told by them.
        self.open_for(Carriage(self, request, receiver, Balance(request.service, self.loop.time)))

    def _give(self, connection: ServiceConnection, carriage: Carriage) -> None:
        self._busy.add(connection)
        connection.carry(carriage)

    async def _open(self, carriage: Carriage) -> None:
        member, wait = carriage.member, carriage.request.service.waits.connect
        try:
            connection = await self._connect(member.place, min(self.now() + wait, carriage.ends_at))
        except TimeoutError as error:
            member.in_flight -= 1
            told = "dns_timeout" if isinstance(error, SlowNames) else "connection_timeout"
            carriage.stumble(Trouble.UNCONNECTED, carriage.timed_out(wait, told))
        except (OSError, AddressRefused) as error:
            member.in_flight -= 1
            carriage.stumble(Trouble.UNCONNECTED, failed(error))
        else:
            if carriage.is_given_up:
                member.in_flight -= 1
                self.give_back(connection, keeps=True)
            else:
                self._give(connection, carriage)

    async def _connect(self, place: Place, deadline: float) -> ServiceConnection:
        """A new connection. The addresses are judged here, where they are used (DNS rebinding)."""
        addresses = self._names.known(place.host, place.port) or await self._ask(place, deadline)
        check_addresses(place, addresses, self._policy)
        tls = None
        if place.scheme == "https":
            tls = await self.loop.run_in_executor(None, context_of, place.tls) if place.tls else self._tls
        return await self._first(place, addresses, tls, deadline)

    async def _ask(self, place: Place, deadline: float) -> Sequence[str]:
        asking = asyncio.wrap_future(self._names.ask(place.host, place.port), loop=self.loop)
        try:
            async with asyncio.timeout_at(deadline):
                return await asyncio.shield(asking)  # others may wait for the same answer
        except TimeoutError as error:
            raise SlowNames from error

    async def _first(
        self, place: Place, addresses: Sequence[str], tls: ssl.SSLContext | None, deadline: float
    ) -> ServiceConnection:
        last: OSError = OSError("no address")
        # It inherits nothing, so that it can be compiled whole.
        protocol = cast("Callable[[], asyncio.Protocol]", partial(ServiceConnection, self, place))
        for number, address in enumerate(addresses):
            # Each address has its share of what is left, so that one that does not answer hides none after it.
            share = (deadline - self.now()) / (len(addresses) - number)
            try:
                async with asyncio.timeout(share):
                    _, connection = await self.loop.create_connection(
                        protocol,
                        address,
                        place.port,
                        ssl=tls,
                        server_hostname=place.host if tls else None,
                    )
            except OSError as error:
                last = error
            else:
                return cast("ServiceConnection", connection)
        raise last
