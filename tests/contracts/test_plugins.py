"""Plugins behave alike in both lanes: where they fail, where they wait, and what they see of bodies."""

import re
import socket
import threading
from contextlib import ExitStack, suppress
from dataclasses import replace

import pytest

from gateway.plugin import Binding, Body, Plugin, Reply
from plugins import Cors
from tests.builders import KeptRecords
from tests.calling import WEATHER, a_request, call, hear, say
from tests.lane import make_lane
from tests.lanes_in_process import LANES, served
from tests.loopback import serving
from tests.waiting import eventually
from tests.wire.client import Client

MOST = 1000


def echo(line):
    """A service that answers with the body it got; framed as the path says."""
    while head := line.read_head():
        length = re.search(rb"Content-Length: (\d+)", head)
        content = line.read(int(length[1])) if length else b"nothing"
        if b"/chunked" in head:
            pieces = b"".join(b"1\r\n%c\r\n" % byte for byte in content)
            line.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n")
        elif b"/broken" in head:
            line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + content)
            return
        elif b"/long" in head:
            line.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            with suppress(OSError):
                for _ in range(MOST):
                    line.write(b"10\r\n0123456789abcdef\r\n")
                line.write(b"0\r\n\r\n")
        else:
            line.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content))


class World:
    """An API in front of the service that echoes, with one plugin, in one lane."""

    def __init__(self, port, records):
        self.port = port
        self.records = records

    def codes(self, count):
        """Why calls ended, sorted: a thread may record later than the next call ends."""
        return sorted(finished.event.refusal for finished in self.records.wait_for(count))


@pytest.fixture(params=LANES)
def world(request, tmp_path):
    """Makes the world for a plugin."""
    with ExitStack() as stack:

        def make(plugin, config=None):
            service, records = stack.enter_context(serving(echo)), KeptRecords()
            app = make_lane(service.port, tmp_path, records, plugins=[Binding(plugin, config or {})])
            return World(stack.enter_context(served(request.param, app)), records)

        yield make


# --- a plugin that fails


class Failing(Plugin):
    name = "failing"

    def fail(self, call, hook):
        if call.headers.get("x-fail") == hook:
            raise ZeroDivisionError("the secret reason")

    def on_arrival(self, call, config):
        self.fail(call, "on_arrival")
        return call

    def on_call(self, call, config):
        self.fail(call, "on_call")
        return call

    def on_reply(self, call, reply, config):
        self.fail(call, "on_reply")
        return reply

    def on_departure(self, call, reply, config):
        self.fail(call, "on_departure")
        return reply


class FailingOnAThread(Failing):
    blocking = True


@pytest.mark.parametrize("plugin", [Failing, FailingOnAThread])
def test_a_plugin_that_raises_costs_its_own_call_a_500_and_the_next_is_served(world, caplog, plugin):
    served = world(plugin())
    hooks = ["on_arrival", "on_call", "on_reply", "on_departure"]

    for hook in hooks:
        failed = call(served.port, a_request(f"{WEATHER}/a", f"X-Fail: {hook}"))
        assert (failed.status, call(served.port).status) == (500, 200)
        assert b'"code":"plugin-failed"' in failed.body
        assert failed.values("x-request-id")[0].encode() in failed.body
        assert b"secret" not in failed.body

    assert served.codes(8).count("plugin-failed") == 4
    told = [record for record in caplog.records if "the plugin failing failed" in record.getMessage()]
    assert len(told) == 4
    assert "the secret reason" in caplog.text


class Crumbling(Plugin):
    """Answers with a body that breaks off."""

    name = "crumbling"

    def on_call(self, call, config):
        def pieces():
            yield b"half"
            raise ZeroDivisionError

        return Reply(200, body=Body(pieces())) if call.path.endswith("/crumbs") else call


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_body_of_a_plugins_own_that_breaks_off_never_looks_whole_and_the_next_call_is_served(world):
    served = world(Crumbling())

    with Client(served.port) as client:
        say(client, a_request(f"{WEATHER}/crumbs"))
        with pytest.raises((ConnectionError, AssertionError)):
            assert hear(client).is_whole

    assert call(served.port).status == 200
    assert served.codes(2) == ["", "internal-error"]


# --- a plugin that waits


class Waiting(Plugin):
    name = "waiting"
    blocking = True

    def __init__(self):
        self.gate, self.begun, self.threads = threading.Event(), threading.Semaphore(0), set()

    def on_call(self, call, config):
        self.threads.add(threading.current_thread().name)
        if call.path.endswith("/wait"):
            self.begun.release()
            self.gate.wait(30)
        return call


def test_calls_are_served_while_a_plugin_waits(world):
    plugin = Waiting()
    served = world(plugin)

    with Client(served.port) as first:
        say(first, a_request(f"{WEATHER}/wait"))
        assert plugin.begun.acquire(timeout=30)
        assert call(served.port).status == 200
        plugin.gate.set()
        assert hear(first).status == 200


