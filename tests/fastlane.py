"""The fast lane on a thread of the test: what gunicorn's worker does with it, and a look inside from its own loop."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import uvloop
from flask import Flask

from gateway.transport.bridge import Pages
from gateway.transport.connection import ClientConnection
from gateway.transport.lane import Lane
from gateway.transport.wsgi import ApiLane
from gateway.upstream.evented import EventedUpstream

T = TypeVar("T")
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


@contextmanager
def fast_lane(app: Flask, **given: Any) -> Iterator[FastLane]:
    """Serve this app's lane until the block ends; `given` goes to the `Lane`."""
    started: Future[FastLane] = Future()
    stopping = threading.Event()
    thread = threading.Thread(target=lambda: uvloop.run(_serve(app, given, started, stopping)))
    thread.start()
    try:
        yield started.result(30)
    finally:
        stopping.set()
        thread.join(60)


async def _serve(app: Flask, given: dict[str, Any], started: "Future[FastLane]", stopping: threading.Event) -> None:
    loop = asyncio.get_running_loop()
    api = app.wsgi_app
    assert isinstance(api, ApiLane)
    upstream = EventedUpstream(loop, api.policy)
    pages = Pages(loop, api.behind, api.documentation, 4)
    lane = Lane(loop, api.runtime, upstream, pages, documentation=api.documentation, **given)
    await lane.refresh()
    server = await loop.create_server(partial(ClientConnection, lane), "127.0.0.1", 0)
    started.set_result(FastLane(server.sockets[0].getsockname()[1], lane, loop))
    while not stopping.is_set():
        lane.tick()
        await asyncio.sleep(_TICK_SECONDS)
    server.close()
    await lane.close()
