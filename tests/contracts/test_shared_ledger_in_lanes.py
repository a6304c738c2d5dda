"""The shared ledger behind real gateways: what reaches the service is what the limit allows, on several nodes."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial

import pytest

from tests.calling import a_request, ask, call
from tests.fixtures.lanes import LANES, gunicorn
from tests.loopback import serving
from tests.waiting import eventually
from tests.wire.client import Client

LIMIT = 1_000
CLIENTS = 8


def answer_all(line):
    while line.read_head():
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.fixture(params=LANES)
def nodes(request, tmp_path, own_valkey):
    """Two gateways of two workers each, and how many calls reached the service behind them."""
    told = {"LANE_LEDGER_URL": own_valkey.url, "LANE_LIMIT": str(LIMIT)}
    with serving(answer_all) as service, ExitStack() as stack:
        started = [
            stack.enter_context(gunicorn(LANES[request.param], service.port, tmp_path, "--workers", "2", **told))
            for _ in range(2)
        ]
        ports = [node.port for node in started]
        for port in ports:
            eventually(partial(is_ready, port))
        yield ports, lambda: len(service.requests)


def is_ready(port):
    """Whether a node answers; its workers may still begin."""
    with suppress(OSError):
        return call(port, a_request("/readyz")).status == 200
    return False


def statuses(ports, calls):
    """The statuses of so many calls, from several clients at once, some to each node."""

    def client(number):
        with Client(ports[number % len(ports)]) as one:
            return [ask(one).status for _ in range(calls // CLIENTS)]

    with ThreadPoolExecutor(CLIENTS) as threads:
        return Counter(status for found in threads.map(client, range(CLIENTS)) for status in found)


def refusal(port):
    """The code of the refusal of a call, or nothing."""
    answer = call(port)
    return json.loads(answer.body)["code"] if answer.status != 200 else ""


def test_what_reaches_the_service_through_all_nodes_is_what_was_admitted_and_never_more(nodes):
    ports, reached = nodes

    told = statuses(ports, LIMIT + 400)

    assert set(told) == {200, 429}
    assert LIMIT * 0.95 <= told[200] <= LIMIT
    assert reached() == told[200]


@pytest.mark.parametrize("lane", LANES)
def test_what_a_worker_held_goes_back_when_it_ends(lane, tmp_path, own_valkey):
    with serving(answer_all) as service:
        told = {"LANE_LEDGER_URL": own_valkey.url, "LANE_LIMIT": str(LIMIT * 100)}
        with gunicorn(LANES[lane], service.port, tmp_path, **told) as node:
            eventually(partial(is_ready, node.port))
            statuses([node.port], 400)
        counts = own_valkey.client().keys("*:month:*")

        assert [int(own_valkey.client().hget(key, "n")) for key in counts] == [len(service.requests)] == [400]


def test_a_node_without_its_ledger_serves_what_it_holds_and_stays_ready(nodes, own_valkey):
    ports, reached = nodes
    statuses(ports, LIMIT // 2)
    own_valkey.kill()

    eventually(lambda: refusal(ports[0]) == "calls-rationed")

    told = statuses(ports, 200)
    assert set(told) <= {200, 429}
    assert reached() <= LIMIT
    assert call(ports[0], a_request("/readyz")).status == 200
    own_valkey.start()
    eventually(lambda: refusal(ports[0]) == "")
