"""Everything that goes wrong under /v1/ is told as a problem document, in the caller's language or in both."""

import io
from typing import Any

import pytest
from flask import Flask

from gateway.management.api import ProblemShown
from gateway.management.errors import install_errors
from gateway.management.resources import public, resource

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
    body = {"code": "x", "name_en": "X", "name_fr": "X", "windows": [{"period": "week", "limit": "many"}], "a/b~c": 1}

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
    blueprint = resource("broken", "")

    @blueprint.route("/broken", methods=["GET"])
    @public(blueprint)
    def broken() -> None:
        raise ValueError("the secret of the house")

    app = _standing_alone()
    app.register_blueprint(blueprint)  # type: ignore[arg-type]  # typed by what we use of it

    reply: Any = app.test_client().get("/v1/broken", headers=ENGLISH)

    assert (reply.status_code, reply.json["code"]) == (500, "internal-error")
    assert "secret" not in reply.text


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


class _House:
    """Of a house, telling errors needs the address alone."""

    public_url = "http://guichet.test"


def _standing_alone() -> Flask:
    app = Flask("alone", static_folder=None)
    app.extensions["guichet"] = _House
    install_errors(app)
    return app
