"""The fast worker under gunicorn: it comes, goes and is replaced without a call noticing."""

import os
import re
import signal
import socket
import threading
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.calling import WEATHER, a_request, ask, call, hear, say
from tests.certificates import tls_of_this_machine
from tests.fixtures.lanes import LANES, gunicorn
from tests.gunicorns import FAST, running
from tests.lane import lane_of_the_environment
from tests.loopback import reachable
from tests.waiting import eventually
from tests.wire.client import Client, EndedError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Service:
    """Answers at once, or begins to stream and goes on when it may."""

    port = 0

    def __init__(self):
        self.may_go_on = threading.Event()
        self.streams = threading.Semaphore(0)

    def __call__(self, line):
        while head := line.read_head():
            if b"/stream" in head:
                line.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
                self.streams.release()
                self.may_go_on.wait(60)
                line.write(b"4\r\nlast\r\n0\r\n\r\n")
            else:
                line.write(OK)


@pytest.fixture
def service():
    behaviour = Service()
    with reachable(behaviour, behaviour.may_go_on):
        yield behaviour


@pytest.fixture
def start(service, tmp_path):
    """Starts gunicorn with these options, once."""
    with ExitStack() as stack:
        yield lambda *options, **given: stack.enter_context(gunicorn(FAST, service.port, tmp_path, *options, **given))
        service.may_go_on.set()


def closes(answer):
    return answer.values("connection") == ["close"]


def is_gone(pid):
    return not Path(f"/proc/{pid}").exists()


def test_a_call_under_way_ends_whole_when_gunicorn_is_told_to_stop(start, service):
    master = start()
    with Client(master.port) as streaming, Client(master.port) as idle:
        assert not closes(ask(idle))
        say(streaming, a_request(f"{WEATHER}/stream"))
        assert service.streams.acquire(timeout=30)
        master.tell(signal.SIGTERM)
        eventually(lambda: refuses_connections(master.port))
        last = ask(idle)
        service.may_go_on.set()
        streamed = hear(streaming)

        assert (last.body, closes(last), idle.ends()) == (b"ok", True, True)
        assert (streamed.body, streamed.is_whole) == (b"firstlast", True)
    assert master.ends() == 0


def test_a_worker_that_is_about_to_end_is_not_ready(start, service):
    master = start()
    with Client(master.port) as streaming, Client(master.port) as idle:
        assert ask(idle, a_request("/readyz")).status == 200
        say(streaming, a_request(f"{WEATHER}/stream"))
        assert service.streams.acquire(timeout=30)
        master.tell(signal.SIGTERM)
        eventually(lambda: refuses_connections(master.port))
        last = ask(idle, a_request("/readyz"))
        service.may_go_on.set()

    assert (last.status, b'"draining"' in last.body) == (503, True)


