"""One client's connection, through a whole lane and real sockets: its times, and who is hostile."""

import gc
import random
import socket
import struct
import threading
from collections import Counter
from contextlib import ExitStack
from math import inf
from pathlib import Path

import pytest

from gateway.http.headers import Headers
from gateway.http.pipe import Pipe
from gateway.transport.bridge import PageExchange
from gateway.transport.connection import ClientConnection
from gateway.transport.exchange import CallExchange
from gateway.transport.parties import PATIENCE, Patience
from gateway.transport.progress import untaken
from gateway.upstream.carriage import Carriage
from gateway.upstream.conversation import ServiceConnection
from tests.builders import KeptRecords
from tests.calling import WEATHER, a_request, ask, call, hear, say
from tests.fastlane import fast_lane
from tests.lane import make_lane
from tests.loopback import reachable
from tests.waiting import eventually, settled
from tests.wire.client import Client, EndedError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
IMPATIENT = Patience(head=0.2, stall=0.3, window=0.3, linger=0.2)


class Service:
    """Reads bodies, and answers; "/late" waits, "/big" is 64 KiB, "/long" never ends, "/early" does not read."""

    port = 0
    big = 0

    def __init__(self):
        self.late = threading.Event()
        self.hung_up = threading.Semaphore(0)

    def __call__(self, line):
        try:
            while head := line.read_head():
                self.answer(line, head)
        finally:
            self.hung_up.release()

    def answer(self, line, head):
        if b"Transfer-Encoding" in head:
            line.read_until(b"0\r\n\r\n")
        elif b"Content-Length: " in head and b"/early" not in head:
            line.read(int(head.partition(b"Content-Length: ")[2].split()[0]))
        if b"/late" in head:
            self.late.wait(30)
        if b"/long" in head:
            line.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                line.write(b"10000\r\n" + bytes(65536) + b"\r\n")
        if b"/big" in head or b"/early" in head:
            self.big += 1
            line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + bytes(65536))
        else:
            line.write(OK)


@pytest.fixture
def service():
    behaviour = Service()
    with reachable(behaviour, behaviour.late):
        yield behaviour


@pytest.fixture
def records():
    return KeptRecords()


@pytest.fixture
def serve(service, records, tmp_path):
    """Starts a lane with these parameters."""
    with ExitStack() as stack:
        app = make_lane(service.port, tmp_path, records, most=100_000_000)
        yield lambda **given: stack.enter_context(fast_lane(app, **given))
        service.late.set()
    for opened in app.extensions["to be closed"]:
        opened.close()


def nobody_is_left(lane):
    eventually(lambda: lane.connected() == 0)
    eventually(lambda: lane.tasks() == 0)


@pytest.mark.parametrize("sent", [b"G", b"GET /api/weather/v1/a HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nX-a"])
def test_a_head_that_never_ends_is_refused_and_the_connection_ends(serve, sent):
    lane = serve(patience=IMPATIENT)
    with Client(lane.port) as client:
        say(client, sent)
        answer = hear(client)

        assert (answer.status, answer.values("connection")) == (408, ["close"])
        assert client.ends()
        nobody_is_left(lane)  # though the client has not hung up
    assert call(lane.port).status == 200


def test_a_head_has_its_time_from_its_first_byte_on_though_the_connection_was_idle_for_long(serve):
    lane = serve(patience=Patience(head=3600.0), idle_seconds=0.4)
    with Client(lane.port) as client:
        say(client, a_request()[:20])
        with Client(lane.port) as idle:
            assert idle.ends()  # so the time of an idle connection is over

        say(client, a_request()[20:])
        assert hear(client).status == 200


def test_an_idle_connection_is_closed_without_a_word(serve):
    lane = serve(idle_seconds=0.1)
    with Client(lane.port) as fresh, Client(lane.port) as used:
        assert ask(used).status == 200
        assert fresh.ends()
        assert used.ends()


