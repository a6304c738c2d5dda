"""Pages behind the fast lane: the Flask app on its threads, bodies in both directions."""

import logging
import socket
from contextlib import ExitStack, suppress

import pytest

from gateway.transport.bridge import PageExchange
from gateway.transport.collecting import MOST, MOST_TOGETHER
from gateway.transport.parties import Patience
from tests.builders import KeptRecords
from tests.calling import WEATHER, a_request, ask, call, drained, hear, say
from tests.fastlane import fast_lane
from tests.fixtures.lanes import gunicorn
from tests.gunicorns import FAST
from tests.lane import make_lane
from tests.loopback import answering, serving
from tests.memory import MEBIBYTE, Memory
from tests.waiting import eventually, settled
from tests.wire.client import Client, EndedError

SIZE = 64 * MEBIBYTE
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def service():
    with serving(answering(OK, OK, OK)) as server:
        yield server


@pytest.fixture
def master(service, tmp_path):
    with gunicorn(FAST, service.port, tmp_path) as master:
        call(master.port)
        yield master


@pytest.fixture
def app(service, tmp_path):
    app = make_lane(service.port, tmp_path, KeptRecords())
    yield app
    for opened in app.extensions["to be closed"]:
        opened.close()


@pytest.fixture
def lane(app):
    with fast_lane(app) as lane:
        yield lane


