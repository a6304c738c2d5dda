"""The pages for everyone."""

import re

import pytest
from markupsafe import escape

from gateway.domain import errors
from gateway.management import kinds
from gateway.pipeline import refusals
from gateway.plugin.registry import Registry
from gateway.words import LANGUAGES
from plugins import BUILT_IN
from portal.problems import Explained
from portal.slugs import SLUGS

ROWS: tuple[Explained, ...] = (*refusals.TABLE, *errors.TABLE, *kinds.TABLE, *Registry(BUILT_IN).refusals)
"""Whatever may stand in the `type` of a problem."""
TITLE = re.compile(r"<title>([^<]*)</title>")


@pytest.mark.parametrize("language", LANGUAGES)
def test_home_shows_what_is_published(visitor, holidays, language):
    page = visitor.get(f"/{language}/").text

    assert (holidays.title_en if language == "en" else holidays.title_fr) in page
    assert "/api/holidays/v1/holidays" in page


def test_home_of_a_store_without_apis_shows_no_call_and_speaks_to_departments(visitor):
    page = visitor.get("/en/").text

    assert "A call and its answer" not in page
    assert "For departments" in page


@pytest.mark.parametrize("page", ["home", "errors", "accessibility", "catalogue", "sign_up", "sign_in", "check_mail"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_for_everyone_opens_in_each_language(visitor, page, language):
    answer = visitor.get(SLUGS[page].rule(language))

    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert answer.text.count("<h1>") == 1


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_each_problem_of_any_table_has_its_page_in_both_languages(visitor, row):
    for language in LANGUAGES:
        led = visitor.client.get(f"/errors/{row.code}", headers={"Accept-Language": language})
        page = visitor.get(led.location)

        assert page.status_code == 200
        assert f'<html lang="{language}">' in page.text
        assert f"http://guichet.test/errors/{row.code}" in page.text
        assert escape(row.title.of(language)) in page.text
        assert escape(row.remedy.of(language)) in page.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_of_problems_leads_to_every_page_and_to_no_other(visitor, language):
    page = visitor.get(SLUGS["errors"].rule(language)).text
    address = SLUGS["error"].rule(language).replace("<code>", "([a-z-]+)")
    listed = set(re.findall(f'href="{address}"', page))

    assert listed == {row.code for row in ROWS}


@pytest.mark.parametrize("code", ["nonsense", "", "Invalid", "invalid-", "internal_error", "x" * 300, "%00", ".."])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_other_code_has_a_page(visitor, code, language):
    assert visitor.get(SLUGS["error"].rule(language).replace("<code>", code)).status_code != 200


def test_what_the_gateway_and_the_management_api_both_tell_is_shown_as_each_tells_it(visitor):
    page = visitor.get("/en/errors/internal-error").text

    assert escape(refusals.INTERNAL.detail.en) in page
    assert escape(kinds.INTERNAL.detail.en) in page


def test_the_address_in_a_problem_leads_to_the_page_in_the_readers_language(visitor):
    wanted = "/errors/quota-spent"

    assert visitor.client.get(wanted, headers={"Accept-Language": "fr-CA"}).location == "/fr/erreurs/quota-spent"
    assert visitor.client.get(wanted).location == "/en/errors/quota-spent"


@pytest.mark.usefixtures("holidays")
def test_the_address_in_a_refusal_without_a_key_leads_to_the_plans_of_the_api(visitor):
    wanted = "/apis/holidays/more"

    assert visitor.client.get(wanted, headers={"Accept-Language": "fr-CA"}).location == "/fr/catalogue/holidays"
    assert visitor.client.get(wanted).location == "/en/apis/holidays"
    assert visitor.get(visitor.client.get(wanted).location).status_code == 200
    assert visitor.client.get("/apis/a%0d%0ab%22/more").location == "/en/apis/a%0D%0Ab%22"


def test_pages_have_titles_of_their_own(visitor):
    titles = [TITLE.findall(visitor.get(f"/en/errors/{code}").text)[0] for code in {row.code for row in ROWS}]

    assert len(set(titles)) == len(titles)
