"""The upstream of the fast lane against real services: the laws of test_blocking.py, told by callbacks."""

import asyncio
import threading
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from gateway.http.headers import Headers
from gateway.http.messages import Body, Reply
from gateway.http.pipe import Pipe
from gateway.pipeline.effects import Send
from gateway.pipeline.refusals import Failure
from gateway.upstream.addresses import AddressPolicy
from gateway.upstream.conversation import Carriage
from gateway.upstream.evented import EventedUpstream
from tests.builders import a_target
from tests.certificates import tls_of_this_machine
from tests.loopback import Line, answering, serving

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

    def ask(self, server, path="/a", *, method="GET", body=None, **target):
        port = server if isinstance(server, int) else server.port
        values = {"host": "127.0.0.1", "port": port, "base_path": "", "connect_timeout": 5.0, "read_timeout": 5.0}
        send = Send(a_target(**(values | target)), method, path, Headers((("Host", "x.example"),)), body)
        asker = Asker()
        self.loop.call_soon_threadsafe(self.evented.send, send, asker)
        return asker

    def content(self, server, path="/a", **given):
        return self.ask(server, path, **given).content.result(30)


@contextmanager
def opened(policy=OPEN, tls=None):
    loop = asyncio.new_event_loop()
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
    await asyncio.sleep(0.01)  # let the transports say goodbye


@pytest.fixture
def upstream():
    with opened() as upstream:
        yield upstream


def failure_of(future):
    with pytest.raises(Failure) as caught:
        future.result(30)
    return caught.value.row.code


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
    assert set(server.requests) == {b"GET /a%2Fb//c;d?x=+&&y=%zz? HTTP/1.1\r\nHost: x.example"}


def test_a_safe_request_is_tried_again_when_a_warm_connection_dies_under_it(upstream):
    with serving(hanging_up_on_the_second) as server:
        assert [upstream.content(server, "/1"), upstream.content(server, "/2")] == [b"ok", b"ok"]
        upstream.loop.call_soon_threadsafe(upstream.evented.close)

    assert [head.split()[1] for head in server.requests] == [b"/1", b"/2", b"/2"]


@pytest.mark.parametrize("given", [{"method": "POST"}, {"method": "DELETE"}, {"body": Body((b"abc",), 3)}])
def test_a_request_that_changes_something_or_has_a_body_is_never_sent_twice(upstream, given):
    with serving(hanging_up_on_the_second) as server:
        upstream.content(server)
        assert failure_of(upstream.ask(server, **given).reply) == "upstream-unreachable"

    assert len(server.requests) == 2


def test_a_fresh_connection_that_says_nothing_is_not_tried_again(upstream):
    with serving(answering()) as server:
        assert failure_of(upstream.ask(server).reply) == "upstream-unreachable"


def test_nobody_listening_is_unreachable(upstream, free_port):
    assert failure_of(upstream.ask(free_port).reply) == "upstream-unreachable"


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


def test_a_service_that_does_not_take_connections_is_a_timeout():
    slow = threading.Event()

    def resolve(host, port):
        slow.wait(30)
        return ()

    with opened(AddressPolicy(OPEN.allowed_networks, resolve=resolve)) as upstream:
        code = failure_of(upstream.ask(1, host="slow.example", connect_timeout=0.05).reply)
        slow.set()

    assert code == "upstream-timeout"


def test_a_name_that_now_leads_inside_is_not_connected_to():
    policy = AddressPolicy(resolve=lambda host, port: ("127.0.0.1",))
    with serving(answering(OK)) as server, opened(policy) as upstream:
        assert failure_of(upstream.ask(server, host="innocent.example").reply) == "upstream-unreachable"

    assert server.connections == 0


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


# --- over TLS


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    return tls_of_this_machine(tmp_path_factory.mktemp("tls"))


def over_tls(context, behaviour):
    def behave(line):
        with context.wrap_socket(line.socket, server_side=True) as encrypted:
            behaviour(Line(encrypted, line.requests))

    return behave


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
