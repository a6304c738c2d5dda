"""The fast lane on a thread of the test: what gunicorn's worker does with it, and a look inside from its own loop."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from typing import Any, TypeVar, TypeVarTuple

import uvloop
from flask import Flask

from gateway.transport.bridge import Pages
from gateway.transport.lane import Lane
from gateway.transport.parties import Patience
from gateway.transport.wsgi import ApiLane
from gateway.upstream.evented import EventedUpstream
from tests.waiting import eventually

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
IMPATIENT = Patience(head=0.2, stall=0.3, window=0.3, linger=0.2)
_TICK_SECONDS = 0.02


@dataclass
class FastLane:
    """Where it listens, and its parts."""

    port: int
    lane: Lane
    loop: asyncio.AbstractEventLoop

    def look(self, question: Callable[[], T]) -> T:
        """The answer to a question that the loop's thread may answer only."""
        answer: Future[T] = Future()
        self.loop.call_soon_threadsafe(lambda: answer.set_result(question()))
        return answer.result(30)

    def connected(self) -> int:
        """How many clients are."""
        return self.look(lambda: self.lane.connected)

    def tasks(self) -> int:
        """How many tasks run beside the one that ticks."""
        return self.look(lambda: len(asyncio.all_tasks(self.loop))) - 1


def nobody_is_left(lane: FastLane) -> None:
    """Wait until no client is connected and nothing runs for one."""
    eventually(lambda: lane.connected() == 0)
    eventually(lambda: lane.tasks() == 0)


class HurriedLoop(uvloop.Loop):
    """A loop whose timers go twenty times as fast as its clock: those of TLS, which nobody else can move."""

    def call_later(
        self, delay: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """After a twentieth of so many seconds."""
        return super().call_later(delay / 20, callback, *args, context=context)


@contextmanager
def fast_lane(
    app: Flask,
    *,
    tls: ssl.SSLContext | None = None,
    loop: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop,
    **given: Any,
) -> Iterator[FastLane]:
    """Serve this app's lane until the block ends; `given` goes to the `Lane`."""
    started: Future[FastLane] = Future()
    stopping = threading.Event()

    def run() -> None:
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(_serve(app, tls, given, started, stopping))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield started.result(30)
    finally:
        stopping.set()
        thread.join(60)


async def _serve(
    app: Flask,
    tls: ssl.SSLContext | None,
    given: dict[str, Any],
    started: "Future[FastLane]",
    stopping: threading.Event,
) -> None:
    loop = asyncio.get_running_loop()
    api = app.wsgi_app
    assert isinstance(api, ApiLane)
    upstream = EventedUpstream(loop, api.policy)
    pages = Pages(loop, api.behind, api.documentation, 4)
    given = {"trusted_proxies": api.trusted_proxies} | given
    lane = Lane(loop, api.runtime, upstream, pages, documentation=api.documentation, **given)
    await lane.refresh()
    listener = socket.create_server(("127.0.0.1", 0))
    server = await lane.listen(listener, tls, backlog=100)
    started.set_result(FastLane(listener.getsockname()[1], lane, loop))
    while not stopping.is_set():
        lane.tick()
        await asyncio.sleep(_TICK_SECONDS)
    server.close()
    await lane.close()