class Gate:
    """Where a page waits."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.listener.settimeout(30)
        self.port = self.listener.getsockname()[1]

    def open(self):
        """Let one page through."""
        self.listener.accept()[0].close()


@pytest.fixture
def gate():
    gate = Gate()
    with gate.listener:
        yield gate


def test_an_upload_lies_on_disk_until_a_page_reads_it(master, gate):
    memory = Memory(master.worker())
    with Client(master.port) as client:
        say(client, a_request(f"/sink?gate={gate.port}", f"Content-Length: {MOST}", method="POST"))
        client.socket.sendall(bytes(MOST))
        gate.open()

        assert hear(client).body == b"%d" % MOST
    assert memory.grown() < 8 * MEBIBYTE


@pytest.mark.parametrize("framing", [f"Content-Length: {SIZE}", "Transfer-Encoding: chunked"])
def test_an_upload_that_no_page_takes_is_refused_by_the_page_and_kept_nowhere(master, framing):
    memory = Memory(master.worker())
    with Client(master.port) as client:
        say(client, a_request("/sink", framing, method="POST"))
        with suppress(OSError):
            client.socket.sendall(b"%x\r\n" % SIZE)
            client.socket.sendall(bytes(SIZE))

        assert hear(client).status == 413
    assert memory.grown() < 8 * MEBIBYTE


@pytest.mark.parametrize(
    ("fields", "begun"),
    [(("Expect: 100-continue",), b""), (("Expect: 100-continue",), b"x"), ((), b"x"), ((), bytes(300_000))],
    ids=["asks", "asks and begins", "begins", "begins well"],
)
def test_bodies_that_drip_in_take_no_thread_however_they_begin(lane, fields, begun):
    with ExitStack() as clients:
        for _ in range(8):
            slow = clients.enter_context(Client(lane.port))
            say(slow, a_request("/sink", "Content-Length: 1000000", *fields, method="POST") + begun)
        eventually(lambda: lane.lane.taken == 8)

        assert call(lane.port, a_request("/")).body == b"the portal"
        assert lane.look(lambda: lane.lane._pages.taken) == 0


def test_a_download_waits_for_a_client_that_reads_slowly(master):
    memory = Memory(master.worker())
    with Client(master.port) as client:
        say(client, a_request(f"/pour?size={SIZE}"))
        settled(memory.highest)
        assert drained(client, SIZE) >= SIZE  # and the sizes of its chunks

    assert memory.grown() < 8 * MEBIBYTE


def test_clients_that_read_slowly_take_no_thread_from_others_and_get_everything(lane):
    size = 8 * MEBIBYTE
    with ExitStack() as clients:
        slow = [clients.enter_context(Client(lane.port)) for _ in range(8)]
        for client in slow:
            say(client, a_request(f"/pour?size={size}"))
        eventually(lambda: lane.lane.taken == 8 and lane.look(lambda: lane.lane._pages.taken) == 0)
        left = lane.look(lambda: lane.lane._pages.room.left)

        assert left < MOST_TOGETHER  # not all of it lies in the kernel
        assert call(lane.port, a_request("/")).body == b"the portal"
        assert [len(hear(client).body) for client in slow] == [size] * 8
    eventually(lambda: lane.look(lambda: lane.lane._pages.room.left) == MOST_TOGETHER)


def test_a_page_waits_for_its_reader_for_as_long_as_a_reader_may_seem_to_stand_still(app):
    with fast_lane(app, patience=Patience(stall=0.1, linger=0.1)) as lane, Client(lane.port) as client:
        say(client, a_request(f"/pour?size={SIZE}"))
        (connection,) = eventually(lambda: lane.look(lambda: list(lane.lane._connections)))
        page = eventually(lambda: connection.under_way)
        assert isinstance(page, PageExchange)
        eventually(lambda: lane.look(lambda: len(page._behind) == 4))
        begun = lane.look(lane.lane.now)
        eventually(lambda: lane.look(lane.lane.now) > begun + 0.5)

        assert len(hear(client).body) == SIZE


def test_a_client_that_leaves_frees_the_thread_that_waits_for_it_and_what_was_laid_aside(lane):
    with Client(lane.port) as client:
        say(client, a_request(f"/pour?size={SIZE}"))
        eventually(
            lambda: lane.lane.taken == 1 and lane.look(lambda: lane.lane._pages.room.left) < MOST_TOGETHER - MOST // 2
        )
    eventually(lambda: lane.look(lambda: lane.lane._pages.taken) == 0)

    assert lane.look(lambda: lane.lane._pages.room.left) == MOST_TOGETHER


def test_calls_go_on_while_all_threads_are_busy_with_pages(lane, gate):
    with ExitStack() as clients:
        waiting = [clients.enter_context(Client(lane.port)) for _ in range(8)]
        for client in waiting:
            say(client, a_request(f"/wait?gate={gate.port}"))
        assert call(lane.port, a_request(f"{WEATHER}/a")).body == b"ok"
        for _ in waiting:
            gate.open()

        assert [hear(client).body for client in waiting] == [b"waited"] * 8


def test_when_too_many_pages_wait_the_next_is_told_to_come_back(lane, gate):
    with ExitStack() as clients:
        waiting = [clients.enter_context(Client(lane.port)) for _ in range(17 * 4)]
        for client in waiting:
            say(client, a_request(f"/wait?gate={gate.port}"))
        eventually(lambda: lane.lane.taken == len(waiting))
        answer = call(lane.port, a_request("/"))
        for _ in waiting:
            gate.open()

        assert (answer.status, answer.values("retry-after")) == (503, ["2"])
        assert {hear(client).body for client in waiting} == {b"waited"}
    assert call(lane.port, a_request("/")).body == b"the portal"


def test_a_page_learns_that_its_client_has_left_and_its_thread_is_free_again(lane):
    for _ in range(8):  # twice as many as there are threads
        with Client(lane.port) as client:
            say(client, a_request("/pour?size=1000000000"))
            client.socket.recv(1000)

    assert call(lane.port, a_request("/")).body == b"the portal"


def test_a_page_that_fails_is_answered_as_a_problem_and_logged(app, caplog):
    app.wsgi_app.behind = broken
    with fast_lane(app) as lane, caplog.at_level(logging.ERROR):
        answer = call(lane.port, a_request("/"))

    assert (answer.status, answer.values("content-type")) == (500, ["application/problem+json"])
    assert "a page failed" in caplog.text


def broken(environ, start_response):
    raise ZeroDivisionError


def test_a_page_that_breaks_off_never_looks_like_a_clean_end(app):
    app.wsgi_app.behind = breaking_off
    with fast_lane(app) as lane, Client(lane.port) as client, suppress(EndedError, ConnectionResetError):
        assert not ask(client, a_request("/")).is_whole


def breaking_off(environ, start_response):
    start_response("200 OK", [])
    yield b"half"
    raise ZeroDivisionError


def test_a_page_that_gives_less_than_it_announced_never_looks_whole(app, caplog):
    app.wsgi_app.behind = announcing(10, b"half", b"")
    with caplog.at_level(logging.ERROR), fast_lane(app) as lane, Client(lane.port) as client:
        with suppress(EndedError, ConnectionResetError):
            assert not ask(client, a_request("/")).is_whole

        eventually(lambda: "6 bytes more than it gave" in caplog.text)


def test_what_a_page_gives_beyond_what_it_announced_is_no_part_of_the_next_answer(app):
    app.wsgi_app.behind = announcing(4, b"wh", b"ole and more", b"HTTP/1.1 200 OK\r\n\r\n")
    with fast_lane(app) as lane, Client(lane.port) as client:
        first, second = ask(client, a_request("/")), ask(client, a_request("/"))

    assert (first.body, second.body) == (b"whol", b"whol")


def announcing(length, *pieces):
    def page(_environ, start_response):
        start_response("200 OK", [("Content-Length", str(length))])
        yield from pieces

    return page


def test_a_head_of_a_page_has_its_fields_and_no_body(lane):
    with Client(lane.port) as client:
        say(client, a_request("/", method="HEAD"))
        client.read(bodiless=True)

        assert client.answers[0].values("content-length") == ["10"]
        assert ask(client, a_request("/")).body == b"the portal"


@pytest.mark.parametrize("path", ["/en/sign-in", "/oauth/token"])
@pytest.mark.parametrize("framing", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_a_client_that_stalls_in_the_middle_of_a_form_is_told_so_and_nobody_else(seeded, caplog, path, framing):
    head = a_request(path, "Content-Type: application/x-www-form-urlencoded", framing, method="POST")
    with fast_lane(seeded.app, patience=Patience(stall=0.2)) as lane, Client(lane.port) as client:
        say(client, head + (b"5\r\nemail\r\n" if "chunked" in framing else b"email"))
        answer = hear(client)

        assert (answer.status, answer.values("connection")) == (408, ["close"])
        assert client.ends()
    assert [record.levelname for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("path", ["/en/sign-in", "/oauth/token"])
def test_a_client_that_leaves_in_the_middle_of_a_form_is_no_error_of_ours(seeded, caplog, path):
    head = a_request(path, "Content-Type: application/x-www-form-urlencoded", "Content-Length: 1000", method="POST")
    with fast_lane(seeded.app) as lane:
        with Client(lane.port) as client:
            say(client, head + b"email")
        eventually(lambda: lane.lane.taken == 1 and lane.look(lambda: lane.lane._pages.taken) == 0)

    assert [record.levelname for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_bodies_that_drip_in_keep_no_thread_from_the_pages_of_others(lane):
    with ExitStack() as clients:
        for _ in range(100):
            slow = clients.enter_context(Client(lane.port))
            say(slow, a_request("/sink", "Content-Length: 100", method="POST") + b"x")
        eventually(lambda: lane.connected() == 100)

        assert [call(lane.port, a_request("/")).status for _ in range(5)] == [200] * 5
    eventually(lambda: lane.connected() == 0)


def test_bodies_that_break_off_take_no_place_that_a_page_would_wait_in(lane, gate):
    with ExitStack() as clients:
        busy = [clients.enter_context(Client(lane.port)) for _ in range(4)]
        for client in busy:
            say(client, a_request(f"/wait?gate={gate.port}"))
        with ExitStack() as leaving:
            for _ in range(100):
                slow = leaving.enter_context(Client(lane.port))
                say(slow, a_request("/sink", "Content-Length: 100", method="POST") + b"x")
            eventually(lambda: lane.lane.taken == 104)
        eventually(lambda: lane.connected() == len(busy))
        taken = lane.look(lambda: lane.lane._pages.taken)
        for _ in busy:
            gate.open()

        assert {hear(client).body for client in busy} == {b"waited"}
    assert taken == len(busy)
