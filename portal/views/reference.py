"""The reference of an API: all its operations by tag, and a page for each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

import openapi
from gateway.domain.scopes import reads, scope_for
from gateway.services import catalogue as shelves
from gateway.store.catalogue import Api
from openapi import Document, Operation, Outline, Text
from portal import document_words
from portal.context import house
from portal.language import both
from portal.samples import TOKEN_IN_SHELL, base_address, body_text, call_lines, json_text
from portal.slugs import localized_route, url_for_page

reference = Blueprint("reference", __name__)
reference.add_app_template_global(json_text, "json_text")
reference.add_app_template_global(body_text, "body_text")
for filter_name, document_filter in document_words.FILTERS.items():
    reference.add_app_template_filter(document_filter, filter_name)


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of one tag; each operation stands under its first tag only. `label` is empty for the rest."""

    label: Text
    anchor: str
    description: Text
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose reference it is: its title, the pages above its overview (words, address), and where its pages are."""

    title: str
    trail: tuple[tuple[Any, str], ...]
    overview_title: Any
    overview: str
    operation: Callable[[str], str]
    section: str = ""


@localized_route(reference, "reference")
def operations(name: str, major: int) -> ResponseReturnValue:
    """What the API can do, and how it is called."""
    with house().database.read() as session:
        published = shelves.published(session, name)
        api, outline = published.api, shelves.outline_of(session, name, major)
        return render_template(
            "catalogue/reference.html",
            keyless=published.keyless,
            subscribable=bool(published.plans),
            subject=subject_of(api, major),
            outline=outline,
            groups=grouped(outline),
            elsewhere=document_words.missing_language(document_words.texts_of_list(outline)),
            api=api,
            major=major,
            base=base_address(house().public_url, name, major),
        )


@localized_route(reference, "operation")
def operation(name: str, major: int, slug: str) -> ResponseReturnValue:
    """One operation: what it takes, what it answers, and a call that works."""
    with house().database.read() as session:
        published = shelves.published(session, name)
        api, outline = published.api, shelves.outline_of(session, name, major)
        base = base_address(house().public_url, name, major)
        document = shelves.document_of(session, name, major)
        shown = operation_page(
            outline, document, slug, base, lambda found: bool(published.keyless) and reads(found.method)
        )
        return render_template(
            "catalogue/operation.html",
            subject=subject_of(api, major),
            scope=scope_for(name, shown["operation"].method),
            api=api,
            major=major,
            **shown,
        )


def subject_of(api: Api, major: int) -> Subject:
    """A version of an API in the catalogue."""
    title = both(api.title_en, api.title_fr)
    return Subject(
        title=f"{title} v{major}",
        trail=((_("Catalogue"), url_for_page("catalogue")), (title, url_for_page("api", name=api.name))),
        overview_title=_("Reference v%(major)s", major=major),
        overview=url_for_page("reference", name=api.name, major=major),
        operation=lambda slug: url_for_page("operation", name=api.name, major=major, slug=slug),
        section="catalogue",
    )


def operation_page(
    outline: Outline, document: Document, slug: str, base: str, is_open: Callable[[Operation], bool]
) -> dict[str, Any]:
    """What the page of one operation shows, whosever API it belongs to; 404 for one that is not there.

    `is_open`: whether an operation may be called without credentials.
    """
    found = next((each for each in outline.operations if each.slug == slug), None) or abort(404)
    groups = grouped(outline)
    sample, open_to_all = openapi.sample_request(found, document), is_open(found)
    return {
        "operation": found,
        "open_to_all": open_to_all,
        "groups": groups,
        "group": next(group for group in groups if any(each is found for each in group.operations)),
        "curl": call_lines(base, sample, "" if open_to_all else TOKEN_IN_SHELL),
        "elsewhere": document_words.missing_language(document_words.texts_of(found)),
    }


def grouped(outline: Outline) -> tuple[Group, ...]:
    """The operations by their first tag, those without one last."""
    return tuple(
        Group(tag.label if tag else Text(), f"group-{number}", tag.description if tag else Text(), tuple(members))
        for number, (tag, members) in enumerate(outline.by_tag().items(), 1)
    )