@pytest.mark.parametrize("target", [f"{WEATHER}/a", "/sink"])
def test_a_body_that_stops_coming_is_refused_and_the_connection_ends(serve, target):
    lane = serve(patience=IMPATIENT)
    with Client(lane.port) as client:
        say(client, a_request(target, "Content-Length: 10", method="POST") + b"hello")
        answer = hear(client)

        assert answer.status == 408
        assert client.ends()
        nobody_is_left(lane)


def test_a_body_that_has_come_whole_starts_no_clock_for_the_service(serve, service):
    lane = serve(patience=Patience(stall=0.2))
    with Client(lane.port) as client, Client(lane.port) as other:
        say(client, a_request(f"{WEATHER}/late", "Content-Length: 10", method="POST"))
        say(client, b"hello")
        say(client, b"world")
        say(other, a_request("/sink", "Content-Length: 10", method="POST"))
        assert hear(other).status >= 400  # it did not go on, so the first one's time would be over too
        service.late.set()

        assert hear(client).body == b"ok"


def test_half_of_a_second_request_does_not_cut_the_answer_to_the_first(serve, service):
    lane = serve(patience=IMPATIENT)
    with Client(lane.port) as client, Client(lane.port) as other:
        say(client, a_request(f"{WEATHER}/late") + b"GET /")
        say(other, b"GET /")
        assert hear(other).status == 408
        service.late.set()

        assert (hear(client).body, hear(client).status) == (b"ok", 408)


def test_a_client_that_stops_reading_is_cut_and_so_is_its_service(serve, service, records):
    lane = serve(patience=IMPATIENT)
    with Client(lane.port) as client:
        say(client, a_request(f"{WEATHER}/long"))

        assert service.hung_up.acquire(timeout=30)
        nobody_is_left(lane)
    (record,) = records.wait_for(1)
    assert (record.event.status, record.event.refusal) == (200, "client-left")


def test_a_client_is_waited_for_as_long_as_it_may_be_reading_slowly(serve):
    lane = serve(patience=Patience(stall=3600.0, linger=3600.0))  # it is looked at when this test says so
    with Client(lane.port) as client:
        say(client, a_request(f"{WEATHER}/long"))
        (connection,) = eventually(lambda: lane.look(lambda: list(lane.lane._connections)))
        transport, progress = connection._transport, connection._progress
        settled(lambda: lane.look(lambda: untaken(transport)))

        def stand_still_for(seconds):
            progress.begin(transport, lane.lane.now() - seconds, PATIENCE.window)
            connection.time_out()
            return transport.is_closing()

        assert not lane.look(lambda: stand_still_for(PATIENCE.window - 5))
        assert lane.look(lambda: stand_still_for(PATIENCE.window))
        nobody_is_left(lane)


def test_a_reply_that_was_given_before_the_body_was_read_can_be_read_slowly(serve):
    lane = serve(patience=Patience(linger=0.1))
    early = a_request(f"{WEATHER}/early", "Content-Length: 900000", method="POST") + b"the beginning"
    with Client(lane.port) as slow, Client(lane.port) as quick:
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for client in (slow, quick):
            say(client, early)
        hear(quick)
        eventually(lambda: lane.connected() == 1)  # the quick one has lingered for its time, and so has the slow one

        assert len(hear(slow).body) == 65_536


def test_ordinary_calls_are_answered_beside_hundreds_that_do_not_go_on(serve):
    lane = serve()
    with ExitStack() as clients:
        slow = [clients.enter_context(Client(lane.port)) for _ in range(800)]
        for client in slow[:400]:
            say(client, a_request()[:-2])
        for client in slow[400:]:
            say(client, a_request(f"{WEATHER}/a", "Content-Length: 100", method="POST") + b"half")
        eventually(lambda: lane.connected() == 800)

        assert [call(lane.port).status for _ in range(20)] == [200] * 20
        assert call(lane.port, a_request("/")).body == b"the portal"
    nobody_is_left(lane)


