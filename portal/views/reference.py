"""The reference of an API: all its operations by tag, and a page for each."""

from dataclasses import dataclass

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

import openapi
from gateway.domain.scopes import scope_for
from gateway.services import catalogue as shelves
from openapi import Operation, Outline, Text
from portal import document_words
from portal.context import house
from portal.samples import base_address, body_text, call_lines, json_text
from portal.slugs import localized_route

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


@localized_route(reference, "reference")
def operations(name: str, major: int) -> ResponseReturnValue:
    """What the API can do, and how it is called."""
    with house().database.read() as session:
        api = shelves.published(session, name).api
        outline = shelves.outline_of(session, name, major)
        return render_template(
            "catalogue/reference.html",
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
        api = shelves.published(session, name).api
        outline = shelves.outline_of(session, name, major)
        found = next((each for each in outline.operations if each.slug == slug), None) or abort(404)
        sample = openapi.sample_request(found, shelves.document_of(session, name, major))
        groups = grouped(outline)
        base = base_address(house().public_url, name, major)
        return render_template(
            "catalogue/operation.html",
            operation=found,
            groups=groups,
            group=next(group for group in groups if any(each is found for each in group.operations)),
            scope=scope_for(name, found.method),
            curl=call_lines(base, sample),
            elsewhere=document_words.missing_language(document_words.texts_of(found)),
            api=api,
            major=major,
            base=base,
        )


def grouped(outline: Outline) -> tuple[Group, ...]:
    """The operations by their first tag, those without one last."""
    return tuple(
        Group(tag.label if tag else Text(), f"group-{number}", tag.description if tag else Text(), tuple(members))
        for number, (tag, members) in enumerate(outline.by_tag().items(), 1)
    )
