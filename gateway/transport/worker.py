"""The fast lane as a gunicorn worker: `gunicorn -k gateway.transport.worker.FastWorker wsgi:app`.

It does what gunicorn expects of a worker: heartbeat, graceful stop, reload, `max_requests`, TLS and UNIX sockets by
gunicorn's own settings. What is graceful: the listeners close, calls under way are finished, connections that are kept
alive may make one more call, and get its reply with `Connection: close`.
"""

import asyncio
import gc
import os
import resource
import sys
from typing import Any

import uvloop
from gunicorn.errors import AppImportError
from gunicorn.sock import ssl_context
from gunicorn.workers.base import Worker

from gateway.transport.bridge import Pages
from gateway.transport.lane import Lane
from gateway.transport.monitor import EVERY_SECONDS
from gateway.transport.wsgi import ApiLane
from gateway.upstream.evented import EventedUpstream

TICK_SECONDS = 0.1

SWITCH_SECONDS = 0.0005
"""How long a thread that renders a page may keep the loop's thread waiting for the interpreter (Python's own: 5 ms)."""

GC_THRESHOLDS = (20_000, 20, 50)
"""How many allocations until cycles are looked for (Python's own: 700, 10, 10)."""

_DRAIN_SECONDS = 2.0
"""How long connections without a call are kept at a graceful stop: a client may be about to send one."""


class FastWorker(Worker):  # type: ignore[misc]  # gunicorn has no types
    """One process: a uvloop event loop for calls, a few threads for pages."""

    quick = False
    """Whether nobody is waited for any more."""

    looks_at = 0.0
    """When it is looked for what the measures tell of this moment; the loop's time, in seconds."""

    def init_process(self) -> None:
        """Prepare the process, then run."""
        sys.setswitchinterval(SWITCH_SECONDS)
        _raise_file_limit()
        self.loop = uvloop.new_event_loop()
        asyncio.set_event_loop(self.loop)
        super().init_process()

    def load_wsgi(self) -> None:
        """Load the application; gunicorn says in one sentence when it is not ours, and ends."""
        super().load_wsgi()
        api = getattr(self.wsgi, "wsgi_app", self.wsgi)
        if not isinstance(api, ApiLane):
            raise AppImportError("the fast worker serves Guichet's own application: gunicorn -k … wsgi:app")
        self.api = api

    def handle_quit(self, sig: int, frame: Any) -> None:  # noqa: ARG002 - gunicorn's signature
        """Stop now: what is under way is cut off."""
        self.alive = False
        self.quick = True

    def run(self) -> None:
        """Serve until told to stop."""
        try:
            self.loop.run_until_complete(self._serve())
        finally:
            self.loop.close()

    async def _serve(self) -> None:
        lane = self._lane()
        await self._wait_for_a_snapshot(lane)
        # What is loaded by now stays; what a call makes is freed when it ends, by counting. There is little to collect.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        tls = ssl_context(self.cfg) if self.cfg.is_ssl else None
        servers = [await lane.listen(listener.sock, tls, self.cfg.backlog) for listener in self.sockets]
        while self.alive and self.ppid == os.getppid() and lane.taken < self.max_requests:
            self._tick(lane)
            await asyncio.sleep(TICK_SECONDS)
        for server in servers:
            server.close()
        await self._drain(lane)
        await lane.close()

    async def _wait_for_a_snapshot(self, lane: Lane) -> None:
        # A store that is slow to answer is no reason for gunicorn to take us for stuck and begin anew, at its expense.
        first = asyncio.ensure_future(lane.refresh())
        while self.alive and not first.done():
            self.notify()
            await asyncio.wait([first], timeout=TICK_SECONDS)
        if first.done():
            first.result()

    async def _drain(self, lane: Lane) -> None:
        begun = self.loop.time()
        until = begun + (0 if self.quick else self.cfg.graceful_timeout)
        lane.draining = self.api.runtime.draining = True
        while lane.connected and self.loop.time() < until and not self.quick:
            self._tick(lane)
            if self.loop.time() > begun + _DRAIN_SECONDS:
                lane.retire()
            await asyncio.sleep(TICK_SECONDS)

    def _tick(self, lane: Lane) -> None:
        self.notify()
        lane.tick()
        monitor, now = self.api.monitor, self.loop.time()
        if monitor and now >= self.looks_at:
            self.looks_at = now + EVERY_SECONDS
            monitor.note(lane.found())  # on the loop, for no other thread may look
            monitor.start()

    def _lane(self) -> Lane:
        api = self.api
        upstream = EventedUpstream(self.loop, api.policy, most_calls=api.most_calls)
        pages = Pages(self.loop, api.behind, api.documentation, self.cfg.threads)
        return Lane(
            self.loop,
            api.runtime,
            upstream,
            pages,
            documentation=api.documentation,
            trusted_proxies=api.trusted_proxies,
            idle_seconds=self.cfg.keepalive,
        )


def _raise_file_limit() -> None:
    # A connection is a file, and the usual soft limit of 1,024 is for programs that use select().
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