def test_clients_that_reset_anywhere_leave_no_task_no_socket_and_no_object_behind(serve):
    lane = serve()
    assert call(lane.port).status == 200
    before = what_is_there(lane)

    reset_anywhere(lane)

    nobody_is_left(lane)
    eventually(lambda: what_is_there(lane) == before)
    assert set(before[1].values()) == {0}
    assert [call(lane.port).status, call(lane.port, a_request("/")).status] == [200, 200]


def what_is_there(lane):
    """How many sockets this process has, and objects that calls are made of, once no connection is kept for later."""
    nobody_is_left(lane)
    lane.look(lambda: lane.lane.upstream.tick(inf))
    gc.collect()
    kinds = Counter(type(each) for each in gc.get_objects())
    made_of = (ClientConnection, ServiceConnection, CallExchange, PageExchange, Carriage, Pipe)
    sockets = sum(map(is_socket, Path("/proc/self/fd").iterdir()))
    return sockets, {kind.__name__: kinds[kind] for kind in made_of}


def is_socket(link):
    try:
        return str(link.readlink()).startswith("socket:")
    except FileNotFoundError:  # the one by which the folder was read
        return False


def reset_anywhere(lane):
    """Five hundred clients that begin something and are gone."""
    chance = random.Random(4)
    whole = [
        a_request(),
        a_request(f"{WEATHER}/a", method="POST", body=bytes(3000)),
        a_request(f"{WEATHER}/a", "Transfer-Encoding: chunked", method="POST") + b"5\r\nhello\r\n0\r\n\r\n",
        a_request(f"{WEATHER}/long"),
        a_request("/"),
        a_request("/pour?size=10000000"),
        a_request("/sink", method="POST", body=bytes(300_000)),
        a_request(f"{WEATHER}/nothing/at/all") * 3,
    ]
    for _ in range(500):
        with Client(lane.port) as client:
            content = chance.choice(whole)
            say(client, content[: chance.randint(0, len(content))])
            if chance.random() < 0.3 and content.startswith(b"GET"):
                client.socket.settimeout(0.01)
                try_to_read(client, chance.randint(1, 100_000))
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close with RST


def try_to_read(client, size):
    try:
        client.socket.recv(size)
    except OSError:
        return


def test_replies_leave_in_the_order_of_their_requests(serve, service):
    lane = serve()
    with Client(lane.port) as client:
        say(client, a_request(f"{WEATHER}/late") + a_request("/") + a_request(f"{WEATHER}/a"))
        service.late.set()

        assert [hear(client).body for _ in range(3)] == [b"ok", b"the portal", b"ok"]


def test_more_requests_than_are_held_at_once_are_all_answered(serve):
    lane = serve()
    with Client(lane.port) as client:
        sender = threading.Thread(target=say, args=(client, a_request() * 1000))
        sender.start()
        statuses = [hear(client).status for _ in range(1000)]
        sender.join()

    assert set(statuses) == {200}


def test_a_client_that_asks_and_asks_but_never_reads_is_not_answered_for_ever(serve, service):
    lane = serve(patience=IMPATIENT)
    with Client(lane.port) as client:
        say(client, a_request(f"{WEATHER}/big") * 400)
        eventually(lambda: service.big)
        nobody_is_left(lane)

    assert service.big < 400  # of 64 KiB each: what nobody reads is held by the kernel, not by us


def test_what_a_client_asked_for_before_it_ended_its_side_is_answered(serve):
    lane = serve()
    with Client(lane.port) as client:
        say(client, a_request() * 2)
        client.socket.shutdown(socket.SHUT_WR)

        assert [hear(client).body for _ in range(2)] == [b"ok", b"ok"]
        assert client.ends()


