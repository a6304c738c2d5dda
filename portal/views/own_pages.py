"""What the product says of itself: its own API, and whether it works."""

from flask import Blueprint, abort, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError

import openapi
from gateway.management.api import own_document
from gateway.store import changes
from openapi import Document, Outline
from portal import document_words
from portal.context import house
from portal.ledger import ledger_answers
from portal.slugs import localized_route, url_for_page
from portal.views.reference import Subject, grouped, operation_page

own_pages = Blueprint("own_pages", __name__)

_KEPT = "portal_own_api"
Described = tuple[Document, Outline]
"""A document, and what its pages show."""


@localized_route(own_pages, "portal_api")
def portal_api() -> ResponseReturnValue:
    """Each operation of the management API, by what it is about."""
    _document, outline = _described()
    return render_template(
        "home/portal_api.html",
        subject=_subject(),
        groups=grouped(outline),
        elsewhere=document_words.missing_language(document_words.texts_of_list(outline)),
    )


@localized_route(own_pages, "portal_operation")
def portal_operation(slug: str) -> ResponseReturnValue:
    """One operation of the management API, told like those of every other API."""
    document, outline = _described()
    shown = operation_page(outline, document, slug, house().public_url, lambda found: not found.security)
    scopes = [scope for needs in shown["operation"].security for need in needs for scope in need.scopes]
    return render_template("home/portal_operation.html", subject=_subject(), scopes=scopes, **shown)


@localized_route(own_pages, "status")
def status() -> ResponseReturnValue:
    """Whether what this portal stands on answers; 503 when something does not."""
    store, ledger = _store_answers(), ledger_answers()
    return render_template("home/status.html", store=store, ledger=ledger), 200 if store and ledger else 503


def _described() -> Described:
    """This application's own API, which never changes while it runs; 404 where it is not mounted."""
    kept: dict[str, Described] = current_app.extensions.setdefault(_KEPT, {})
    if not kept and (document := own_document(current_app)):
        kept["described"] = document, openapi.outline(document)
    return kept.get("described") or abort(404)


def _subject() -> Subject:
    return Subject(
        title=_("API of this portal"),
        trail=(),
        overview_title=_("API of this portal"),
        overview=url_for_page("portal_api"),
        operation=lambda slug: url_for_page("portal_operation", slug=slug),
    )


def _store_answers() -> bool:
    try:
        with house().database.read() as session:
            changes.latest(session)
    except SQLAlchemyError:
        return False
    return True
