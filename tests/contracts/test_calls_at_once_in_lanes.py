"""How many calls are under way at once, in both lanes and on both ledgers."""

import json
import threading
from contextlib import ExitStack, contextmanager

import pytest

from gateway.domain.plans import Window
from tests.builders import KeptRecords
from tests.calling import a_request, call, hear, say
from tests.lane import make_lane
from tests.lanes_in_process import LANES, served
from tests.loopback import serving
from tests.waiting import eventually
from tests.wire.client import Client

TWO = Window("call", 2, "concurrency")
ONE_IS_LEFT = '"concurrency";r=1'


class Gate:
    """A service that answers when the gate is open."""

    def __init__(self):
        self.open = threading.Event()

    def __call__(self, line):
        while line.read_head():
            self.open.wait(30)
            line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.fixture(params=["this machine", "redis"])
def ledger_url(request):
    return request.getfixturevalue("empty_valkey").url if request.param == "redis" else ""


@pytest.fixture(params=LANES)
def gateway(request, ledger_url, tmp_path):
    """A gateway's port, the gate, and how many calls have reached the service."""
    gate = Gate()
    with serving(gate) as service, ExitStack() as stack:
        app = make_lane(service.port, tmp_path, KeptRecords(), shared=(ledger_url, TWO))
        port = stack.enter_context(served(request.param, app))
        stack.callback(gate.open.set)
        yield port, gate, lambda: len(service.requests)


@contextmanager
def calling(port, times):
    """So many calls that were sent, and whose answers nobody has read yet."""
    with ExitStack() as stack:
        clients = [stack.enter_context(Client(port)) for _ in range(times)]
        for client in clients:
            say(client, a_request())
        yield clients


def test_as_many_reach_the_service_as_may_and_the_next_when_one_is_answered(gateway):
    port, gate, reached = gateway
    with calling(port, 2) as clients:
        eventually(lambda: reached() == 2)
        refused = call(port)

        assert (refused.status, json.loads(refused.body)["code"]) == (429, "too-many-at-once")
        assert refused.values("retry-after") == []
        assert reached() == 2
        gate.open.set()
        assert [hear(client).status for client in clients] == [200, 200]
    # A client may have its answer a moment before the place of its call is free again.
    told = eventually(lambda: next((each for each in [call(port)] if each.values("ratelimit") == [ONE_IS_LEFT]), None))
    assert told
    assert told.status == 200
    assert told.values("ratelimit-policy") == ['"concurrency";q=2;qu="concurrent-requests"']


def test_however_many_calls_were_made_as_many_places_are_free_as_before(gateway):
    port, gate, _reached = gateway
    gate.open.set()
    for _ in range(30):
        eventually(lambda: call(port).status == 200)

    eventually(lambda: two(port) == [200, 200])


def test_who_hangs_up_leaves_no_place_taken(gateway):
    port, gate, reached = gateway
    with calling(port, 2):
        eventually(lambda: reached() == 2)
    gate.open.set()

    # As above: the place of the call before is free a moment after its answer.
    eventually(lambda: two(port) == [200, 200])


def two(port):
    with calling(port, 2) as clients:
        return [hear(client).status for client in clients]
