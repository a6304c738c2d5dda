"""How connections and targets stand, as each of the two clients tells it."""

import threading
from concurrent.futures import Future

from gateway.upstream.addresses import AddressPolicy
from gateway.upstream.blocking import BlockingUpstream
from gateway.upstream.standing import Standing
from tests.asking import OK, opened
from tests.builders import a_send, a_service_on
from tests.loopback import answering, serving
from tests.waiting import eventually


def test_the_plain_lanes_client_tells_of_each_call_from_its_beginning_to_the_end_of_its_reply():
    upstream = BlockingUpstream(AddressPolicy.of(["127.0.0.0/8"]))
    with serving(answering(OK)) as server:
        reply = upstream.send(a_send(a_service_on(server.port)))
        during = upstream.standing()
        assert b"".join(reply.body.chunks) == b"ok"
        after = upstream.standing()
        upstream.close()

    assert (during.busy, during.idle, during.targets[0].in_flight) == (1, 0, 1)
    assert (after.busy, after.idle, after.targets[0].in_flight) == (0, 1, 0)


def test_so_does_the_fast_lanes():
    gate = threading.Event()

    def slow(line):
        line.read_head()
        gate.wait(30)
        line.write(OK)
        line.read_head()

    with serving(slow) as server, opened() as upstream:
        asked = upstream.ask(server)
        eventually(lambda: standing(upstream).busy)
        during = standing(upstream)
        gate.set()
        asked.content.result(30)
        eventually(lambda: standing(upstream).idle)
        after = standing(upstream)
        upstream.loop.call_soon_threadsafe(upstream.evented.close)

    assert (during.busy, during.waiting, during.targets[0].in_flight, during.targets[0].state) == (1, 1, 1, "well")
    assert (after.busy, after.opening, after.waiting, after.targets[0].in_flight) == (0, 0, 0, 0)


def standing(upstream) -> Standing:
    found: Future[Standing] = Future()
    upstream.loop.call_soon_threadsafe(lambda: found.set_result(upstream.evented.standing()))
    return found.result(30)
