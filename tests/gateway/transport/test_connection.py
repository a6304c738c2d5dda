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
from gateway.transport.parties import Patience
from gateway.upstream.carriage import Carriage
from gateway.upstream.conversation import ServiceConnection
from tests.calling import WEATHER, a_request, ask, call, hear, say
from tests.fastlane import IMPATIENT, fast_lane, nobody_is_left
from tests.lane import make_lane
from tests.waiting import eventually
from tests.wire.client import Client, EndedError


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


def test_ordinary_calls_are_answered_beside_hundreds_that_do_not_go_on(serve):
    lane = serve(patience=Patience(head=3600.0, stall=3600.0))
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
