"""Both clients of departments' services, asked in the same way: what holds for one lane holds for the other."""

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.http.messages import Body
from gateway.pipeline.service import Service
from gateway.upstream.addresses import AddressPolicy
from gateway.upstream.blocking import BlockingUpstream
from tests.asking import OPEN, Upstream, opened
from tests.builders import a_send

LANES = ("plain", "fast")


class PlainLane:
    """Asks on the test's thread."""

    def __init__(self, policy, tls):
        self.blocking = BlockingUpstream(policy, tls)

    def ask(self, service: Service, path: str = "/a", *, method: str = "GET", pairs=(), body: Body | None = None):
        """Status and content; raises `Failure`."""
        reply = self.blocking.send(a_send(service, path, method=method, pairs=pairs, body=body))
        return reply.status, b"".join(reply.body.chunks)

    def members(self, service: Service):
        """What is known of a service's targets."""
        return self.blocking._balances.of(service).members

    def close(self):
        """Let idle connections go."""
        self.blocking.close()


class FastLane:
    """Asks on a loop of its own, and waits."""

    def __init__(self, upstream: Upstream):
        self.upstream = upstream

    def ask(self, service: Service, path: str = "/a", *, method: str = "GET", pairs=(), body: Body | None = None):
        """Status and content; raises `Failure`."""
        asker = self.upstream.ask(service, path, method=method, pairs=pairs, body=body)
        reply = asker.reply.result(30)
        return reply.status, asker.content.result(30)

    def members(self, service: Service):
        """What is known of a service's targets."""
        return self.upstream.evented._balances.of(service).members

    def close(self):
        """Let idle connections go."""
        self.upstream.loop.call_soon_threadsafe(self.upstream.evented.close)


@contextmanager
def lane_to_services(name: str, policy: AddressPolicy = OPEN, tls=None, **given) -> Iterator[PlainLane | FastLane]:
    """One of the lanes."""
    if name == "plain":
        lane = PlainLane(policy, tls)
        yield lane
        lane.close()
    else:
        with opened(policy, tls, **given) as upstream:
            yield FastLane(upstream)
