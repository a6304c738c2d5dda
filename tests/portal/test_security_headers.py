"""What a page tells the browser not to do."""

import pytest
from flask import Flask, g, request

from portal.security_headers import CONTENT_SECURITY_POLICY, HEADERS, install_security_headers


@pytest.fixture
def build():
    def build(*, https):
        app = Flask("headers", static_folder=None)
        install_security_headers(app, https=https)

        @app.get("/en/page")
        @app.get("/api/weather/v1/stations")
        @app.get("/v1/applications")
        @app.get("/oauth/jwks")
        def answer():
            if "in" in request.args:
                g.actor = "acc_1"
            return "text", {"Cache-Control": request.args.get("cache", "max-age=60")}

        return app.test_client()

    return build


def test_a_page_carries_every_guard(build):
    answer = build(https=False).get("/en/page")

    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_policy_allows_nothing_inline_and_nothing_from_outside():
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none';")


def test_only_a_site_reached_by_https_promises_to_stay_there(build):
    assert "Strict-Transport-Security" in build(https=True).get("/en/page").headers
    assert "Strict-Transport-Security" not in build(https=False).get("/en/page").headers


def test_a_signed_in_page_is_kept_by_nobody(build):
    client = build(https=False)

    assert client.get("/en/page?in=1").headers["Cache-Control"] == "no-store"
    assert client.get("/en/page").headers["Cache-Control"] == "max-age=60"


def test_an_immutable_asset_is_kept_even_when_someone_is_signed_in(build):
    answer = build(https=False).get("/en/page?in=1&cache=immutable")

    assert answer.headers["Cache-Control"] == "immutable"


@pytest.mark.parametrize("path", ["/api/weather/v1/stations", "/v1/applications", "/oauth/jwks"])
def test_the_answers_of_apis_get_nosniff_and_nothing_else(build, path):
    answer = build(https=True).get(f"{path}?in=1")

    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "max-age=60"
    assert not set(HEADERS) & set(answer.headers.keys())
    assert "Strict-Transport-Security" not in answer.headers
