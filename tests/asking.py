"""An evented upstream on a loop of its own, asked from a test's thread."""

import asyncio
import threading
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from gateway.http.messages import Reply
from gateway.http.pipe import Pipe
from gateway.pipeline.refusals import Failure
from gateway.pipeline.service import Service
from gateway.upstream.addresses import AddressPolicy
from gateway.upstream.evented import EventedUpstream
from tests.builders import a_send, a_service_on

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
OPEN = AddressPolicy.of(["127.0.0.0/8"])


class Asker:
    """Takes one reply, and its body when there is one to come."""

    def __init__(self):
        self.reply: Future[Reply] = Future()
        self.content: Future[bytes] = Future()
        self.pieces: list[bytes] = []

    def resume(self, reply):
        self.reply.set_result(reply)
        if isinstance(reply.body.chunks, Pipe):
            reply.body.chunks.open(self)
        else:
            self.content.set_result(b"".join(reply.body.chunks))

    def refuse(self, reason):
        self.reply.set_exception(reason)

    def write(self, piece):
        self.pieces.append(piece)

    def end(self):
        self.content.set_result(b"".join(self.pieces))

    def fail(self, reason):
        self.content.set_exception(reason)


class Upstream:
    """An evented upstream on a loop of its own, asked from the test's thread."""

    def __init__(self, loop, policy, tls):
        self.loop = loop
        self.evented = EventedUpstream(loop, policy, tls)

    def tick(self):
        self.evented.tick(self.loop.time())
        self.loop.call_later(0.01, self.tick)

    def ask(self, server, path="/a", *, method="GET", pairs=(), body=None, **given):
        """Ask a port, a server, or a whole service; `given` is of the service."""
        if not isinstance(server, Service):
            server = a_service_on(server if isinstance(server, int) else server.port, **given)
        asker = Asker()
        self.loop.call_soon_threadsafe(self._send, a_send(server, path, method=method, pairs=pairs, body=body), asker)
        return asker

    def _send(self, request, asker):
        try:
            self.evented.send(request, asker)
        except Failure as failure:
            asker.refuse(failure)

    def content(self, server, path="/a", **given):
        return self.ask(server, path, **given).content.result(30)


@contextmanager
def opened(policy=OPEN, tls=None, *, new_loop=asyncio.new_event_loop):
    loop = new_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    upstream = Upstream(loop, policy, tls)
    loop.call_soon_threadsafe(upstream.tick)
    try:
        yield upstream
    finally:
        asyncio.run_coroutine_threadsafe(close(upstream.evented), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


async def close(evented):
    evented.close()
    while evented._opening or evented._busy:  # noqa: ASYNC110 - nobody tells a test when they are through
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.01)  # let the transports say goodbye


def failure_of(future):
    """The code of the failure that this ends in."""
    with pytest.raises(Failure) as caught:
        future.result(30)
    return caught.value.row.code
