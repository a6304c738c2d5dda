"""What a page makes of a document's words has a bound, and each text is made once."""

import pytest

from portal import prose as subject
from portal.prose import MOST_CHARACTERS, PageProse
from portal.rendering import markdown


@pytest.fixture
def made(monkeypatch):
    """The texts that were made into prose, in their order."""
    texts = []

    def count(text, top):
        texts.append(text)
        return markdown(text, top)

    monkeypatch.setattr(subject, "markdown", count)
    return texts


@pytest.fixture
def page(site):
    with site.app.test_request_context("/en/"):
        yield PageProse()


def test_a_text_that_comes_back_is_made_once(page, made):
    shown = [page.make(words, top) for words, top in [("**a**", 3), ("b", 3), ("**a**", 3), ("**a**", 4)]]

    assert made == ["**a**", "b", "**a**"]
    assert shown[0] == shown[2] == "<p><strong>a</strong></p>\n"


def test_what_is_beyond_the_bound_is_shown_as_it_was_written(page, made):
    first, second = page.make("a" * (MOST_CHARACTERS - 4), 3), page.make("*b* <i>", 3)
    third = page.make("*c*", 3)

    assert first.startswith("<p>aaa")
    assert second == '<div class="as-written">*b* &lt;i&gt;</div>'
    assert third == "<p><em>c</em></p>\n"
    assert sum(map(len, made)) <= MOST_CHARACTERS


def test_each_page_has_a_bound_of_its_own(site):
    for _ in range(2):
        with site.app.test_request_context("/en/"):
            assert subject.prose("a" * MOST_CHARACTERS, 3).startswith("<p>a")


@pytest.mark.parametrize("unit", [" ", "<a ", "![", "a\n"])
def test_no_document_makes_a_page_cost_more_than_its_bound(site, made, unit):
    words = [unit * (60_000 // len(unit)) + str(number) for number in range(20)]
    with site.app.test_request_context("/en/"):
        shown = [subject.prose(text, 3) for text in words]

    assert sum(map(len, made)) <= MOST_CHARACTERS
    assert all(shown)
