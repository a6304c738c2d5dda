"""What the connections of one worker share in the fast lane: clock, snapshot, adapters, bounds, and who is connected.

The law: the loop's thread never waits for the store, nor for whoever holds a count. What a decision needs and the
worker does not hold is found on another thread; what was edited is noticed there too, a few times a second and
whenever somebody rings (store/changes).
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import Future
from email.utils import formatdate
from functools import partial
from math import inf
from typing import Any, cast

from gateway.domain.plans import Stay
from gateway.pipeline.effects import Ask, Effect, Enter, FindApplication, FindKey, Spend
from gateway.pipeline.ports import Finished
from gateway.pipeline.refusals import Refusal
from gateway.pipeline.snapshot import Snapshot
from gateway.transport.arrival import Arrival, arrival_at
from gateway.transport.bounded import BoundedThreads
from gateway.transport.bridge import PageExchange, Pages
from gateway.transport.census import Found
from gateway.transport.connection import ClientConnection
from gateway.transport.errands import Asking, HookThreads
from gateway.transport.exchange import AboutUs, CallExchange
from gateway.transport.parties import PATIENCE, Exchange, Patience
from gateway.transport.requests import UNREAD, Request
from gateway.transport.runtime import Runtime
from gateway.transport.tunnel import Tunnels
from gateway.upstream.evented import EventedUpstream

API = "/api/"
"""Where the addresses of calls begin."""

ASK_SECONDS = 0.25
"""How often the store is asked for edits that nobody rang for, such as another machine's."""

PATIENCE_SECONDS = 0.25
"""How long calls wait for an edit to come into force before they are served on what is known."""

_MOST_STRANGERS = 64
"""How many keys that were never found may wait for it. Anybody can make keys up: see `find`."""

_MOST_ELSEWHERE = 256
"""How many applications, keys that were found once, and counts that somebody holds, may be waited for."""

_NEVER = 86_400.0
"""In seconds: no clock of TLS's cuts who reads slowly what was written before a close; `time_out` judges them."""


