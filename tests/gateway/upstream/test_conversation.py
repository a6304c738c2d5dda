"""One connection to a service, and the reply that comes on it."""

import threading
from concurrent.futures import Future

import pytest

from gateway.http.headers import Headers
from gateway.pipeline.effects import Send
from gateway.upstream.conversation import Carriage
from tests.asking import OK, Asker, failure_of, opened
from tests.builders import a_target
from tests.loopback import answering, serving


@pytest.fixture
def upstream():
    with opened() as upstream:
        yield upstream


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\nContent-Le"])
def test_a_head_that_does_not_come_is_a_timeout(upstream, before):
    done = threading.Event()

    def behave(line):
        line.read_head()
        line.write(before)
        done.wait(30)

    with serving(behave) as server:
        code = failure_of(upstream.ask(server, read_timeout=0.05).reply)
        done.set()

    assert code == "upstream-timeout"


def test_a_body_that_stops_coming_is_a_timeout(upstream):
    done = threading.Event()

    def behave(line):
        line.read_head()
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        done.wait(30)

    with serving(behave) as server:
        code = failure_of(upstream.ask(server, read_timeout=0.05).content)
        done.set()

    assert code == "upstream-timeout"


def test_bytes_after_a_reply_poison_no_later_call(upstream):
    with serving(answering(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", OK)) as server:
        assert [upstream.content(server) for _ in range(2)] == [b"ok", b"ok"]
        upstream.loop.call_soon_threadsafe(upstream.evented.close)

    assert server.connections == 2


def test_a_request_that_is_given_up_closes_its_connection(upstream):
    here, hung_up = threading.Event(), threading.Event()

    def behave(line):
        line.read_head()
        here.set()
        line.read(1)
        hung_up.set()

    with serving(behave) as server:
        send = Send(a_target(host="127.0.0.1", port=server.port, base_path=""), "GET", "/", Headers(), None)
        carriage: Future[Carriage] = Future()
        upstream.loop.call_soon_threadsafe(lambda: carriage.set_result(upstream.evented.send(send, Asker())))
        assert here.wait(30)
        upstream.loop.call_soon_threadsafe(carriage.result().close)

        assert hung_up.wait(30)


def test_a_fresh_connection_that_says_nothing_is_not_tried_again(upstream):
    with serving(answering()) as server:
        assert failure_of(upstream.ask(server).reply) == "upstream-unreachable"
