"""Words for people exist in English and in French, and the French follows its own typography.

The catalogues are compared with a fresh extraction from the sources. `make words` brings them up to date.
"""

import ast
import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from gateway.words import LANGUAGES
from portal import catalogues
from tests.house import sources

PLACEHOLDER = re.compile(r"%\(\w+\)[#0 +-]*[\d.]*[a-z]|\{\w*\}|%[sd]")

# An ordinary space where French wants one that does not break, and any space before ; ! ? (which Canadian usage
# sets close). The apostrophe is the curved one.
BAD_SPACING = re.compile(r"\w :|« | »|«[^\u00a0]|[^\u00a0]»|[ \u00a0\u202f][;!?](?:\s|$)|\d %(?![(\w])|\w'\w")


def catalogue(language: str) -> Catalog:
    """One catalogue as it stands in the repository."""
    with (catalogues.LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def sentences(of: Catalog) -> list[Message]:
    """Its messages, without the header."""
    return [message for message in of if message.id]


def key(message: Message) -> tuple[object, str | None]:
    """What gettext finds a message by."""
    return (message.id if isinstance(message.id, str) else tuple(message.id)), message.context


def forms(text: object) -> list[str]:
    """The singular, or the singular and the plurals."""
    return [text] if isinstance(text, str) else list(text or ())  # type: ignore[call-overload]


def french_of_the_code() -> Iterator[tuple[str, str]]:
    """The French of every `Words(…)` and `fr="…"` in the sources, with its place."""
    for name in sources.python_files(*sources.PRODUCT):
        for node in ast.walk(sources.tree(name)):
            if isinstance(node, ast.Call):
                found = [word.value for word in node.keywords if word.arg == "fr"]
                if ast.unparse(node.func).endswith("Words"):
                    found += node.args[1:2]
                yield from ((f"{name}:{node.lineno}", text) for text in map(_text, found) if text)


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_exactly_the_sentences_of_the_sources(language):
    written = catalogue(language)

    wanted = {key(message) for message in sentences(catalogues.extract())}
    assert wanted - {key(message) for message in sentences(written)} == set(), "missing"
    assert {key(message) for message in sentences(written)} - wanted == set(), "no longer used"
    assert not written.obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_surely_and_wholly(language):
    doubtful = [
        message.id
        for message in sentences(catalogue(language))
        if message.fuzzy or not forms(message.string) or not all(forms(message.string))
    ]

    assert doubtful == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_original(language):
    differing = []
    for message in sentences(catalogue(language)):
        wanted = {frozenset(PLACEHOLDER.findall(form)) for form in forms(message.id)}
        given = {frozenset(PLACEHOLDER.findall(form)) for form in forms(message.string)}
        if not given <= wanted:
            differing.append(message.id)

    assert differing == []


def test_the_french_of_the_catalogue_keeps_its_typography():
    texts = [form for message in sentences(catalogue("fr")) for form in forms(message.string)]

    bad = [text for text in texts if BAD_SPACING.search(text)]
    assert not bad, "\n".join(bad)


def test_the_french_of_the_code_keeps_its_typography():
    bad = [f"{place} {text}" for place, text in french_of_the_code() if BAD_SPACING.search(text)]

    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("text", ["Voici :", "« oui\u00a0»", "«\u00a0oui »", "Quoi\u00a0?", "Non !", "5 %", "l'accès"])
def test_bad_typography_is_seen(text):
    assert BAD_SPACING.search(text)


@pytest.mark.parametrize("text", ["Voici\u00a0:", "«\u00a0oui\u00a0»", "Quoi?", "12:30", "5\u00a0%", "l’accès"])
def test_good_typography_is_left_alone(text):
    assert not BAD_SPACING.search(text)
