import io
import threading
from functools import partial

import orjson
import pytest
from flask import Flask
from werkzeug.test import Client, EnvironBuilder

from gateway.domain.ids import is_id
from gateway.http.messages import Body
from gateway.pipeline.refusals import STORE_AWAY, UPSTREAM_BROKEN, Failure
from gateway.transport.runtime import Runtime
from gateway.transport.wsgi import ApiLane
from gateway.upstream.addresses import AddressPolicy
from tests.builders import (
    APPLICATION,
    CREDENTIAL,
    CannedUpstream,
    EditableCatalogue,
    KeptRecords,
    KnownConsumers,
    a_budget,
    a_consumer,
    a_reply,
    a_snapshot,
    a_subscription,
    an_api_key,
)

KEY = {"X-API-Key": an_api_key()}
STATIONS = "/api/weather/v1/stations"


class Generous:
    is_shared = False

    def spend(self, charges, when_away="leased"):
        return a_budget()

    def spend_at_once(self, charges, otherwise, when_away="leased"):
        return a_budget()

    def enter(self, charges, when_away="leased"):
        raise NotImplementedError

    def enter_at_once(self, charges, otherwise, when_away="leased"):
        raise NotImplementedError

    def leave(self, stay):
        raise NotImplementedError

    def left(self, charges):
        return a_budget()

    def standing(self):
        raise NotImplementedError


class Broken(Generous):
    def spend(self, charges, when_away="leased"):
        raise ZeroDivisionError("the secret reason")


class Lane:
    """The lane with a service that answers `answer`, and what it recorded."""

    def __init__(self, answer=a_reply, snapshot=None, ledger=None):
        self.recorder = KeptRecords()
        self.catalogue = EditableCatalogue(snapshot or a_snapshot())
        self.upstream = CannedUpstream(lambda request: answer())
        finder = KnownConsumers(keys={an_api_key(): a_consumer(key=CREDENTIAL)})
        runtime = Runtime(finder, ledger or Generous(), self.upstream, self.recorder, self.catalogue)
        app = Flask(__name__)
        app.add_url_rule("/", view_func=lambda: "the portal")
        self.api = ApiLane(app.wsgi_app, runtime, AddressPolicy(), "https://g.ca/errors")
        self.client = Client(self.api)

    def get(self, path=STATIONS, method="GET", **headers):
        return self.client.open(path, method=method, headers=KEY | headers, buffered=True)

    @property
    def record(self):
        assert len(self.recorder.finished) == 1
        return self.recorder.finished[0]


def test_a_call_is_answered_and_everything_else_goes_to_the_portal():
    lane = Lane()

    assert lane.get().get_json() == {"ok": True}
    assert lane.get("/").text == "the portal"
    assert lane.get("/apis").status_code == 404


def test_every_call_has_a_name_of_ours():
    first, second = (Lane().get(**{"X-Request-Id": "theirs"}).headers["X-Request-Id"] for _ in range(2))

    assert is_id("request", first)
    assert first != second


def test_what_was_sent_is_recorded_once_the_reply_has_left():
    lane = Lane()

    lane.get()

    assert (lane.record.event.status, lane.record.event.refusal) == (200, "")
    assert lane.record.sent_bytes == len(b'{"ok":true}')
    assert lane.record.latency_ms >= 0


def test_a_client_that_leaves_is_recorded_with_what_it_got():
    closed = []

    class Chunks:
        def __iter__(self):
            return iter([b"first", b"second"])

        def close(self):
            closed.append(True)

    lane = Lane(lambda: type(a_reply())(200, body=Body(Chunks())))
    iterable, _, _ = lane.client.run_wsgi_app(_environ(), buffered=False)

    next(iter(iterable))
    iterable.close()  # type: ignore[attr-defined] # ours has one, as PEP 3333 asks

    assert (lane.record.event.status, lane.record.event.refusal) == (200, "client-left")
    assert lane.record.event.application_id
    assert lane.record.sent_bytes == 5
    assert closed == [True]


def test_a_server_that_stops_at_the_announced_length_has_sent_it_all():
    lane = Lane(lambda: type(a_reply())(200, body=Body.of(b"whole")))
    iterable, _, _ = lane.client.run_wsgi_app(_environ(), buffered=False)

    next(iter(iterable))
    iterable.close()  # type: ignore[attr-defined] # ours has one, as PEP 3333 asks

    assert (lane.record.event.refusal, lane.record.sent_bytes) == ("", 5)


def test_a_client_that_leaves_while_a_refusal_is_sent_was_refused_for_that():
    lane = Lane()
    environ = EnvironBuilder(path="/api/weather/v1/nowhere", headers=list(KEY.items())).get_environ()
    iterable, _, _ = lane.client.run_wsgi_app(environ, buffered=False)

    iterable.close()  # type: ignore[attr-defined] # ours has one, as PEP 3333 asks

    assert lane.record.event.refusal == "undeclared-path"


