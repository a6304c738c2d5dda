"""Threads for what the loop must not wait for, with a bound on what waits for them: who comes beyond it is refused.

The law: one kind of work cannot keep another from its turn, so each kind has threads of its own.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from gateway.http.headers import Headers
from gateway.pipeline.refusals import OVERLOADED, Refusal

_RETRY_SECONDS = 2


def overloaded() -> Refusal:
    """What is told while there is no room."""
    return Refusal(OVERLOADED, headers=Headers((("Retry-After", str(_RETRY_SECONDS)),)), seconds=_RETRY_SECONDS)


class BoundedThreads:
    """For one kind of work, and for the loop's thread to give it. No thread runs before the first of it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, name: str, threads: int, waiting: int) -> None:
        """Do the work of `threads` at once, and let `waiting` more wait for their turn."""
        self._loop = loop
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"guichet-{name}")
        self._most = threads + waiting
        self.taken = 0

    def do(self, work: Callable[[], Any], ended: Callable[["Future[Any]"], None]) -> None:
        """Begin, or wait for one's turn; `ended` is called on the loop. Raises `Refusal` when too many wait."""
        if self.taken >= self._most:
            raise overloaded()
        self.taken += 1
        doing = self._pool.submit(work)
        doing.add_done_callback(lambda done: self._loop.call_soon_threadsafe(self._end, ended, done))

    def close(self) -> None:
        """Wait for what is being done."""
        self._pool.shutdown()

    def _end(self, ended: Callable[["Future[Any]"], None], done: "Future[Any]") -> None:
        self.taken -= 1
        ended(done)
