"""The upstream of the fast lane against real services: the laws of test_blocking.py, told by callbacks."""

import threading

import pytest

from gateway.http.messages import Body
from gateway.upstream.addresses import AddressPolicy
from tests.asking import OK, OPEN, failure_of, opened
from tests.loopback import answering, over_tls, serving


@pytest.fixture
def upstream():
    with opened() as upstream:
        yield upstream


def hanging_up_on_the_second(line):
    line.read_head()
    line.write(OK)
    line.read_head()
    line.socket.close()


def test_the_request_goes_out_byte_for_byte_and_the_connection_is_used_again(upstream):
    with serving(answering(OK, OK, OK)) as server:
        contents = [upstream.content(server, "/a%2Fb//c;d?x=+&&y=%zz?") for _ in range(3)]
        upstream.loop.call_soon_threadsafe(upstream.evented.close)

    assert contents == [b"ok"] * 3
    assert server.connections == 1
    host = b"Host: 127.0.0.1:%d" % server.port
    assert set(server.requests) == {b"GET /a%2Fb//c;d?x=+&&y=%zz? HTTP/1.1\r\n" + host}


def test_an_idempotent_request_is_tried_again_when_a_warm_connection_dies_under_it(upstream):
    with serving(hanging_up_on_the_second) as server:
        assert [upstream.content(server, "/1"), upstream.content(server, "/2")] == [b"ok", b"ok"]
        upstream.loop.call_soon_threadsafe(upstream.evented.close)

    assert [head.split()[1] for head in server.requests] == [b"/1", b"/2", b"/2"]


@pytest.mark.parametrize("given", [{"method": "POST"}, {"body": Body((b"abc",), 3)}])
def test_a_request_that_is_not_idempotent_or_has_a_body_is_never_sent_twice(upstream, given):
    with serving(hanging_up_on_the_second) as server:
        upstream.content(server)
        assert failure_of(upstream.ask(server, **given).reply) == "upstream-unreachable"

    assert len(server.requests) == 2


def test_nobody_listening_is_unreachable(upstream, free_port):
    assert failure_of(upstream.ask(free_port).reply) == "upstream-unreachable"


def test_a_service_that_does_not_take_connections_is_a_timeout():
    slow = threading.Event()

    def resolve(host, port):
        slow.wait(30)
        return ()

    with opened(AddressPolicy(OPEN.allowed_networks, resolve=resolve)) as upstream:
        code = failure_of(upstream.ask(1, host="slow.example", connect=0.05).reply)
        slow.set()

    assert code == "upstream-timeout"


def test_a_name_that_now_leads_inside_is_not_connected_to():
    policy = AddressPolicy(resolve=lambda host, port: ("127.0.0.1",))
    with serving(answering(OK)) as server, opened(policy) as upstream:
        assert failure_of(upstream.ask(server, host="innocent.example").reply) == "upstream-unreachable"

    assert server.connections == 0


# --- over TLS


def test_a_service_behind_tls_answers(contexts):
    with serving(over_tls(contexts[0], answering(OK, OK))) as server, opened(OPEN, contexts[1]) as upstream:
        assert [upstream.content(server, scheme="https") for _ in range(2)] == [b"ok", b"ok"]


@pytest.mark.parametrize("trusting", [False, True])
def test_a_certificate_that_is_not_trusted_or_is_another_hosts_is_refused(contexts, trusting):
    policy = AddressPolicy(OPEN.allowed_networks, resolve=lambda host, port: ("127.0.0.1",))
    host = "another.example" if trusting else "127.0.0.1"
    tls = contexts[1] if trusting else None
    with serving(over_tls(contexts[0], answering(b""))) as server, opened(policy, tls) as upstream:
        assert failure_of(upstream.ask(server, scheme="https", host=host).reply) == "upstream-unreachable"

    assert server.requests == []
