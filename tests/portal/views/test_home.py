"""The pages for everyone."""

import re

import pytest

from gateway.pipeline.refusals import BY_CODE
from gateway.words import LANGUAGES
from portal.slugs import SLUGS

TITLE = re.compile(r"<title>([^<]*)</title>")


@pytest.mark.parametrize("language", LANGUAGES)
def test_home_shows_what_is_published(visitor, holidays, language):
    page = visitor.get(f"/{language}/").text

    assert (holidays.title_en if language == "en" else holidays.title_fr) in page


@pytest.mark.parametrize("page", ["home", "errors", "accessibility", "catalogue", "sign_up", "sign_in", "check_mail"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_for_everyone_opens_in_each_language(visitor, page, language):
    answer = visitor.get(SLUGS[page].rule(language))

    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert answer.text.count("<h1>") == 1


@pytest.mark.parametrize("code", BY_CODE)
def test_each_refusal_has_its_page_in_both_languages(visitor, code):
    english, french = visitor.get(f"/en/errors/{code}"), visitor.get(f"/fr/erreurs/{code}")

    assert english.status_code == french.status_code == 200
    assert f"http://guichet.test/errors/{code}" in english.text
    assert BY_CODE[code].remedy.fr in french.text


def test_the_address_in_a_problem_leads_to_the_page_in_the_readers_language(visitor):
    wanted = "/errors/quota-spent"

    assert visitor.client.get(wanted, headers={"Accept-Language": "fr-CA"}).location == "/fr/erreurs/quota-spent"
    assert visitor.client.get(wanted).location == "/en/errors/quota-spent"


def test_an_unknown_code_has_no_page(visitor):
    assert visitor.get("/en/errors/nonsense").status_code == 404


def test_pages_have_titles_of_their_own(visitor):
    titles = [TITLE.findall(visitor.get(f"/en/errors/{code}").text)[0] for code in BY_CODE]

    assert len(set(titles)) == len(titles)
