"""Beside the portal, behind the lane: /v1/ keeps its own callers and its own errors, and pages keep theirs."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import openapi
from gateway.app import create_app
from gateway.services import sessions
from gateway.services.actor import utc_now
from gateway.services.house import House
from gateway.settings import Settings
from gateway.store.accounts import Account
from plugins import BUILT_IN
from portal.site import install_portal, link_to
from tests.gateway.management.test_protection import routes
from tests.gateway.management.world import Built, copied

JSON, YAML = {"content_type": "application/json"}, {"content_type": "application/yaml"}
WRONG: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "no such address": (404, "GET", "/v1/nowhere", {}),
    "nothing at all": (404, "GET", "/v1/", {}),
    "a slash too many": (404, "GET", "/v1/catalogue/", {}),
    "a thing that is not there": (404, "GET", "/v1/catalogue/nothing", {}),
    "another method": (405, "DELETE", "/v1/catalogue", {}),
    "no token": (401, "GET", "/v1/account", {}),
    "no JSON": (400, "POST", "/v1/accounts", {"data": b"{", **JSON}),
    "another media type": (415, "POST", "/v1/accounts", {"data": b"{}", "content_type": "text/plain"}),
    "a form, as pages send it": (415, "POST", "/v1/accounts", {"data": {"email": "a@example.org"}}),
    "a fault": (422, "POST", "/v1/accounts", {"json": {}}),
    "a fault in the address": (422, "GET", "/v1/catalogue?page=0", {}),
    "64 KiB": (413, "POST", "/v1/accounts", {"data": b" " * 65_537, **JSON}),
    "10 MiB": (413, "POST", "/v1/documents/check", {"data": b" " * (openapi.MAX_BYTES + 1), **YAML}),
    "no If-Match": (428, "PATCH", "/v1/organisations/{bakery}", {"json": {"name_en": "B", "name_fr": "B"}}),
}
BY_DEVELOPER = {"10 MiB", "no If-Match"}


@pytest.fixture
def whole(built: Built, tmp_path) -> Iterator[Flask]:
    """The application of wsgi.py, on a copy of the store."""
    copied(built, tmp_path)
    settings = Settings.from_environment({"GUICHET_DATA": str(tmp_path)})
    app = create_app(settings, BUILT_IN, link_to(settings.public_url))
    install_portal(app)
    yield app
    app.extensions["guichet_keeping"].background.stop()
    app.extensions["guichet"].database.dispose()


@pytest.mark.parametrize("name", WRONG)
def test_what_goes_wrong_is_a_problem_and_not_a_page(whole, built, name):
    status, method, path, options = WRONG[name]
    headers = {"Accept": "text/html"}
    if name in BY_DEVELOPER:
        headers["Authorization"] = f"Bearer {built.tokens['developer']}"

    for asked, told in {"en": "en", "fr-CA": "fr", "": "en, fr"}.items():
        headers["Accept-Language"] = asked
        reply: Any = whole.test_client().open(path.format(**built.ids), method=method, headers=headers, **options)

        assert (reply.status_code, reply.mimetype) == (status, "application/problem+json")
        assert reply.headers["Content-Language"] == told
        assert {"en", "fr"} <= set(reply.json) or asked
        assert reply.json["instance"] == reply.headers["X-Request-Id"]
        assert not reply.headers.getlist("Set-Cookie")


def test_pages_keep_their_own_errors(whole):
    reply = whole.test_client().get("/en/nowhere")

    assert (reply.status_code, reply.mimetype) == (404, "text/html")


def test_a_broken_database_is_told_as_a_problem(whole, tmp_path):
    whole.extensions["guichet"].database.dispose()
    (tmp_path / "guichet.db").write_bytes(b"this was a database once" * 500)

    reply: Any = whole.test_client().get("/v1/departments")

    assert (reply.status_code, reply.json["code"]) == (500, "internal-error")


def test_who_is_signed_in_to_the_portal_is_nobody_here(whole, built):
    client = _signed_in(whole, built)

    assert client.get("/en/account").status_code == 200
    for method, path in routes(whole):
        options: dict[str, Any] = {"method": method, "json": None if method == "GET" else {}}
        address = path.replace("<int:major>", "1")
        nobody = whole.test_client().open(address, **options)
        assert client.open(address, **options).status_code == nobody.status_code, address
    assert client.get("/v1/account").status_code == 401


def _signed_in(whole: Flask, built: Built) -> FlaskClient:
    house: House = whole.extensions["guichet"]
    with house.database.begin() as session:
        account = session.get_one(Account, built.ids["developer"])
        secret = sessions.open_session(session, account, browser="test", now=utc_now()).secret
    client = whole.test_client()
    client.set_cookie("guichet", secret, domain="localhost")
    return client
