"""Tunnels: admitted as calls, then bytes both ways, and both sides learn of the end."""

import socket
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

import pytest

from gateway.http.messages import Reply
from gateway.plugin import Binding, Plugin
from gateway.transport.parties import Patience
from tests.builders import KeptRecords
from tests.calling import WEATHER, a_request, ask, call, hear, say, say_until_stuck
from tests.certificates import tls_of_this_machine
from tests.fastlane import fast_lane
from tests.fixtures.lanes import gunicorn
from tests.gunicorns import FAST
from tests.lane import KEY, make_lane
from tests.loopback import reachable
from tests.memory import MEBIBYTE
from tests.waiting import eventually, settled
from tests.wire.client import Client

WISH = ("Connection: Upgrade", "Upgrade: example/1")
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: example/1\r\nServer: x\r\n\r\n"
SIZE = 64 * MEBIBYTE


def wish(path="echo", *fields, method="GET"):
    return a_request(f"{WEATHER}/{path}", *WISH, *fields, method=method)


class Service:
    """What it does is in the path. `ended` counts the connections that have."""

    port = 0

    def __init__(self):
        self.gate = threading.Event()
        self.heads = []
        self.ended = threading.Semaphore(0)
        self.poured = 0

    def __call__(self, line):
        line.socket.settimeout(60)
        try:
            while head := line.read_head():
                self.heads.append(head)
                getattr(self, head.split()[1].decode().strip("/"))(line)
        finally:
            self.ended.release()

    def echo(self, line):
        line.write(SWITCH + b"hello ")
        while said := line.socket.recv(65536):
            line.write(said)

    def pour(self, line):
        line.write(SWITCH)
        for _ in range(SIZE // 65536):
            line.write(bytes(65536))
            self.poured += 65536
        line.socket.close()

    def slow(self, line):
        line.write(SWITCH)
        self.gate.wait(60)
        size = 0
        while size < SIZE:
            size += len(line.socket.recv(65536))
        line.write(b"%d" % size)
        line.socket.close()

    def late(self, line):
        self.gate.wait(60)
        self.echo(line)

    def dying(self, line):
        line.write(SWITCH)
        line.socket.recv(1)
        line.reset()
        raise ConnectionAbortedError

    def otherwise(self, line):
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def other(self, line):
        line.write(SWITCH.replace(b"example/1", b"example/2"))


@pytest.fixture
def service():
    behaviour = Service()
    with reachable(behaviour, behaviour.gate):
        yield behaviour


@pytest.fixture
def records():
    return KeptRecords()


@pytest.fixture
def opened(tmp_path, records):
    """A lane before a service that may be asked to switch; `given` is for the app, `patience` for the lane."""

    @contextmanager
    def open_lane(port, patience=None, **given):
        app = make_lane(port, tmp_path, records, **({"allows_upgrade": True} | given))
        with fast_lane(app, patience=patience or Patience()) as lane:
            yield lane
        for part in app.extensions["to be closed"]:
            part.close()

    return open_lane


@pytest.fixture
def lane(service, opened):
    with opened(service.port) as lane:
        yield lane
        service.gate.set()


def switched(client, content):
    """Ask, and read the head of the 101."""
    say(client, content)
    head = client._until(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    return head.lower()


def heard(client):
    """All that comes until the end, be it a rude one."""
    pieces, client._held = [client._held], b""
    with suppress(ConnectionResetError):
        while piece := client.socket.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def test_bytes_pass_both_ways_from_the_first_one_behind_the_head(lane, records):
    with Client(lane.port) as client:
        head = switched(client, wish())
        client.socket.sendall(b"\0\r\n\r\n\xff")
        client.socket.shutdown(socket.SHUT_WR)

        assert b"hello \0\r\n\r\n\xff".startswith(heard(client))
    (record,) = records.wait_for(1)
    assert b"upgrade: example/1" in head
    assert b"connection: upgrade" in head
    assert b"x-ratelimit-remaining: 99999" in head
    assert not any(name in head for name in (b"content-length", b"transfer-encoding", b"server:"))
    assert (record.event.status, record.event.refusal, record.event.application_id) == (101, "", "app_farm")
    assert record.sent_bytes >= len(b"hello ")
    assert lane.connected() == 0


def test_the_service_is_asked_to_switch_and_is_told_who_calls(lane, service):
    with Client(lane.port) as client:
        switched(client, wish("echo", "Sec-WebSocket-Key: a", "Cookie: a=b"))

    (head,) = service.heads
    assert head.lower().count(b"upgrade") == 2
    for part in (b"Connection: Upgrade\r\n", b"Upgrade: example/1\r\n", b"Sec-WebSocket-Key: a", b"X-Guichet-Appl"):
        assert part in head + b"\r\n"
    assert KEY.encode() not in head
    assert b"Cookie" not in head


@pytest.mark.parametrize("side", ["client", "service"])
def test_a_side_that_reads_slowly_holds_the_other_back(lane, service, side):
    with Client(lane.port) as client:
        if side == "client":
            switched(client, wish("pour"))
            assert settled(lambda: service.poured) < SIZE
            assert len(heard(client)) == SIZE
        else:
            switched(client, wish("slow"))
            sent = say_until_stuck(client, SIZE)
            assert sent < SIZE
            service.gate.set()
            client.socket.sendall(bytes(SIZE - sent))
            assert heard(client) == b"%d" % SIZE


def test_a_client_that_dies_ends_the_service_side(lane, service, records):
    with Client(lane.port) as client:
        switched(client, wish())
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    assert service.ended.acquire(timeout=30)
    assert len(records.wait_for(1)) == 1


def test_a_service_that_dies_ends_the_client_side(lane, records):
    with Client(lane.port) as client:
        switched(client, wish("dying"))
        client.socket.sendall(b"x")

        assert heard(client) == b""
    assert len(records.wait_for(1)) == 1


def test_a_tunnel_that_carries_nothing_for_too_long_is_closed(service, opened, records):
    with opened(service.port, patience=Patience(tunnel=0.1)) as lane, Client(lane.port) as client:
        switched(client, wish())

        assert heard(client) == b"hello "
        assert service.ended.acquire(timeout=30)
        eventually(lambda: records.finished)


def test_a_client_that_does_not_read_cannot_keep_a_tunnel_that_is_over(service, opened, records):
    with opened(service.port, patience=Patience(tunnel=0.1, stall=0.1)) as lane, Client(lane.port) as client:
        switched(client, wish("pour"))

        eventually(lambda: records.finished)
        assert lane.connected() == 0
        assert records.finished[0].sent_bytes < SIZE


def test_there_are_so_many_tunnels_and_no_more(lane, service):
    lane.look(lambda: setattr(lane.lane.tunnels, "most", 1))
    with Client(lane.port) as first:
        switched(first, wish())
        refused = call(lane.port, wish())

    assert (refused.status, b"overloaded" in refused.body) == (503, True)
    assert refused.values("Retry-After")
    assert len(service.heads) == 1


def test_a_service_that_does_not_want_to_switch_answers_as_ever(lane):
    with Client(lane.port) as client:
        assert [ask(client, wish("otherwise")).body for _ in range(2)] == [b"ok"] * 2


def test_a_switch_to_something_else_is_a_wrong_answer(lane):
    answer = call(lane.port, wish("other"))

    assert (answer.status, b"upstream-broken" in answer.body) == (502, True)


@pytest.mark.parametrize(
    "content",
    [
        wish("otherwise", method="POST"),
        wish("otherwise").replace(b"HTTP/1.1", b"HTTP/1.0"),
        wish("otherwise", "Content-Length: 1") + b"a",
        wish("otherwise").replace(b"example/1", b"h2c"),
        wish("otherwise").replace(b"Connection: Upgrade", b"Connection: close"),
    ],
    ids=["another method", "HTTP/1.0", "a body", "HTTP itself", "Connection does not name it"],
)
def test_other_wishes_are_ignored(lane, service, content):
    assert call(lane.port, content).body == b"ok"
    assert b"upgrade" not in service.heads[0].lower()


def test_who_speaks_before_the_answer_speaks_http(lane, service):
    with Client(lane.port) as client:
        say(client, wish("late") + wish("otherwise"))
        service.gate.set()

        assert [hear(client).status, hear(client).status] == [400, 200]


def test_a_call_that_is_not_admitted_is_refused_before_anything_is_switched(lane, service, records):
    refused = call(lane.port, wish().replace(KEY.encode(), b"x"))

    assert (refused.status, service.heads) == (401, [])
    assert [record.event.refusal for record in records.wait_for(1)] == ["invalid-key"]


class Meddler(Plugin):
    """Makes a 101 of its own, or fields that are none."""

    name = "meddler"

    def on_call(self, call, config):
        return Reply(101) if config else call

    def on_reply(self, call, reply, config):
        return reply if config else replace(reply, headers=reply.headers.plus(("X-Own", "a\r\nX-Other: b")))


def test_a_plugin_that_makes_up_a_101_is_an_error_of_ours(service, opened):
    with opened(service.port, plugins=[Binding(Meddler(), {"makes it up": True})]) as lane:
        assert (call(lane.port, wish()).status, service.heads) == (500, [])


def test_a_plugin_that_spoils_a_101_is_one_too_and_nothing_stays_open(service, opened):
    with opened(service.port, plugins=[Binding(Meddler(), {})]) as lane:
        answer = call(lane.port, wish())

        assert (answer.status, b"internal-error" in answer.body) == (500, True)
        assert service.ended.acquire(timeout=30)
        assert lane.look(lambda: len(lane.lane.upstream._busy)) == 0


def test_a_graceful_stop_closes_tunnels_when_the_time_for_grace_is_over(service, tmp_path):
    options = ("--graceful-timeout", "1")
    with (
        gunicorn(FAST, service.port, tmp_path, *options, LANE_ALLOWS_UPGRADE="1") as master,
        Client(master.port) as client,
    ):
        switched(client, wish())
        master.process.terminate()

        assert heard(client) == b"hello "
        assert service.ended.acquire(timeout=30)
        assert master.ends() == 0


def test_a_worker_that_ends_closes_its_tunnels_and_records_them(service, opened, records):
    with ExitStack() as clients, opened(service.port) as lane:
        for path in ("echo", "pour"):
            switched(clients.enter_context(Client(lane.port)), wish(path))

    assert [record.event.status for record in records.finished] == [101, 101]


def test_a_tunnel_may_be_encrypted_up_to_us(service, tmp_path):
    _, trusting = tls_of_this_machine(tmp_path)
    options = ("--certfile", str(tmp_path / "server.pem"))
    with (
        gunicorn(FAST, service.port, tmp_path, *options, LANE_ALLOWS_UPGRADE="1") as master,
        Client(master.port) as client,
    ):
        client.socket = trusting.wrap_socket(client.socket, server_hostname="127.0.0.1")
        switched(client, wish())
        client.socket.sendall(b"world" + bytes(MEBIBYTE))

        assert client._until(b"ld") == b"hello wor"
