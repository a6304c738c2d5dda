"""How long each lane waits for a service. Every wait but the one that is meant is long, and the other way round."""

import socket
import threading

import pytest

from gateway.pipeline.refusals import Failure
from gateway.upstream.addresses import AddressPolicy
from tests.asking import OPEN
from tests.builders import a_service_on
from tests.lanes_to_services import lane_to_services
from tests.loopback import answering, serving

SHORT = 0.05
LONG = {"connect": 20.0, "first_byte": 20.0, "idle": 20.0}
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"


@pytest.fixture
def over():
    event = threading.Event()
    yield event
    event.set()


def failure_of(services, port, **given):
    with pytest.raises(Failure) as caught:
        services.ask(a_service_on(port, **(LONG | given)))
    failure = caught.value
    return failure.row.code, failure.proxy_error, failure.detail.en


def assert_timeout(failure, error="http_response_timeout"):
    code, told, words = failure
    assert (code, told) == ("upstream-timeout", error)
    assert "0.05" in words


def staying_silent(over, before=b""):
    def behave(line):
        line.read_head()
        line.write(before)
        over.wait(10)

    return behave


def test_connecting_is_waited_for_so_long(services):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_connection(full.getsockname()):
        # Linux takes one more than its backlog of 0, and then lets everybody knock in vain.
        assert_timeout(failure_of(services, full.getsockname()[1], connect=SHORT), "connection_timeout")


def test_tls_is_a_part_of_connecting(services, over):
    with serving(lambda line: over.wait(10)) as server:
        failure = failure_of(services, server.port, scheme="https", connect=SHORT)
        over.set()

    assert_timeout(failure, "connection_timeout")


def test_finding_the_address_is_a_part_of_connecting(lane_name, over):
    def resolve(host, port):
        over.wait(10)
        return ()

    with lane_to_services(lane_name, AddressPolicy(OPEN.allowed_networks, resolve=resolve)) as services:
        failure = failure_of(services, 1, host="slow.example", connect=SHORT)
        over.set()

    assert_timeout(failure, "dns_timeout")


def test_an_address_that_does_not_answer_leaves_time_for_the_next(lane_name):
    policy = AddressPolicy(OPEN.allowed_networks, resolve=lambda host, port: ("127.0.0.2", "127.0.0.1"))
    with (
        serving(answering(b"HTTP/1.1 204 X\r\n\r\n")) as server,
        socket.create_server(("127.0.0.2", server.port), backlog=0) as full,
        socket.create_connection(full.getsockname()),
        lane_to_services(lane_name, policy) as services,
    ):
        status, _ = services.ask(a_service_on(server.port, **(LONG | {"host": "two.example", "connect": 1.0})))

    assert status == 204


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\nContent-Le"])
def test_the_head_is_waited_for_so_long(services, over, before):
    with serving(staying_silent(over, before)) as server:
        failure = failure_of(services, server.port, first_byte=SHORT)
        over.set()

    assert_timeout(failure)


def test_the_next_piece_is_waited_for_so_long(services, over):
    with serving(staying_silent(over, HALF)) as server:
        failure = failure_of(services, server.port, idle=SHORT)
        over.set()

    assert_timeout(failure)


@pytest.mark.parametrize("before", [b"", HALF])
def test_all_of_it_together_is_waited_for_so_long(services, over, before):
    with serving(staying_silent(over, before)) as server:
        failure = failure_of(services, server.port, total=SHORT)
        over.set()

    assert_timeout(failure)


def test_a_reply_that_drips_ends_with_the_whole_time(services, over):
    def behave(line):
        line.read_head()
        line.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not over.wait(0.01):
            line.write(b"drip")

    with serving(behave) as server:
        failure = failure_of(services, server.port, total=SHORT)

    assert_timeout(failure)
