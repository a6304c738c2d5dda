import threading

import orjson
import pytest
from flask import Flask

from gateway.store.database import Database
from gateway.transport.health import install_health
from gateway.transport.wsgi import ApiLane
from tests.builders import EditableCatalogue, KeptRecords
from tests.calling import a_request, call
from tests.lane import make_lane
from tests.lanes_in_process import LANES, served


def test_a_worker_whose_database_answers_is_healthy(seeded):
    answer = seeded.app.test_client().get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_a_database_without_our_tables_is_said_and_nothing_else_is(tmp_path):
    app = Flask("empty")
    database = Database(f"sqlite:///{tmp_path}/empty.db")
    install_health(app, database)

    answer = app.test_client().get("/healthz")

    assert answer.status_code == 503
    assert answer.json == {"status": "unavailable", "reason": "OperationalError"}
    database.dispose()


class Store(EditableCatalogue):
    """A catalogue that can be compiled once it may."""

    def __init__(self, snapshot, _consumer):
        super().__init__(snapshot)
        self.may_compile = threading.Event()

    def compile(self):
        assert self.may_compile.is_set(), "not yet"
        return super().compile()

    def find_key(self, _digest):
        return None


class Readiness:
    """What a lane answers, its runtime, and its catalogue, which cannot be compiled yet."""

    def __init__(self, folder):
        self.app = make_lane(1, folder, KeptRecords(), store=self._made)
        lane = self.app.wsgi_app
        assert isinstance(lane, ApiLane)
        self.runtime = lane.runtime
        self.port = 0

    def _made(self, *given):
        self.store = Store(*given)
        return self.store

    def ask(self):
        answer = call(self.port, a_request("/readyz"))
        return answer.status, orjson.loads(answer.body)

    def compile(self):
        self.store.may_compile.set()
        self.store.edit(self.store.current)


@pytest.fixture(params=LANES)
def readiness(request, tmp_path):
    made = Readiness(tmp_path)
    with served(request.param, made.app) as made.port:
        yield made


def test_a_worker_says_what_it_lacks_to_serve_calls_and_when_it_lacks_nothing(readiness):
    at_first = readiness.ask()
    readiness.compile()
    later = readiness.ask()
    readiness.runtime.draining = True
    at_last = readiness.ask()

    assert at_first == (503, {"status": "unready", "missing": ["catalogue"]})
    assert later == (200, {"status": "ready"})
    assert at_last == (503, {"status": "unready", "missing": ["draining"]})


def test_a_ledger_that_cannot_be_used_is_missing(readiness, tmp_path):
    readiness.compile()
    (tmp_path / "ledger.sqlite").mkdir()

    assert readiness.ask() == (503, {"status": "unready", "missing": ["ledger"]})
