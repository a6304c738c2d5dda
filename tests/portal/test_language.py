"""Which language a request is in."""

import pytest
from flask import Flask
from flask_babel import gettext

from gateway.words import Words
from portal.language import both, current_language, in_language, install_language, of_words, other_language
from portal.rendering import install_rendering


@pytest.fixture
def app():
    app = Flask("language", static_folder=None)
    install_language(app)
    install_rendering(app, "Guichet")

    @app.get("/fr/page")
    @app.get("/en/page")
    @app.get("/elsewhere")
    def page():
        return f"{current_language()} {other_language()} {both('water', 'eau')} {gettext('Sign in')}"

    return app


@pytest.mark.parametrize(
    ("accept", "where"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.8", "/fr/"),
        ("en-CA,en;q=0.9,fr;q=0.4", "/en/"),
        ("de,fr;q=0.3", "/fr/"),
    ],
)
def test_the_root_goes_where_the_browser_prefers(app, accept, where):
    answer = app.test_client().get("/", headers={"Accept-Language": accept})

    assert (answer.status_code, answer.location) == (302, where)
    assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.parametrize("accept", ["", "de", "*", "en,fr"])
def test_the_root_offers_the_choice_when_the_browser_prefers_neither(app, accept):
    answer = app.test_client().get("/", headers={"Accept-Language": accept})

    assert answer.status_code == 200
    assert 'href="/en/"' in answer.text
    assert 'href="/fr/"' in answer.text
    assert "Accept-Language" in answer.headers["Vary"]


def test_the_address_decides_whatever_the_browser_prefers(app):
    client = app.test_client()

    assert client.get("/fr/page", headers={"Accept-Language": "en"}).text == "fr en eau Se connecter"
    assert client.get("/en/page", headers={"Accept-Language": "fr"}).text == "en fr water Sign in"


def test_an_address_without_a_language_follows_the_browser(app):
    client = app.test_client()

    assert client.get("/elsewhere", headers={"Accept-Language": "fr"}).text.startswith("fr")
    assert client.get("/elsewhere").text.startswith("en")


def test_mail_written_outside_a_request_is_in_the_language_it_is_asked_for(app):
    words = Words("Hello", "Bonjour")

    with app.app_context():
        outside = of_words(words)
        with in_language("fr"):
            inside = (of_words(words), gettext("Sign in"))

    assert outside == "Hello"
    assert inside == ("Bonjour", "Se connecter")
