"""A document's own words on our pages: in the reader's language where they exist in it, else marked with theirs.

The law: no text of a document is shown in another language than the page's without saying so (WCAG 3.1.2).
"""

from collections.abc import Callable, Iterator
from typing import Any

from markupsafe import Markup, escape

from gateway.words import Language
from openapi import Operation, Outline, SchemaView, Text
from portal.formats import spoken
from portal.language import current_language, other_language
from portal.prose import prose


def said(text: Text) -> str:
    """The words, in the reader's language if they exist in it."""
    return text.say(_language_of(text))


def said_lang(text: Text) -> Markup:
    """` lang="en"` where the words are not in the page's language, else nothing."""
    language = _language_of(text)
    return Markup("") if not text or language == current_language() else Markup(' lang="{}"').format(language)


def said_prose(text: Text, top: int = 3) -> Markup:
    """The words as CommonMark, marked with their language; nothing when there are none."""
    if not text:
        return Markup("")
    return Markup('<div class="prose"{}>{}</div>').format(said_lang(text), prose(said(text), top))


def said_line(text: Text) -> Markup:
    """The words within a line, marked with their language."""
    mark = said_lang(text)
    return Markup("<span{}>{}</span>").format(mark, said(text)) if mark else escape(said(text))


def missing_language(texts: Iterator[Text]) -> Language | None:
    """The language in which some of these words exist, when it is not the reader's; None when all can be read."""
    shown = {_language_of(text) for text in texts if text}
    return other_language() if other_language() in shown else None


def texts_of_list(outline: Outline) -> Iterator[Text]:
    """What the list of operations shows."""
    yield outline.title
    yield outline.description
    yield from (text for tag in outline.by_tag() if tag for text in (tag.label, tag.description))
    yield from (operation.summary for operation in outline.operations)


def texts_of(operation: Operation) -> Iterator[Text]:
    """What the page of one operation shows."""
    yield operation.summary
    yield operation.description
    body = operation.request_body
    parts: list[Any] = [*operation.parameters, *operation.responses]
    parts += [header for response in operation.responses for header in response.headers]
    parts += [body] if body else []
    yield from (part.description for part in parts)
    for part in parts:
        # Only bodies show the title of their schema.
        yield from (content.schema.title for content in getattr(part, "contents", ()) if content.schema)
        contents = getattr(part, "contents", (part,))
        for schema in (content.schema for content in contents if content.schema):
            yield from _texts_of_schema(schema)


def _texts_of_schema(schema: SchemaView) -> Iterator[Text]:
    yield schema.description
    for child in schema.children:
        yield from _texts_of_schema(child)


def _language_of(text: Text) -> Language:
    if current_language() == "fr":
        return "fr" if text.fr else "en"
    return "en" if text.en or not text.fr else "fr"


FILTERS: dict[str, Callable[..., Any]] = {
    "said": spoken(said),
    "said_lang": spoken(said_lang),
    "said_prose": spoken(said_prose),
    "said_line": spoken(said_line),
}
"""What templates may write after `|`."""
