"""Every word in both languages, and nothing left over."""

import re

import pytest

from gateway.words import LANGUAGES
from portal import catalogues

PLACEHOLDER = re.compile(r"%\(\w+\)s")
LONE_PUNCTUATION = re.compile(
    r"[^\N{NO-BREAK SPACE}]:(?!//)(?=\s|$)|[^\N{NO-BREAK SPACE}]»|«[^\N{NO-BREAK SPACE}]|\s[;!?]"
)


@pytest.fixture(scope="module")
def template():
    return catalogues.extract()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_holds_exactly_the_sentences_of_the_sources(template, language):
    kept = {(message.context, message.id) for message in catalogues.sentences(catalogues.read(language))}
    used = {(message.context, message.id) for message in catalogues.sentences(template)}

    assert kept == used


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_missing_or_fuzzy(language):
    assert catalogues.missing(catalogues.read(language)) == []


def test_a_translation_has_the_placeholders_of_its_sentence():
    for message in catalogues.sentences(catalogues.read("fr")):
        asked = {name for text in _texts(message.id) for name in PLACEHOLDER.findall(text)}
        for text in _texts(message.string):
            assert set(PLACEHOLDER.findall(text)) == asked, text


def test_french_keeps_its_spaces_before_double_punctuation():
    """Canadian usage: a no-break space before the colon and inside guillemets, none before ; ! ?"""
    texts = [text for message in catalogues.sentences(catalogues.read("fr")) for text in _texts(message.string)]

    assert [text for text in texts if LONE_PUNCTUATION.search(text)] == []


def test_updating_again_changes_no_byte(template):
    for language in LANGUAGES:
        catalogue = catalogues.updated(language, template, {})

        assert catalogues.rendered(catalogue, language) == catalogues.source_path(language).read_bytes()


def test_given_french_is_taken_by_context_first(template):
    catalogue = catalogues.updated("fr", template, {"application|Active": "En service", "Active": "Autre"})

    french = {message.context: message.string for message in catalogues.sentences(catalogue) if message.id == "Active"}
    assert (french["application"], french["credential"]) == ("En service", "Autre")


def _texts(value):
    return [value] if isinstance(value, str) else list(value)
