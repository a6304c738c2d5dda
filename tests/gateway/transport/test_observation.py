import orjson
import pytest
from flask import Flask, redirect, request

from gateway.telemetry import tally
from gateway.telemetry.several import Several
from gateway.transport.observation import Observation
from gateway.transport.wsgi import ApiLane
from gateway.upstream.addresses import AddressPolicy
from tests.builders import EditableCatalogue, KeptRecords, a_snapshot
from tests.fixtures.consuming import finished
from tests.gateway.transport.test_runtime import a_runtime

ANYWHERE = ("127.0.0.1", 9)


@pytest.fixture
def observe(tmp_path):
    """Observations, whose logs are closed at the end."""
    made = []

    def new(metrics=None, access_log="", proxies=0):
        made.append(Observation(tmp_path / "measures", metrics, access_log, proxies=proxies, snapshot=a_snapshot))
        return made[-1]

    yield new
    for observation in made:
        if observation._log:
            observation._log.close()


def pages(observation):
    app = Flask("pages")
    app.before_request(lambda: redirect("/elsewhere") if request.path == "/moved" else None)
    lane = ApiLane(app.wsgi_app, a_runtime(EditableCatalogue(a_snapshot())), AddressPolicy(), "https://g.ca/errors")
    observation.install(app, lane, lambda: None, lambda: 0)

    @app.get("/apis/<name>")
    def page(name):
        if name == "broken":
            raise ValueError
        return name

    return app


def lines(observation, log):
    observation._log.close()
    return [orjson.loads(line) for line in log.read_bytes().splitlines()]


def test_where_nothing_is_wanted_a_call_pays_nothing(observe, tmp_path):
    observation, recorder = observe(), KeptRecords()

    assert observation.beside(recorder) is recorder
    assert not (tmp_path / "measures").exists()


def test_what_is_wanted_is_told_of_every_call_beside_the_usage(observe, tmp_path):
    log, recorder = tmp_path / "log", KeptRecords()
    observation = observe(ANYWHERE, str(log))
    keeper = observation.beside(recorder)
    assert isinstance(keeper, Several)

    keeper.record(told := finished(request_id="req_1"))

    assert recorder.finished == [told]
    assert [line["request_id"] for line in lines(observation, log)] == ["req_1"]
    assert list((tmp_path / "measures").glob("*.tally"))


def test_usage_that_was_lost_is_counted_where_measures_are_wanted(observe, tmp_path):
    observe().lose_usage(1)
    nothing = list(tmp_path.iterdir())
    observe(ANYWHERE).lose_usage(2)

    (path,) = (tmp_path / "measures").glob("*.tally")
    assert (nothing, tally.read(path)[1].calls) == ([], 2)


def test_a_page_is_told_by_the_rule_of_its_address(observe, tmp_path):
    log = tmp_path / "log"
    observation = observe(access_log=str(log), proxies=1)
    client = pages(observation).test_client()

    client.get("/apis/number-123?q=secret", headers={"X-Forwarded-For": "192.0.2.44"})
    client.get("/nowhere/number-123")
    client.get("/moved")

    found, missing, moved = lines(observation, log)
    assert (found["path"], found["status"], found["client"]) == ("/apis/<name>", 200, "192.0.2.0/24")
    assert (found["api"], found["operation"], found["sent_bytes"]) == (None, "GET /apis/<name>", len("number-123"))
    assert [(line["path"], line["status"]) for line in (missing, moved)] == [(None, 404), (None, 302)]
    assert b"number-123" not in log.read_bytes()
    assert b"secret" not in log.read_bytes()


def test_a_page_that_fails_is_told_too(observe, tmp_path):
    log = tmp_path / "log"
    observation = observe(access_log=str(log))

    pages(observation).test_client().get("/apis/broken")

    assert [line["status"] for line in lines(observation, log)] == [500]


def test_lines_that_are_lost_are_counted_where_measures_are_shown(observe):
    observation = observe(ANYWHERE, "/dev/full")
    observation.beside(KeptRecords()).record(finished())
    observation._log.close()

    assert observation._tally._words[3] == 1
