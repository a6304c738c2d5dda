"""The table of addresses, and the switch of language."""

import re

import pytest
from flask import Blueprint, Flask
from hypothesis import given
from hypothesis import strategies as st

from gateway.words import LANGUAGES
from portal.language import install_language
from portal.slugs import SLUGS, has_page, localized_route, twin_url, url_for_page, url_in

CONVERTER = re.compile(r"<[^>]+>")


@pytest.fixture(scope="module")
def app():
    app = Flask("slugs", static_folder=None)
    install_language(app)
    blueprint = Blueprint("pages", __name__)

    @localized_route(blueprint, "home")
    @localized_route(blueprint, "accessibility")
    def plain():
        return f"{url_for_page('catalogue')} {twin_url()}"

    @localized_route(blueprint, "catalogue")
    def catalogue():
        return twin_url()

    @localized_route(blueprint, "operation")
    def operation(name, major, slug):
        return f"{name} {major} {slug} {twin_url()}"

    @localized_route(blueprint, "sign_out", methods=["POST"])
    def sign_out():
        return twin_url()

    @blueprint.get("/healthz")
    def healthz():
        return url_in("fr")

    app.register_blueprint(blueprint)
    return app


@pytest.mark.parametrize("page", SLUGS)
def test_both_sides_of_each_row_have_the_same_converters(page):
    slug = SLUGS[page]

    assert sorted(CONVERTER.findall(slug.en)) == sorted(CONVERTER.findall(slug.fr))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_pages_share_an_address(language):
    rules = [CONVERTER.sub("<>", slug.rule(language)) for slug in SLUGS.values()]

    assert len(rules) == len(set(rules))


def test_a_page_answers_at_both_addresses_and_links_in_its_own_language(app):
    client = app.test_client()

    assert client.get("/en/accessibility").text == "/en/apis /fr/accessibilite"
    assert client.get("/fr/accessibilite").text == "/fr/catalogue /en/accessibility"


def test_a_french_slug_is_not_an_english_address(app):
    assert app.test_client().get("/en/accessibilite").status_code == 404


def test_the_view_is_given_the_values_of_the_path_and_not_the_language(app):
    answer = app.test_client().get("/fr/catalogue/weather/v2/operations/list")

    assert answer.text == "weather 2 list /en/apis/weather/v2/operations/list"


def test_the_switch_keeps_the_whole_query(app):
    answer = app.test_client().get("/en/apis?q=eau+potable&topic=a&topic=b&page=2")

    assert answer.text == "/fr/catalogue?q=eau+potable&topic=a&topic=b&page=2"


@given(st.dictionaries(st.sampled_from(["_scheme", "_external", "_anchor", "_method", "lang_code", "q"]), st.text()))
def test_no_query_of_a_reader_can_steer_the_switch_away_from_its_page(app, query):
    answer = app.test_client().get("/en/apis", query_string=query)

    assert answer.status_code == 200
    assert answer.text.partition("?")[0] == "/fr/catalogue"


def test_a_page_that_is_only_posted_to_switches_to_the_home_page(app):
    assert app.test_client().post("/en/sign-out").text == "/fr/"


def test_an_address_without_a_language_switches_to_the_home_page(app):
    assert app.test_client().get("/healthz").text == "/fr/"


def test_a_page_nobody_registered_is_known_to_be_absent(app):
    with app.test_request_context("/en/"):
        assert has_page("catalogue")
        assert not has_page("audit")
