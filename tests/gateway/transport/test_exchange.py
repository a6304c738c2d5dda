"""One call through the fast lane: bodies stream past it, and everybody learns once how it ended."""

import socket
import threading
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from gateway.http.outbox import LONG
from gateway.plugin import Binding, Plugin
from tests.builders import KeptRecords
from tests.calling import WEATHER, a_request, ask, call, drained, hear, say, say_until_stuck
from tests.fastlane import fast_lane
from tests.fixtures.lanes import gunicorn
from tests.gunicorns import FAST
from tests.lane import make_lane
from tests.loopback import reachable
from tests.memory import MEBIBYTE, Memory
from tests.waiting import eventually, settled
from tests.wire.client import Client, EndedError

SIZE = 64 * MEBIBYTE
HALVES = {
    "sized": b"Content-Length: 100\r\n\r\nhalf",
    "chunked": b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    "in-a-chunk": b"Transfer-Encoding: chunked\r\n\r\n9\r\nhalf",
}


class Service:
    """What it does is in the path."""

    port = 0

    def __init__(self):
        self.gate = threading.Event()
        self.reading = threading.Event()
        self.hung_up = threading.Semaphore(0)
        self.poured = 0
        self.last = b""

    def __call__(self, line):
        line.socket.settimeout(60)
        try:
            while head := line.read_head():
                getattr(self, head.split()[1].decode().strip("/").replace("-", "_"), self.ok)(line, head)
        finally:
            self.hung_up.release()

    def ok(self, line, head):
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def slow(self, line, head):
        """Reads a little, waits, reads the rest."""
        size = len(line.read(1000))
        self.reading.set()
        self.gate.wait(60)
        while size < SIZE:
            size += len(line.read(min(65536, SIZE - size)))
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%d" % (len(str(size)), size))

    def pour(self, line, head):
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
        for _ in range(SIZE // 65536):
            line.write(bytes(65536))
            self.poured += 65536

    def long(self, line, head):
        """A body that leaves the gateway in the middle of a turn of its loop."""
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LONG + bytes(LONG))

    def events(self, line, head):
        line.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.gate.wait(30)
        for number in range(3):
            self.gate.clear()
            line.write(b"9\r\ndata: %d\n\n\r\n" % number)
            self.gate.wait(30)
        line.write(b"0\r\n\r\n")

    def until_the_end(self, line, head):
        """Takes a body as far as it comes."""
        self.reading.set()
        self.last = line.read(SIZE)[-5:]

    def half(self, line, head):
        self.break_off(line, HALVES[head.rpartition(b"X-How: ")[2].split()[0].decode()])

    def break_off(self, line, rest):
        line.write(b"HTTP/1.1 200 OK\r\n" + rest)
        self.gate.wait(30)
        line.reset()
        raise ConnectionAbortedError


@pytest.fixture
def service():
    behaviour = Service()
    with reachable(behaviour, behaviour.gate):
        yield behaviour


@pytest.fixture
def master(service, tmp_path):
    with gunicorn(FAST, service.port, tmp_path, LANE_MOST=str(2 * SIZE), LANE_READ_TIMEOUT="60") as master:
        call(master.port)
        yield master
        service.gate.set()


@pytest.fixture
def records():
    return KeptRecords()


@pytest.fixture
def lane(service, records, tmp_path):
    app = make_lane(service.port, tmp_path, records)
    with fast_lane(app) as lane:
        yield lane
        service.gate.set()
    for opened in app.extensions["to be closed"]:
        opened.close()


@pytest.mark.parametrize("framing", [f"Content-Length: {SIZE}", "Transfer-Encoding: chunked"])
def test_an_upload_waits_for_a_service_that_reads_slowly(master, service, framing):
    memory = Memory(master.worker())
    with Client(master.port) as client:
        say(client, a_request(f"{WEATHER}/slow", framing, method="POST"))
        if "chunked" in framing:
            say(client, b"%x\r\n" % SIZE)
        sent = say_until_stuck(client, SIZE)
        assert sent < SIZE
        service.gate.set()
        client.socket.sendall(bytes(SIZE - sent) + (b"\r\n0\r\n\r\n" if "chunked" in framing else b""))
        answer = hear(client)

    assert int(answer.body) >= SIZE
    assert memory.grown() < 8 * MEBIBYTE


