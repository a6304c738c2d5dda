"""What the connections of a worker share: what is in force, and who is connected."""

import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import pytest

from gateway.counters.cells import ROW
from gateway.counters.table import Table
from gateway.credentials.api_keys import digest as digest_of
from gateway.domain.lifecycle import ApplicationState
from gateway.store.bell import Bell
from tests.builders import APPLICATION, EditableCatalogue, KeptRecords, a_subscription, an_api_key
from tests.calling import a_request, ask, call, hear, say
from tests.fastlane import fast_lane
from tests.house.sources import ROOT
from tests.lane import KEY, make_lane
from tests.loopback import serving
from tests.waiting import eventually
from tests.wire.client import Client

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
RING = "import sys; from pathlib import Path; from gateway.store.bell import Bell; Bell(Path(sys.argv[1])).ring()"


class Store(EditableCatalogue):
    """A catalogue with one consumer, a bell, and moments in which it hangs."""

    def __init__(self, path):
        self.path = path
        self.answers = threading.Event()
        self.answers.set()
        self.finds = threading.Event()
        self.finds.set()

    def __call__(self, snapshot, consumer):
        super().__init__(snapshot)
        self.bell, self.consumer = Bell(self.path), consumer
        return self

    def rung(self):
        return self.bell.rung()

    def changes_since(self, cursor):
        self.answers.wait(30)
        return super().changes_since(cursor)

    def find_application(self, application_id):
        return self.consumer

    def find_key(self, digest):
        if digest != digest_of(KEY):
            self.finds.wait(30)
        self.answers.wait(30)
        return self.consumer

    def suspend(self):
        self.consumer = replace(self.consumer, state=ApplicationState.SUSPENDED)
        self.edit_application(APPLICATION)


def answering_always(line):
    while line.read_head():
        line.write(OK)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "bell")
    yield store
    store.answers.set()
    store.finds.set()


@pytest.fixture
def lane(store, tmp_path):
    with serving(answering_always) as service:
        app = make_lane(service.port, tmp_path, KeptRecords(), store=store)
        with fast_lane(app) as lane:
            yield lane
            store.answers.set()
            store.finds.set()
        for opened in app.extensions["to be closed"]:
            opened.close()


def test_an_edit_that_another_process_rings_for_is_in_force_at_the_next_call(lane, store, tmp_path):
    with Client(lane.port) as client:
        assert ask(client).status == 200
        store.suspend()
        subprocess.run([sys.executable, "-c", RING, str(tmp_path / "bell")], cwd=ROOT, check=True)

        assert ask(client).status == 403


def test_an_edit_that_nobody_rings_for_comes_into_force_by_itself(lane, store):
    with Client(lane.port) as client:
        assert ask(client).status == 200
        store.suspend()

        assert eventually(lambda: ask(client).status == 403)


def test_a_store_that_hangs_does_not_stop_calls_that_are_known(lane, store):
    with Client(lane.port) as client:
        assert ask(client).status == 200
        store.answers.clear()
        store.bell.ring()

        assert [ask(client).status for _ in range(20)] == [200] * 20
        assert not store.answers.is_set()


def test_calls_that_wait_for_the_store_are_answered_when_it_comes_back(lane, store):
    store.answers.clear()
    statuses: list[int] = []
    callers = [threading.Thread(target=lambda: statuses.append(call(lane.port).status)) for _ in range(5)]
    for caller in callers:
        caller.start()
    eventually(lambda: lane.lane.taken == 5)
    store.answers.set()
    for caller in callers:
        caller.join()

    assert statuses == [200] * 5


def test_a_store_that_is_slow_makes_those_wait_who_came_first_and_nobody_after_them(lane, store):
    with Client(lane.port) as first, Client(lane.port) as client:
        assert ask(client).status == 200
        store.answers.clear()
        store.bell.ring()
        assert ask(first).status == 200
        asked = lane.look(lambda: lane.lane._refreshing)

        assert lane.look(lane.lane.is_fresh)
        assert [ask(client).status for _ in range(20)] == [200] * 20
        assert lane.look(lambda: lane.lane._refreshing) is asked
        store.suspend()
        store.answers.set()
        assert eventually(lambda: ask(client).status == 403)