class Lane:
    """One for each worker; the loop's thread is the only one that touches it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        runtime: Runtime,
        upstream: EventedUpstream,
        pages: Pages,
        *,
        documentation: str,
        trusted_proxies: int = 0,
        idle_seconds: float = 30.0,
        patience: Patience = PATIENCE,
    ) -> None:
        """Nobody is connected yet."""
        self.loop = loop
        self.clock = time.time
        self.upstream = upstream
        self.outbox = upstream.outbox
        self.documentation = documentation
        self.idle_seconds = idle_seconds
        self.patience = patience
        self.draining = False
        self.date = b""
        self.taken = 0
        self._runtime = runtime
        self._pages = pages
        self._hooks = HookThreads(loop)
        self._edits = BoundedThreads(loop, "edits", 1, 8)
        self._strangers = BoundedThreads(loop, "keys", 4, _MOST_STRANGERS)
        self._elsewhere = BoundedThreads(loop, "find", 8, _MOST_ELSEWHERE)
        self._trusted_proxies = trusted_proxies
        self._connections: set[ClientConnection] = set()
        self.tunnels = Tunnels(self.now, patience)
        self._waiting: list[Callable[[], None]] = []
        self._refreshing: asyncio.Task[None] | None = None
        self._is_late = False
        self._asks_at = inf
        self.tick()

    # --- what connections and exchanges ask

    def now(self) -> float:
        """The loop's time, in seconds."""
        return self.loop.time()

    def record(self, finished: Finished) -> None:
        """Keep what happened to a call."""
        self._runtime.finish(finished)

    def joined(self, connection: ClientConnection) -> None:
        """A client has connected."""
        self._connections.add(connection)

    def left(self, connection: ClientConnection) -> None:
        """A client has left."""
        self._connections.discard(connection)

    def begin(self, connection: ClientConnection, request: Request) -> Exchange:
        """The exchange that answers a request."""
        self.taken += 1
        if request.target.startswith(API):
            return CallExchange(self, connection, request)
        if request.target == "*":
            return AboutUs(connection)
        return PageExchange(self._pages, connection, request)

    def refuse(self, connection: ClientConnection, refusal: Refusal) -> Exchange:
        """The exchange that answers what could not be read."""
        return CallExchange(self, connection, UNREAD, refusal)

    def arrival(self) -> Arrival:
        """An arrival, now."""
        return arrival_at(self.clock(), self._trusted_proxies)

    def snapshot(self) -> Snapshot:
        """The snapshot in force; raises `Failure` when there never was one."""
        return self._runtime.known()

    def is_fresh(self) -> bool:
        """Whether all that was edited on this machine is in force, or the store has been too slow to say."""
        return self._is_late or self._runtime.is_current()

    def when_fresh(self, begin: Callable[[], None]) -> None:
        """Begin when what was edited is in force, or the store has been too slow."""
        self._waiting.append(begin)
        self._wake()

    def find(self, effect: FindApplication | FindKey, receiver: CallExchange, later: object) -> Any:
        """The consumer that is held, or `later`: it is found on another thread, and the receiver resumed.

        A token was signed by us, while a key is only known to be real when it is found: a flood of made-up ones makes
        other keys wait that were never found, and nobody else. Raises `Refusal` when too many wait.
        """
        held = self._runtime.held(effect, later)
        if held is later:
            is_stranger = isinstance(effect, FindKey) and not self._runtime.was_held(effect)
            threads = self._strangers if is_stranger else self._elsewhere
            threads.do(partial(self._runtime.perform, effect), partial(_performed, receiver, receiver.resume))
        return held

    def perform(self, effect: Effect) -> Any:
        """The answer to an effect that takes no time; raises `Failure`."""
        return self._runtime.perform(effect)

    def ask(self, effect: Ask, receiver: CallExchange) -> Asking:
        """Begin a plugin's work on another thread; raises `Refusal` when too much of it waits."""
        return self._hooks.ask(effect, receiver)

    def spend(self, effect: Spend, receiver: CallExchange, later: object) -> Any:
        """The budget, or `later`: somebody holds the count, who is waited for on another thread; raises `Failure`."""
        budget = self._runtime.spend_at_once(effect, later)
        if budget is later:
            self._elsewhere.do(partial(self._runtime.perform, effect), partial(_performed, receiver, receiver.resume))
        return budget

    def enter(self, effect: Enter, receiver: CallExchange, later: object) -> Any:
        """The stay, or `later`: the receiver is then told of it by `entered`; raises `Failure`."""
        stay = self._runtime.enter_at_once(effect, later)
        if stay is later:
            self._elsewhere.do(partial(self._runtime.perform, effect), partial(_performed, receiver, receiver.entered))
        return stay

    def leave(self, stay: Stay) -> None:
        """A call that had places among those under way is over."""
        self._runtime.leave(stay)

    # --- what the worker asks

    async def listen(self, listener: socket.socket, tls: ssl.SSLContext | None, backlog: int) -> asyncio.Server:
        """Take clients who connect here, over TLS when there is a context for it."""
        # It inherits nothing, so that it can be compiled whole.
        protocol = cast("Callable[[], asyncio.Protocol]", partial(ClientConnection, self))
        return await self.loop.create_server(
            protocol,
            sock=listener,
            ssl=tls,
            ssl_shutdown_timeout=_NEVER if tls else None,
            backlog=backlog,
        )

    @property
    def connected(self) -> int:
        """How many clients are connected."""
        return len(self._connections) + len(self.tunnels)

    def found(self) -> Found:
        """What is under way now, and how services stand."""
        calls = sum(isinstance(connection.under_way, CallExchange) for connection in self._connections)
        return Found(self.upstream.standing(), calls, len(self._connections), len(self.tunnels))

    async def refresh(self) -> None:
        """Take notice of what was edited, on another thread; `tick` asks again after `ASK_SECONDS`."""
        self._asks_at = self.now() + ASK_SECONDS
        asked: asyncio.Future[None] = self.loop.create_future()
        self._edits.do(self._runtime.refresh, partial(_answered, asked))
        await asked

    def retire(self) -> None:
        """End the connections on which nothing is under way."""
        for connection in list(self._connections):
            connection.retire()

    async def close(self) -> None:
        """Cut what is left. The loop goes on meanwhile: a page on its thread learns from it that its client is gone."""
        for connection in list(self._connections):
            connection.cut()
        await self.tunnels.close()
        await self.loop.run_in_executor(None, self._pages.close)
        for threads in (self._hooks, self._edits, self._strangers, self._elsewhere):
            await self.loop.run_in_executor(None, threads.close)
        self.upstream.close()

    def tick(self) -> None:
        """What is due several times a second."""
        now = self.now()
        self.date = f"Date: {formatdate(usegmt=True)}\r\n".encode()
        for connection in [waiting for waiting in self._connections if waiting.deadline < now]:
            connection.time_out()
        self.upstream.tick(now)
        self.tunnels.tick(now)
        if now >= self._asks_at:
            self._wake()

    def _wake(self) -> None:
        if self._refreshing is None:
            self._refreshing = self.loop.create_task(self._freshen())

    async def _freshen(self) -> None:
        # Those who wait have waited long enough then; those who come before the answer do not wait at all.
        asking = asyncio.ensure_future(self.refresh())
        await asyncio.wait([asking], timeout=PATIENCE_SECONDS)
        self._is_late = not asking.done()
        self._begin_waiting()
        await asyncio.wait([asking])
        self._is_late = False
        self._refreshing = None
        self._begin_waiting()

    def _begin_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for begin in waiting:
            begin()


def _answered(asked: "asyncio.Future[None]", done: "Future[None]") -> None:
    error = done.exception()
    if asked.done():  # nobody waits any more
        return
    if error:
        asked.set_exception(error)
    else:
        asked.set_result(None)


def _performed(receiver: CallExchange, take: Callable[[Any], None], performing: "Future[Any]") -> None:
    error = performing.exception()
    if error:
        receiver.refuse(error)
    else:
        take(performing.result())