def test_a_download_waits_for_a_client_that_reads_slowly(master, service):
    memory = Memory(master.worker())
    with Client(master.port) as client:
        say(client, a_request(f"{WEATHER}/pour"))
        assert settled(lambda: service.poured) < SIZE
        assert drained(client, SIZE) == SIZE

    assert memory.grown() < 8 * MEBIBYTE


def test_events_arrive_one_by_one_and_the_head_before_the_first(lane, service):
    with Client(lane.port) as client:
        say(client, a_request(f"{WEATHER}/events"))
        assert b"text/event-stream" in client._until(b"\r\n\r\n")
        heard = []
        for _ in range(3):
            service.gate.set()
            heard.append(client._until(b"\n\n\r\n"))
        service.gate.set()

        assert heard == [b"9\r\ndata: 0", b"9\r\ndata: 1", b"9\r\ndata: 2"]
        assert client._until(b"\r\n\r\n") == b"0"


def test_a_client_that_leaves_while_it_downloads_ends_the_call_to_the_service(lane, service, records):
    with Client(lane.port) as client:
        say(client, a_request(f"{WEATHER}/pour"))
        client.socket.recv(1000)

    assert service.hung_up.acquire(timeout=30)
    (record,) = records.wait_for(1)
    assert (record.event.status, record.event.refusal, record.event.application_id) == (200, "client-left", "app_farm")
    assert 0 < record.sent_bytes < SIZE