def test_a_client_that_leaves_in_the_middle_of_its_body_is_found_on_its_applications_page():
    lane = Lane()
    lane.upstream.answer = lambda request: a_reply(content=b"".join(request.body.chunks if request.body else ()))
    cut_short = {"CONTENT_LENGTH": "9", "wsgi.input": io.BytesIO(b"half")}

    response = lane.client.post(STATIONS, headers=KEY, environ_overrides=cut_short, buffered=True)

    assert (response.status_code, orjson.loads(response.data)["code"]) == (400, "client-left")
    assert "RateLimit" in response.headers
    event = lane.record.event
    assert (event.status, event.refusal, event.operation) == (400, "client-left", "POST /stations")
    assert (event.application_id, event.subscription_id) == (APPLICATION, a_subscription().subscription_id)


def _environ():
    return EnvironBuilder(path=STATIONS, headers=list(KEY.items())).get_environ()


def test_a_body_that_is_not_sent_is_closed():
    closed = []

    class Chunks:
        def __iter__(self):
            raise AssertionError("nobody reads this")

        def close(self):
            closed.append(True)

    lane = Lane(lambda: type(a_reply())(200, body=Body(Chunks(), 5)))

    assert lane.get(method="HEAD").data == b""
    assert closed == [True]


@pytest.mark.parametrize(
    ("error", "code"), [(Failure(UPSTREAM_BROKEN), "upstream-broken"), (ZeroDivisionError(), "internal-error")]
)
def test_a_reply_that_breaks_off_raises_into_the_server_in_front_and_is_no_clean_one(error, code):
    def chunks():
        yield b"half"
        raise error

    lane = Lane(lambda: type(a_reply())(200, body=Body(chunks())))

    with pytest.raises(type(error)):
        lane.get()

    assert (lane.record.event.status, lane.record.event.refusal, lane.record.sent_bytes) == (200, code, 4)


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Something went wrong on our side"), ("fr", "Une erreur est survenue")]
)
def test_a_bug_is_logged_and_leaves_as_a_problem_that_tells_nothing(caplog, language, title):
    lane = Lane(ledger=Broken())

    response = lane.get(**{"Accept-Language": language})

    assert response.status_code == 500
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = orjson.loads(response.data)
    assert problem["code"] == "internal-error"
    assert problem["title"].startswith(title)
    assert problem["instance"] == response.headers["X-Request-Id"]
    assert "secret" not in response.text
    assert "ZeroDivisionError: the secret reason" in caplog.text
    assert problem["instance"] in caplog.text
    assert lane.record.event.refusal == "internal-error"


def test_a_malformed_call_leaves_as_a_problem_and_is_recorded():
    lane = Lane()

    response = lane.get(Host="a b")

    problem = orjson.loads(response.data)
    assert (response.status_code, problem["code"]) == (400, "malformed-request")
    assert problem["type"] == "https://g.ca/errors/malformed-request"
    assert problem["en"]["detail"].startswith("There must be one Host")
    assert problem["fr"]["detail"].startswith("Il faut un seul champ Host")
    assert lane.record.event.refusal == "malformed-request"
    assert lane.upstream.sent == []


def test_without_a_catalogue_every_call_waits_for_the_store():
    lane = Lane()

    def away():
        raise Failure(STORE_AWAY)

    lane.catalogue.current = away

    assert lane.get().status_code == 503


def test_no_call_is_lost_or_sent_astray_while_the_catalogue_is_edited():
    lane = Lane()
    done = threading.Event()

    def edit():
        revision = 1
        while not done.is_set():
            revision += 1
            lane.catalogue.edit(partial(a_snapshot, revision=revision))

    editor = threading.Thread(target=edit)
    editor.start()
    codes = {lane.get().status_code for _ in range(200)}
    done.set()
    editor.join()

    assert codes == {200}


def test_a_call_is_under_way_until_its_reply_was_closed():
    seen: list[int] = []

    def answer():
        seen.append(lane.api.in_flight)
        return a_reply()

    lane = Lane(answer)

    answered = lane.client.open(STATIONS, headers=KEY)
    seen.append(lane.api.in_flight)
    answered.close()

    assert [*seen, lane.api.in_flight] == [1, 1, 0]


def test_a_call_whose_reply_cannot_be_written_is_not_under_way_for_ever():
    lane = Lane()
    environ = EnvironBuilder(STATIONS, headers=KEY.items()).get_environ()

    with pytest.raises(ZeroDivisionError):
        lane.api(environ, lambda *_: 1 / 0)

    assert lane.api.in_flight == 0


def test_those_who_look_on_see_the_fields_the_peer_and_how_long_the_service_took():
    lane = Lane()

    lane.client.get(STATIONS, headers=KEY | {"X-Own": "a"}, environ_base={"REMOTE_ADDR": "203.0.113.7"}, buffered=True)

    assert (lane.record.headers.get("x-own"), lane.record.peer) == ("a", "203.0.113.7")
    assert lane.record.upstream_ms is not None
    assert 0 <= lane.record.upstream_ms <= lane.record.latency_ms