# --- a plugin that reads bodies


class Reading(Plugin):
    """Turns round what the service gets, and writes what the client gets in capitals."""

    name = "reading"
    needs_body = MOST

    def __init__(self):
        self.seen = []

    def on_call(self, call, config):
        self.seen.append(call.body and call.body.content)
        return replace(call, body=call.body and Body.of(call.body.content[::-1]))

    def on_reply(self, call, reply, config):
        return replace(reply, body=Body.of(reply.body.content.upper() + b"!"))


def chunked(content):
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in content) + b"0\r\n\r\n"


@pytest.mark.parametrize("path", ["sized", "chunked"])
def test_bodies_are_seen_whole_both_ways_and_may_be_changed(world, path):
    served = world(plugin := Reading())

    sized = call(served.port, a_request(f"{WEATHER}/{path}", method="POST", body=b"hello"))
    pieces = chunked([b"he", b"llo"])
    in_pieces = call(served.port, a_request(f"{WEATHER}/{path}", "Transfer-Encoding: chunked", method="POST") + pieces)
    without = call(served.port, a_request(f"{WEATHER}/{path}"))

    assert [answer.body for answer in (sized, in_pieces, without)] == [b"OLLEH!", b"OLLEH!", b"NOTHING!"]
    assert plugin.seen == [b"hello", b"hello", None]
    assert served.codes(3) == ["", "", ""]


@pytest.mark.parametrize("size", [MOST, MOST + 1])
@pytest.mark.parametrize("framing", ["sized", "chunked"])
def test_a_body_beyond_the_bound_is_refused_and_the_service_asked_nothing(world, framing, size):
    served = world(plugin := Reading())
    head = a_request(f"{WEATHER}/a", "Transfer-Encoding: chunked", method="POST")
    whole = a_request(f"{WEATHER}/a", method="POST", body=bytes(size))

    answer = call(served.port, whole if framing == "sized" else head + chunked([bytes(size - 1), b"x"]))

    assert answer.status == (200 if size == MOST else 413)
    assert len(plugin.seen) == (size == MOST)
    assert served.codes(1) == ["" if size == MOST else "body-too-large"]


@pytest.mark.parametrize(("path", "code"), [("long", "reply-too-long"), ("broken", "upstream-broken")])
def test_a_reply_beyond_the_bound_or_broken_off_is_a_clean_502(world, path, code):
    served = world(Reading())

    answer = call(served.port, a_request(f"{WEATHER}/{path}", method="POST", body=b"x"))

    assert (answer.status, answer.is_whole) == (502, True)
    assert code.encode() in answer.body
    assert call(served.port).status == 200
    assert served.codes(2) == ["", code]


def test_a_client_that_leaves_while_its_body_is_collected_is_recorded_and_not_served(world):
    served = world(plugin := Reading())

    with Client(served.port) as client:
        say(client, a_request(f"{WEATHER}/a", "Content-Length: 100", method="POST") + b"half")
        client.socket.shutdown(socket.SHUT_WR)
        eventually(lambda: served.records.finished)

    assert served.codes(1) == ["client-left"]
    assert plugin.seen == []


def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(world):
    served = world(Reading())

    with Client(served.port) as client:
        say(client, a_request(f"{WEATHER}/a", "Expect: 100-continue", "Content-Length: 2", method="POST"))
        client.read(bodiless=True)
        assert client.answers[0].status == 100
        say(client, b"hi")
        assert hear(client).body == b"IH!"


# --- pages of other origins


def test_a_preflight_and_the_refusal_of_its_call_can_be_read_by_a_page(world):
    served = world(Cors(), Cors.Config().load({"origins": ["https://page.example.ca"]}))
    page = "Origin: https://page.example.ca"

    preflight = call(served.port, _without_key("OPTIONS", page, "Access-Control-Request-Method: GET"))
    refused = call(served.port, _without_key("GET", page))
    passed = call(served.port, a_request(f"{WEATHER}/a", page))

    assert [answer.status for answer in (preflight, refused, passed)] == [204, 401, 200]
    for answer in (preflight, refused, passed):
        assert answer.values("access-control-allow-origin") == ["https://page.example.ca"]
        assert "Origin" in ", ".join(answer.values("vary"))
    assert served.codes(3) == ["", "", "no-credentials"]
    recorded = [finished.event for finished in served.records.finished if finished.event.method == "OPTIONS"]
    assert [(event.status, event.subscription_id) for event in recorded] == [(204, "")]


def _without_key(method, *fields):
    return "\r\n".join([f"{method} {WEATHER}/a HTTP/1.1", "Host: guichet.example.ca", *fields, "", ""]).encode()
