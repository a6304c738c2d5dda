"""Everything that goes wrong under /v1/ is told as a problem document, in the caller's language or in both."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from gateway.domain import errors
from gateway.domain.errors import DomainError, Kind
from gateway.management.api import ProblemShown
from gateway.management.errors import install_errors
from gateway.management.resources import public, resource
from gateway.words import Words

KINDS = [value for value in vars(errors).values() if isinstance(value, Kind)]
ENGLISH, FRENCH = {"Accept-Language": "en-CA"}, {"Accept-Language": "fr-CA, en;q=0.5"}


def test_a_problem_names_itself_its_request_and_its_language(world):
    reply = world.ask("GET", "/v1/nowhere", headers=FRENCH)

    told = reply.json
    assert reply.status_code == 404
    assert reply.mimetype == "application/problem+json"
    assert reply.headers["Content-Language"] == "fr"
    assert reply.headers["Cache-Control"] == "no-store"
    assert told["type"] == "http://guichet.test/errors/not-found"
    assert told["title"] == "Introuvable"
    assert told["instance"] == reply.headers["X-Request-Id"]
    assert set(told) <= set(ProblemShown().fields)


def test_without_a_language_both_are_told(world):
    reply = world.ask("GET", "/v1/nowhere")

    assert reply.headers["Content-Language"] == "en, fr"
    assert reply.json["title"] == "Not found / Introuvable"
    assert reply.json["fr"]["title"] == "Introuvable"


def test_a_method_that_is_not_taken_is_told_with_those_that_are(world):
    reply = world.ask("DELETE", "/v1/catalogue", headers=ENGLISH)

    assert (reply.status_code, reply.json["code"]) == (405, "method-not-allowed")
    assert set(reply.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("path", ["/oauth/nope", "/.well-known/nope"])
def test_the_other_addresses_of_programs_tell_in_the_same_way_that_nothing_is_there(world, path, method):
    reply = world.ask(method, path, headers=FRENCH)

    assert (reply.status_code, reply.mimetype) == (404, "application/problem+json")
    assert (reply.json["code"], reply.json["title"]) == ("not-found", "Introuvable")


@pytest.mark.parametrize(
    "body",
    [b'{"email": "a", "email": "b"}', b'{"x": [{"email": 1, "b": 2, "email": {}}]}', rb'{"email": 1, "\u0065mail": 2}'],
)
def test_a_member_that_occurs_twice_is_refused_by_its_name(world, body):
    reply = world.ask("POST", "/v1/accounts", data=body, content_type="application/json", headers=ENGLISH)

    assert (reply.status_code, reply.json["code"]) == (400, "duplicate-member")
    assert "“email”" in reply.json["detail"]


@pytest.mark.parametrize(
    "content", [b"{", b"[" * 60_000, b"9" * 5_000, b"\xff\xfe", b'{"email": "\xff"}'], ids=lambda content: content[:6]
)
def test_what_is_no_json_is_told_so(world, content):
    reply = world.ask("POST", "/v1/accounts", data=content, content_type="application/json", headers=ENGLISH)

    assert (reply.status_code, reply.json["code"]) == (400, "bad-request")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_media_type_that_is_not_read_is_told_so(world, kind):
    reply = world.ask("POST", "/v1/accounts", data=b'{"email": "a"}', content_type=kind, headers=FRENCH)

    assert (reply.status_code, reply.json["code"]) == (415, "media-type")
    assert "Envoyez application/json" in reply.json["detail"]


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_64_kib_is_told_so_before_it_is_read(world, announced):
    content = b'"' + b"x" * 65_536 + b'"'
    chunked = {"environ_overrides": {"wsgi.input_terminated": True}, "headers": {"Transfer-Encoding": "chunked"}}

    if announced:
        reply = world.ask("POST", "/v1/accounts", data=content, content_type="application/json")
    else:
        reply = world.ask(
            "POST", "/v1/accounts", input_stream=io.BytesIO(content), content_type="application/json", **chunked
        )

    assert (reply.status_code, reply.json["code"]) == (413, "too-large")


def test_a_fault_tells_its_field_and_its_pointer(world):
    body = {"code": "x", "name_en": "X", "name_fr": "X", "windows": [{"period": "year", "limit": "many"}], "a/b~c": 1}

    reply = world.ask("POST", f"/v1/apis/{world.id('draft')}/plans", by="publisher", json=body, headers=ENGLISH)

    assert (reply.status_code, reply.json["code"]) == (422, "invalid")
    told = {(fault["field"], fault["pointer"]): fault["message"] for fault in reply.json["errors"]}
    assert told == {
        ("windows.0.period", "/windows/0/period"): "This is none of the values allowed.",
        ("windows.0.limit", "/windows/0/limit"): "A whole number is expected.",
        ("a/b~c", "/a~1b~0c"): "There is no such field.",
    }


def test_a_fault_of_a_service_is_told_like_one_of_a_schema(world):
    body = {"organisation_id": world.id("heritage"), "name": "N O", "title_en": "No"}

    reply = world.ask("POST", "/v1/apis", by="publisher", json=body)

    (fault,) = reply.json["errors"]
    assert (fault["field"], fault["pointer"]) == ("name", "/name")
    assert set(fault["message"]) == {"en", "fr"}


def test_what_is_not_in_the_body_has_no_pointer(world):
    reply = world.ask("GET", "/v1/catalogue?per_page=101", headers=FRENCH)

    assert reply.json["errors"] == [{"field": "per_page", "message": "Ce nombre est hors limites."}]


def test_a_body_that_is_no_object_is_told_so(world):
    reply = world.ask("POST", "/v1/accounts", json=["email"], headers=ENGLISH)

    assert reply.json["errors"] == [{"field": "", "pointer": "", "message": "An object is expected."}]


def test_names_that_cannot_be_told_in_utf_8_and_too_many_faults_do_no_harm(world):
    content = b"{" + b",".join(b'"\\ud800%d": 1' % number for number in range(3_000)) + b"}"

    reply = world.ask("POST", "/v1/accounts", data=content, content_type="application/json")

    assert reply.status_code == 422
    assert len(reply.json["errors"]) == 100


def test_a_bug_is_told_without_its_words():
    app = _failing(ValueError("the secret of the house"))

    reply: Any = app.test_client().get("/v1/broken", headers=ENGLISH)

    assert (reply.status_code, reply.json["code"]) == (500, "internal-error")
    assert "secret" not in reply.text


def test_a_database_that_cannot_be_read_is_told_without_its_words(world):
    world.database.dispose()
    broken = Path(world.database.engine.url.database)
    broken.write_bytes(b"this was a database once" * 500)

    reply = world.ask("GET", "/v1/departments", headers=FRENCH)

    assert (reply.status_code, reply.json["code"]) == (500, "internal-error")
    assert set(reply.json) == {"type", "status", "code", "title", "detail", "instance"}
    assert not re.search("sqlite|select|traceback|database", reply.text, re.IGNORECASE)


@pytest.mark.parametrize(("path", "by"), [("/v1/departments", ""), ("/v1/account", "developer")])
def test_a_database_that_is_away_is_told_before_and_in_a_view(world, path, by):
    world.database.dispose()
    place = Path(world.database.engine.url.database)
    place.unlink()
    place.mkdir()

    reply = world.ask("GET", path, by=by, headers=FRENCH)

    assert (reply.status_code, reply.json["code"]) == (503, "unavailable")
    assert reply.json["title"] == "Momentanément indisponible"


def test_a_ledger_that_is_away_is_told(world, tmp_path):
    (tmp_path / "ledger.db").mkdir()

    reply = world.ask("GET", f"/v1/applications/{world.id('application')}/left", by="developer")

    assert (reply.status_code, reply.json["code"]) == (503, "unavailable")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_refusal_of_a_service_is_told_in_the_readers_language(kind, language):
    values: dict[str, Any] = dict.fromkeys(re.findall(r"{(\w+)}", kind.detail.en + kind.detail.fr), "this-value")
    app = _failing(DomainError(kind, field="name", members={"limit": 5}, **values))

    reply: Any = app.test_client().get("/v1/broken", headers={"Accept-Language": language})
    both: Any = app.test_client().get("/v1/broken")

    words = kind.detail.fill(**values)
    assert (reply.status_code, reply.mimetype) == (kind.status, "application/problem+json")
    assert reply.json["title"] == kind.title.of(language)
    assert reply.json["detail"] == words.of(language)
    assert (reply.json["code"], reply.json["limit"]) == (kind.code, 5)
    assert [fault["field"] for fault in reply.json["errors"]] == ["name"]
    assert both.json[language] == {"title": kind.title.of(language), "detail": words.of(language)}
    assert ("WWW-Authenticate" in reply.headers) is (kind.status == 401 or kind is errors.TOKEN_SCOPE)


@pytest.mark.parametrize("status", [409, 414, 431, 503])
def test_what_anyone_else_refuses_keeps_its_status(status):
    app = _standing_alone()
    app.add_url_rule("/v1/elsewhere", view_func=lambda: ("plain words", status, {"Retry-After": "3"}))

    reply: Any = app.test_client().get("/v1/elsewhere")

    assert (reply.status_code, reply.json["status"]) == (status, status)
    assert reply.headers["Retry-After"] == "3"
    assert "plain words" not in reply.text


def test_pages_outside_are_left_as_they_are():
    app = _standing_alone()
    app.add_url_rule("/page", view_func=lambda: ("a page", 404))

    assert app.test_client().get("/page").text == "a page"


def test_tries_that_come_too_fast_are_told_when_to_come_back(world):
    body = {"email": "nobody@example.org", "password": "wrong", "name": "x", "scopes": ["api:read"]}
    for _ in range(10):
        assert world.ask("POST", "/v1/tokens", json=body).status_code == 401

    reply = world.ask("POST", "/v1/tokens", json=body)

    assert (reply.status_code, reply.json["code"]) == (429, "too-many-tries")
    assert reply.headers["Retry-After"] == str(reply.json["retry_after"]) == "60"


def test_tries_from_one_network_stop_nobody_in_another(world):
    body = {"email": "nobody@example.org", "password": "wrong", "name": "x", "scopes": ["api:read"]}
    for _ in range(10):
        world.ask("POST", "/v1/tokens", json=body)

    elsewhere = {"REMOTE_ADDR": "203.0.113.9", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}
    assert world.ask("POST", "/v1/tokens", json=body, environ_base=elsewhere).status_code == 401


class _House:
    """Of a house, telling errors needs the address alone."""

    public_url = "http://guichet.test"


def _failing(error: Exception) -> Flask:
    """An application with one view, which raises this."""
    blueprint = resource(Words("broken", "en panne"), Words("Fails.", "Échoue."))

    @blueprint.route("/broken", methods=["GET"])
    @public(blueprint)
    def broken() -> None:
        raise error

    app = _standing_alone()
    app.register_blueprint(blueprint)  # type: ignore[arg-type]  # typed by what we use of it
    return app


def _standing_alone() -> Flask:
    app = Flask("alone", static_folder=None)
    app.extensions["guichet"] = _House
    install_errors(app)
    return app