@pytest.mark.parametrize("asked", [1, 64, 200])
def test_answers_that_were_about_to_leave_when_a_client_ended_its_side_leave(serve, asked):
    lane = serve()
    for _ in range(5):
        with Client(lane.port) as client:
            say(client, b"GET /api/weather/v1/a HTTP/1.1\r\nHost: guichet.example.ca\r\n\r\n" * asked)
            client.socket.shutdown(socket.SHUT_WR)

            assert [hear(client).status for _ in range(asked)] == [401] * asked
            assert client.ends()


def test_a_connection_that_says_nothing_is_no_call(serve, records):
    lane = serve()
    with Client(lane.port):
        eventually(lambda: lane.connected() == 1)
    nobody_is_left(lane)

    assert records.finished == []


def test_a_draining_lane_says_goodbye_with_the_next_reply(serve):
    lane = serve()
    with Client(lane.port) as client:
        assert ask(client).values("connection") == []
        lane.look(lambda: setattr(lane.lane, "draining", True))
        answer = ask(client)

        assert (answer.body, answer.values("connection")) == (b"ok", ["close"])
        with pytest.raises(EndedError):
            hear(client)


def test_a_client_is_not_asked_for_its_body_in_the_middle_of_its_reply(serve):
    lane = serve()
    with Client(lane.port) as client:
        (connection,) = eventually(lambda: lane.look(lambda: list(lane.lane._connections)))

        def answer_before_reading():
            connection.data_received(
                a_request(f"{WEATHER}/late", "Expect: 100-continue", "Content-Length: 5", method="POST")
            )
            connection.under_way.leave()
            connection.reply(200, Headers(()), 5)
            connection.write(b"fir")
            connection.wanted()
            connection.write(b"st")
            connection.finish()

        lane.look(answer_before_reading)

        assert (hear(client).body, [answer.status for answer in client.answers]) == (b"first", [200])
        assert client.ends()


def test_a_reply_that_was_about_to_leave_when_a_lane_is_closed_leaves(serve):
    lane = serve()
    with Client(lane.port) as client:
        (connection,) = eventually(lambda: lane.look(lambda: list(lane.lane._connections)))

        def answer_and_cut():
            connection.data_received(b"GET /api/weather/v1/a HTTP/1.1\r\nHost: guichet.example.ca\r\n\r\n")
            connection.cut()

        lane.look(answer_and_cut)

        assert hear(client).status == 401
        assert client.ends()


def test_requests_that_come_all_at_once_are_all_answered_in_their_order(serve):
    lane = serve()
    asked = [f"{WEATHER}/a" if at % 100 == 0 else f"{WEATHER}/nowhere/{at}" for at in range(1500)]
    with Client(lane.port) as client:
        say(client, b"".join(a_request(path) for path in asked))

        told = [hear(client).status for _ in asked]

    assert told == [200 if path.endswith("/a") else 404 for path in asked]
    nobody_is_left(lane)


def test_a_connection_to_a_service_serves_again_after_a_client_that_read_slowly(serve, service):
    lane = serve()
    for _ in range(30):
        with Client(lane.port) as client:
            say(client, a_request(f"{WEATHER}/big") * 3)
            assert len(hear(client).body) == 65536
        assert call(lane.port).status == 200


def test_calls_beyond_the_bound_of_a_service_are_refused_before_they_cost_anything(service, records, tmp_path):
    app = make_lane(service.port, tmp_path, records, most_in_flight=3)
    with fast_lane(app) as lane, ExitStack() as clients:
        for _ in range(3):
            say(clients.enter_context(Client(lane.port)), a_request(f"{WEATHER}/late"))
        eventually(lambda: lane.look(lambda: len(lane.lane.upstream._busy)) == 3)
        refused = call(lane.port)
        service.late.set()
        eventually(lambda: lane.look(lambda: len(lane.lane.upstream._busy)) == 0)

        assert (refused.status, refused.values("retry-after"), b"api-too-busy" in refused.body) == (503, ["1"], True)
        assert refused.values("ratelimit") == []
        assert call(lane.port).status == 200
    for opened in app.extensions["to be closed"]:
        opened.close()