def refuses_connections(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_stop_does_not_wait_for_clients_that_say_nothing(start):
    master = start("--graceful-timeout", "3600")
    with Client(master.port) as silent, Client(master.port) as halfway:
        ask(silent)
        say(halfway, b"")
        master.tell(signal.SIGTERM)

        assert silent.ends()
        assert master.ends() == 0


class Load:
    """Callers as a client with a pool of one connection is: it makes a new one when told that the old one ends."""

    def __init__(self, port, callers):
        self.port = port
        self.stopping = threading.Event()
        self.whole = 0
        self.failures: list[object] = []
        self.threads = [threading.Thread(target=self.keep_calling) for _ in range(callers)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def goes_on(self):
        """Return when there were some calls more."""
        before = self.whole
        eventually(lambda: self.whole > before + 100)

    def keep_calling(self):
        while not self.stopping.is_set():
            with Client(self.port) as client:
                self.keep_calling_on(client)

    def keep_calling_on(self, client):
        while not self.stopping.is_set():
            try:
                answer = ask(client)
            except (OSError, EndedError) as error:
                self.failures.append(error)
                return
            if answer.body != b"ok":
                self.failures.append(answer)
            self.whole += 1
            if closes(answer):
                return


def are_replaced(master, old):
    now = set(master.workers())
    return len(now) == len(old) and not now & old


def test_a_reload_under_load_fails_no_call(start):
    master = start("--workers", "2")
    eventually(lambda: len(master.workers()) == 2)
    with Load(master.port, 6) as load:
        for _ in range(2):
            load.goes_on()
            old = set(master.workers())
            master.tell(signal.SIGHUP)
            eventually(partial(are_replaced, master, old))
        load.goes_on()

    assert load.failures == []


def test_a_killed_worker_takes_only_its_calls_with_it(start, service):
    master = start()
    worker = master.worker()
    with Client(master.port) as streaming:
        say(streaming, a_request(f"{WEATHER}/stream"))
        assert service.streams.acquire(timeout=30)
        os.kill(worker, signal.SIGKILL)

        with suppress(EndedError):
            assert not hear(streaming).is_whole
    assert call(master.port).body == b"ok"
    assert master.worker() != worker


def test_a_worker_that_has_served_enough_is_replaced_and_no_call_fails(start):
    master = start("--max-requests", "50")
    worker = master.worker()
    with Load(master.port, 3) as load:
        eventually(lambda: is_gone(worker))
        load.goes_on()

    assert load.failures == []


def test_tls_is_gunicorns_own_setting(start, tmp_path):
    _, trusting = tls_of_this_machine(tmp_path)
    master = start("--certfile", str(tmp_path / "server.pem"))
    with Client(master.port) as client:
        client.socket = trusting.wrap_socket(client.socket, server_hostname="127.0.0.1")

        assert [ask(client).body for _ in range(2)] == [b"ok", b"ok"]
        assert b'"wsgi.url_scheme":"https"' in ask(client, a_request("/who")).body


def test_a_unix_socket_is_served_too_and_is_there_after_a_reload(start, tmp_path):
    path = str(tmp_path / "lane.sock")
    master = start(bind=f"unix:{path}")
    first = master.worker()

    def answers():
        with connected(path) as client:
            return [ask(client).body, ask(client, a_request("/")).body]

    assert answers() == [b"ok", b"the portal"]
    master.tell(signal.SIGHUP)
    eventually(lambda: is_gone(first))
    assert answers() == [b"ok", b"the portal"]


def connected(path):
    client = Client.__new__(Client)
    client.answers, client._held = [], b""
    client.socket = socket.socket(socket.AF_UNIX)
    client.socket.settimeout(10)
    client.socket.connect(path)
    return client


def test_a_worker_whose_loop_is_stuck_is_replaced(start):
    master = start("--timeout", "1")
    call(master.port)
    stuck = master.worker()
    os.kill(stuck, signal.SIGSTOP)  # as a loop that never comes back

    eventually(lambda: is_gone(stuck))
    assert call(master.port).body == b"ok"
    assert "WORKER TIMEOUT" in master.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
def test_a_quick_stop_waits_for_nobody(service, tmp_path, number):
    environment = {"LANE_UPSTREAM": str(service.port), "LANE_FOLDER": str(tmp_path)}
    options = ("--no-control-socket", "--graceful-timeout", "3600", "--threads", "2", "--worker-class", FAST)
    with running(APPLICATION, *options, environment=environment) as master, ExitStack() as clients:
        page, upload, streaming = (clients.enter_context(Client(master.port)) for _ in range(3))
        say(streaming, a_request(f"{WEATHER}/stream"))
        say(page, a_request("/pour?size=100000000"))
        say(upload, a_request("/sink", "Content-Length: 1000000", "Expect: 100-continue", method="POST"))
        upload.socket.recv(1)
        say(upload, bytes(300_000))
        page.socket.recv(1)
        assert service.streams.acquire(timeout=30)
        master.tell(number)

        assert master.ends() == 0
        with suppress(EndedError):
            assert not hear(streaming).is_whole


APPLICATION = "tests.lane:lane_of_the_environment()"


@pytest.mark.parametrize("worker_class", LANES.values(), ids=LANES)
def test_nor_does_it_as_we_deploy_whichever_worker_it_is(service, tmp_path, worker_class):
    patient = ("--graceful-timeout", "3600")
    with (
        gunicorn(worker_class, service.port, tmp_path, *patient, LANE_READ_TIMEOUT="3600") as master,
        Client(master.port) as streaming,
    ):
        say(streaming, a_request(f"{WEATHER}/stream"))
        assert service.streams.acquire(timeout=30)
        master.tell(signal.SIGQUIT)

        assert master.ends() == 0
        with suppress(EndedError):
            assert not hear(streaming).is_whole


def test_a_graceful_stop_has_an_end(start, service):
    master = start("--graceful-timeout", "1")
    worker = master.worker()
    with Client(master.port) as streaming, Client(master.port) as page:
        say(streaming, a_request(f"{WEATHER}/stream"))
        say(page, a_request("/pour?size=100000000"))
        page.socket.recv(1)
        assert service.streams.acquire(timeout=30)
        os.kill(worker, signal.SIGTERM)

        eventually(lambda: is_gone(worker))
        with suppress(EndedError):
            assert not hear(streaming).is_whole
    assert call(master.port).body == b"ok"


def test_another_application_is_told_in_one_sentence(tmp_path):
    with running("flask:Flask('another')", "--no-control-socket", "--worker-class", FAST) as master:
        assert master.ends() != 0
    assert re.search("the fast worker serves Guichet.s own application: gunicorn -k … wsgi:app", master.text)


def test_a_worker_ends_when_its_master_was_killed(start):
    master = start()
    worker = master.worker()
    with Client(master.port) as client:
        ask(client)
        master.process.kill()

        assert client.ends()
    eventually(lambda: is_gone(worker))


def lane_that_begins_slowly() -> Any:
    """For gunicorn: the first question to the store is answered when somebody closes the gate's connection."""
    app: Any = lane_of_the_environment()
    catalogue = app.wsgi_app.runtime._catalogue
    ask = catalogue.changes_since

    def ask_at_the_gate(cursor: int) -> Any:
        catalogue.changes_since = ask
        with socket.create_connection(("127.0.0.1", int(os.environ["LANE_GATE"]))) as gate:
            gate.recv(1)
        return ask(cursor)

    catalogue.changes_since = ask_at_the_gate
    return app


def beats(worker):
    """When a worker gave its last sign of life, by gunicorn's own file."""
    found = [file for file in Path(f"/proc/{worker}/fd").iterdir() if "wgunicorn-" in str(file.readlink())]
    return found[0].stat().st_mtime_ns


def test_a_worker_gives_signs_of_life_while_it_waits_for_its_first_snapshot(service, tmp_path):
    gate = socket.create_server(("127.0.0.1", 0))
    gate.settimeout(30)
    environment = {
        "LANE_UPSTREAM": str(service.port),
        "LANE_FOLDER": str(tmp_path),
        "LANE_GATE": str(gate.getsockname()[1]),
    }
    application = "tests.gateway.transport.test_worker:lane_that_begins_slowly()"
    with gate, running(application, "--no-control-socket", "--worker-class", FAST, environment=environment) as master:
        asking, _ = gate.accept()
        beat = beats(worker := master.worker())
        eventually(lambda: beats(worker) > beat)
        asking.close()
        gate.close()

        assert call(master.port).body == b"ok"