@pytest.mark.parametrize("framing", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_a_client_that_leaves_while_it_uploads_never_looks_like_a_clean_end(lane, service, records, framing):
    body = b"5\r\nhello\r\n" if "chunked" in framing else b"hello"
    with Client(lane.port) as client:
        say(client, a_request(f"{WEATHER}/until-the-end", framing, method="POST") + body)
        assert service.reading.wait(30)

    assert service.hung_up.acquire(timeout=30)
    (record,) = records.wait_for(1)
    assert (record.event.refusal, record.event.application_id) == ("client-left", "app_farm")
    assert service.last != b"0\r\n\r\n"


@pytest.mark.parametrize("how", HALVES)
def test_a_service_that_dies_in_a_body_never_looks_like_a_clean_end(lane, service, records, how):
    with Client(lane.port) as client:
        say(client, a_request(f"{WEATHER}/half", f"X-How: {how}"))
        client.socket.recv(1, socket.MSG_PEEK)  # the head is here
        service.gate.set()
        with suppress(EndedError):
            assert not hear(client).is_whole

    (record,) = records.wait_for(1)
    assert record.event.refusal == "upstream-broken"


def test_nor_to_a_client_for_whom_the_end_of_the_connection_is_the_end_of_the_body(lane, service):
    with Client(lane.port) as client:
        say(client, a_request(f"{WEATHER}/half", "X-How: chunked").replace(b"HTTP/1.1", b"HTTP/1.0"))
        client.socket.recv(1, socket.MSG_PEEK)
        service.gate.set()

        with pytest.raises(ConnectionResetError):
            drained(client, SIZE)


class Watched(KeptRecords):
    """A recorder in which the loop stands still until it is told to go on."""

    def __init__(self):
        super().__init__()
        self.begun, self.goes_on = threading.Event(), threading.Event()

    def record(self, finished):
        self.begun.set()
        assert self.goes_on.wait(30)
        super().record(finished)


def test_a_call_is_recorded_before_the_last_byte_of_a_long_reply_leaves(service, tmp_path):
    app = make_lane(service.port, tmp_path, watched := Watched())
    with fast_lane(app) as lane, Client(lane.port) as client:
        say(client, a_request(f"{WEATHER}/long"))
        assert watched.begun.wait(30)
        client.socket.setblocking(False)
        before = b""
        with suppress(BlockingIOError):
            while True:
                before += client.socket.recv(1 << 20)
        client.socket.settimeout(30)
        watched.goes_on.set()
        client._held = before

        assert len(before) < LONG
        assert len(hear(client).body) == LONG
    for opened in app.extensions["to be closed"]:
        opened.close()


def test_a_call_is_recorded_once_with_what_it_sent(lane, records):
    with Client(lane.port) as client:
        assert [ask(client).body for _ in range(3)] == [b"ok"] * 3
    kept = records.wait_for(3)

    assert [(record.event.status, record.sent_bytes) for record in kept] == [(200, 2)] * 3


class Careless(Plugin):
    """Makes fields that are none."""

    name = "careless"

    def on_call(self, call, config):
        return replace(call, headers=call.headers.plus(("X-Own", "a\r\nX-Other: b"))) if config["asks"] else call

    def on_reply(self, call, reply, config):
        return replace(reply, headers=reply.headers.plus(("X-Own", "a\r\nX-Other: b")))


@pytest.mark.parametrize("asks", [True, False], ids=["to the service", "to the client"])
def test_a_field_that_cannot_be_written_is_an_error_of_ours_and_the_connection_goes_on(
    service, records, tmp_path, asks
):
    app = make_lane(service.port, tmp_path, records, plugins=[Binding(Careless(), {"asks": asks})])
    with fast_lane(app) as lane, Client(lane.port) as client:
        first, second = ask(client), ask(client)

        assert [answer.status for answer in (first, second)] == [500, 500]
        assert b"internal-error" in first.body
        assert not any(name == "X-Other" for name, _ in first.fields)
        assert lane.look(lambda: len(lane.lane.upstream._busy)) == 0
    assert [finished.event.status for finished in records.finished] == [500, 500]


def leave(client):
    """Hang up rudely (RST): a mere end could be that of what the client sends."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    client.socket.close()


class Waiting(Plugin):
    """Waits on a thread, in the hook of its setting."""

    name = "waiting"
    blocking = True

    def __init__(self):
        self.begun, self.gate, self.ended = threading.Event(), threading.Event(), threading.Semaphore(0)

    def wait(self, given, config, hook):
        if config["hook"] == hook:
            self.begun.set()
            self.gate.wait(30)
        self.ended.release()
        return given

    def on_arrival(self, call, config):
        return self.wait(call, config, "on_arrival")

    def on_reply(self, call, reply, config):
        return self.wait(reply, config, "on_reply")


@pytest.mark.parametrize("hook", ["on_arrival", "on_reply"])
def test_a_client_that_leaves_while_a_plugin_waits_is_recorded_once_and_the_service_let_go(
    service, records, tmp_path, hook
):
    app = make_lane(service.port, tmp_path, records, plugins=[Binding(plugin := Waiting(), {"hook": hook})])
    with fast_lane(app) as lane:
        with Client(lane.port) as client:
            say(client, a_request(f"{WEATHER}/pour"))
            assert plugin.begun.wait(30)
            leave(client)
        records.wait_for(1)
        assert lane.look(lambda: len(lane.lane.upstream._busy)) == 0
        plugin.gate.set()
        assert plugin.ended.acquire(timeout=30)
        call(lane.port)

    assert [finished.event.refusal for finished in records.wait_for(2)] == ["client-left", ""]


class Collecting(Plugin):
    """Wants to see what nobody will send to its end."""

    name = "collecting"
    needs_body = SIZE

    def on_reply(self, call, reply, config):
        return reply


def test_a_client_that_leaves_while_a_reply_is_collected_ends_the_call_to_the_service(service, records, tmp_path):
    app = make_lane(service.port, tmp_path, records, plugins=[Binding(Collecting(), {})])
    with fast_lane(app) as lane:
        with Client(lane.port) as client:
            say(client, a_request(f"{WEATHER}/half", "X-How: sized"))
            eventually(lambda: lane.look(lambda: [each for each in lane.lane.upstream._busy if each._pipe]))
            leave(client)
        records.wait_for(1)
        assert lane.look(lambda: len(lane.lane.upstream._busy)) == 0
        service.gate.set()

    assert [finished.event.refusal for finished in records.finished] == ["client-left"]


def test_a_bug_is_an_error_of_ours_and_the_next_call_is_served(service, records, tmp_path):
    app: Any = make_lane(service.port, tmp_path, records)
    with fast_lane(app) as lane, Client(lane.port) as client:
        runtime = app.wsgi_app.runtime
        good = runtime._snapshot
        runtime._snapshot = replace(good, versions=None)
        broken = ask(client)
        runtime._snapshot = good

        assert (broken.status, ask(client).status) == (500, 200)


def test_a_request_that_cannot_be_read_is_recorded_too(lane, records):
    assert call(lane.port, b"G\0\r\n\r\n").status == 400

    assert [record.event.refusal for record in records.wait_for(1)] == ["malformed-request"]


def test_the_question_about_this_server_is_answered_without_a_call(lane, records):
    answer = call(lane.port, a_request("*", method="OPTIONS"))

    assert (answer.status, records.finished) == (204, [])
    assert "POST" in answer.values("allow")[0]
