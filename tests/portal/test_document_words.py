"""A document's words, in the reader's language or marked with their own."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import openapi
from openapi import Text
from portal.document_words import missing_language, said, said_lang, said_line, said_prose, texts_of, texts_of_list

BOTH, ENGLISH, FRENCH, NONE = Text("Hours", "Heures"), Text("Hours"), Text("", "Heures"), Text()
DOCUMENT = b"""
openapi: 3.1.0
info: {title: T, version: "1", description: About}
tags: [{name: A, description: Of A}]
paths:
  /a:
    post:
      summary: Do
      tags: [A]
      description: How
      parameters: [{name: p, in: query, description: Which, schema: {title: Not shown, description: A number}}]
      requestBody: {description: What, content: {text/plain: {schema: {title: Sent, items: {description: Each}}}}}
      responses:
        "200":
          description: Done
          headers: {X-H: {description: Mark, schema: {description: A mark}}}
          content: {text/plain: {schema: {properties: {x: {description: An x}}}}}
"""


@pytest.fixture(params=["en", "fr"])
def reading(request, site):
    with site.app.test_request_context(f"/{request.param}/"):
        yield request.param


def test_words_are_in_the_readers_language_where_they_exist_in_it(reading):
    assert said(BOTH) == ("Hours" if reading == "en" else "Heures")
    assert said_lang(BOTH) == ""


def test_words_in_the_other_language_are_marked_with_it(reading):
    foreign, words, lang = (FRENCH, "Heures", "fr") if reading == "en" else (ENGLISH, "Hours", "en")

    assert said(foreign) == words
    assert said_line(foreign) == f'<span lang="{lang}">{words}</span>'
    assert said_prose(foreign) == f'<div class="prose" lang="{lang}"><p>{words}</p>\n</div>'


@pytest.mark.usefixtures("reading")
def test_no_words_make_no_markup():
    assert said_line(NONE) == said_prose(NONE) == said_lang(NONE) == ""


def test_a_page_says_when_some_of_its_words_are_foreign(reading):
    foreign = "fr" if reading == "en" else "en"

    assert missing_language(iter([BOTH, NONE])) is None
    assert missing_language(iter([BOTH, ENGLISH, FRENCH])) == foreign


@given(text=st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_line_never_becomes_markup(site, text):
    with site.app.test_request_context("/fr/"):
        line = said_line(Text(text)).removeprefix('<span lang="en">').removesuffix("</span>")

    assert "<" not in line
    assert '"' not in line


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('See <a href="https://a.example/b" target=_blank>the [map]</a>.', ">the [map]</a>."),
        (
            "<a href=https://a.example/b target='_blank'>map</a>",
            '<a href="https://a.example/b" rel="nofollow noopener">',
        ),
        ("One<br>two<BR/>three", "One<br>\ntwo<br>\nthree"),
        ('<a href="javascript:alert(1)">x</a>', "&lt;a href="),
        ('<a href="https://a.example/"><script>alert(1)</script></a>', "&lt;script&gt;"),
    ],
)
def test_links_written_in_html_are_links_and_nothing_else_is(site, written, shown):
    with site.app.test_request_context("/en/"):
        prose = said_prose(Text(written))

    assert shown in prose
    assert "<script" not in prose
    assert '<a href="javascript' not in prose


def test_every_text_that_a_page_shows_is_looked_at():
    document = openapi.load(DOCUMENT).document
    assert document
    outline = openapi.outline(document)

    assert {text.en for text in texts_of_list(outline) if text} == {"T", "About", "A", "Of A", "Do"}
    assert {text.en for text in texts_of(outline.operations[0]) if text} == {
        "Do", "How", "Which", "A number", "What", "Sent", "Each", "Done", "Mark", "A mark", "An x",
    }  # fmt: skip