def test_made_up_keys_keep_nobody_waiting_who_is_known_and_no_edit_from_coming_into_force(lane, store):
    with Client(lane.port) as client, ExitStack() as flood:
        assert ask(client).status == 200
        store.finds.clear()
        asking = [flood.enter_context(Client(lane.port)) for _ in range(100)]
        for number, stranger in enumerate(asking):
            say(stranger, a_request().replace(KEY.encode(), an_api_key(f"made up {number}").encode()))
        eventually(lambda: lane.lane.taken == 101)
        store.bell.ring()

        assert ask(client).status == 200
        assert lane.look(lane.lane._runtime.is_current)
        store.finds.set()
        statuses = [hear(stranger).status for stranger in asking]
    assert Counter(statuses) == {200: 68, 503: 32}  # the store knows one consumer, and takes every key for its own


def test_made_up_keys_keep_nobody_waiting_whose_application_was_edited(lane, store):
    with Client(lane.port) as client, ExitStack() as flood:
        assert ask(client).status == 200
        store.finds.clear()
        asking = [flood.enter_context(Client(lane.port)) for _ in range(100)]
        for number, stranger in enumerate(asking):
            say(stranger, a_request().replace(KEY.encode(), an_api_key(f"made up {number}").encode()))
        eventually(lambda: lane.lane.taken == 101)
        store.suspend()
        store.bell.ring()

        assert ask(client).status == 403
        assert lane.look(lambda: lane.lane._strangers.taken) == 68
        store.finds.set()


def test_a_count_that_somebody_holds_makes_its_own_calls_wait_and_no_others(tmp_path):
    with serving(answering_always) as service:
        app = make_lane(service.port, tmp_path, KeptRecords())
        ledger, upstream = app.extensions["to be closed"]
        ledger._table._patience = 60
        with fast_lane(app) as lane, Client(lane.port) as held, ThreadPoolExecutor() as threads:
            assert ask(held).status == 200
            waiting = Table(tmp_path / "ledger.sqlite", ROW, time.time, 60).hold(
                a_subscription().subscription_id,
                lambda _slot, _: another_call_meanwhile(lane, threads.submit(ask, held)),
                None,
            )

            assert waiting.result(60).status == 200
        for part in (ledger, upstream):
            part.close()


def another_call_meanwhile(lane, waiting):
    eventually(lambda: lane.lane.taken == 2)
    assert call(lane.port, a_request().replace(KEY.encode(), b"x")).status == 401
    assert not waiting.done()
    return waiting


def test_it_knows_who_is_connected(lane):
    with Client(lane.port), Client(lane.port):
        assert eventually(lambda: lane.connected() == 2)
    assert eventually(lambda: lane.connected() == 0)


def test_only_connections_without_a_call_are_retired(lane, store):
    with Client(lane.port) as idle, Client(lane.port) as busy:
        assert ask(idle).status == 200
        store.answers.clear()
        caller = threading.Thread(target=ask, args=(busy,))
        caller.start()
        eventually(lambda: lane.lane.taken == 2)
        lane.look(lane.lane.retire)

        assert idle.ends()
        store.answers.set()
        caller.join()
        assert busy.answers[-1].status == 200


def test_it_finds_the_calls_that_are_under_way_and_who_is_connected(tmp_path):
    reached, gate = threading.Event(), threading.Event()

    def slow(line):
        line.read_head()
        reached.set()
        gate.wait(30)
        line.write(OK)

    with serving(slow) as service:
        app = make_lane(service.port, tmp_path, KeptRecords())
        with fast_lane(app) as lane, Client(lane.port) as calling, Client(lane.port) as idle:
            ask(idle, a_request("/"))
            say(calling, a_request())
            assert reached.wait(30)
            during = lane.look(lane.lane.found)
            gate.set()
            hear(calling)
            after = lane.look(lane.lane.found)
        for opened in app.extensions["to be closed"]:
            opened.close()

    assert (during.in_flight, during.clients, during.tunnels) == (1, 2, 0)
    assert (during.standing.busy, during.standing.waiting, during.standing.targets[0].in_flight) == (1, 1, 1)
    assert (after.in_flight, after.standing.waiting, after.standing.targets[0].in_flight) == (0, 0, 0)
