"""install_portal: the parts of the portal, in the order that they act on a request."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, request
from flask_wtf import CSRFProtect

from gateway.domain.roles import OrganisationKind, Permission
from gateway.services.actor import Actor, visitor
from gateway.services.house import House
from gateway.words import Language
from portal import late_forms, ledger, once
from portal.context import house
from portal.faults import install_faults
from portal.language import install_language, of_words
from portal.problems import refusals_by_code
from portal.rendering import install_rendering
from portal.sections import sections_of
from portal.security_headers import MACHINE_PATHS, install_security_headers
from portal.sessions import install_sessions, recognise
from portal.slugs import SLUGS
from portal.views.pages import PAGES

_MAX_FORM = 256 * 1024
"""The largest form, in bytes; the upload of a document sets its own limit."""

_PURPOSES = {"verify": "verify_email", "reset": "reset_password"}
"""What a message asks for → the page that its link leads to."""


def install_portal(app: Flask) -> None:
    """Add the pages to an application that gateway/app.py made."""
    parts: House = app.extensions["guichet"]
    refusals_by_code(parts.registry)  # a code with two meanings stops the start
    https = parts.public_url.startswith("https://")
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # as long as the session lives: a form may stand open over lunch
    app.config["MAX_FORM_MEMORY_SIZE"] = _MAX_FORM
    csrf = CSRFProtect(app)
    install_language(app)
    install_rendering(app, parts.site_name.en)
    install_sessions(app, https=https)
    install_faults(app)
    install_security_headers(app, https=https, is_private=_is_private)
    app.context_processor(_context)
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    _guard(app, csrf)


def link_to(public_url: str) -> Callable[[str, Language, str], str]:
    """Where the link of a message leads, by what it is for (services/house.LinkTo)."""

    def link(purpose: str, language: Language, token: str) -> str:
        return public_url + SLUGS[_PURPOSES[purpose]].rule(language).replace("<token>", token)

    return link


def _guard(app: Flask, csrf: CSRFProtect) -> None:
    """Before each page, and before an address that leads nowhere: who asks; then, whether a form came from us."""
    pages = {blueprint.name for blueprint in PAGES}

    def guard() -> Response | None:
        if request.blueprint in pages:
            _limit()
            recognise()
            late_forms.protect(csrf)
            return once.earlier_answer()
        if request.url_rule is None and not request.path.startswith(MACHINE_PATHS):
            recognise()
        return None

    # On the application and not on the blueprints: these are made once, and installed in each application.
    app.before_request(guard)
    app.after_request(once.keep_answer)


def _limit() -> None:
    # MAX_FORM_MEMORY_SIZE binds multipart forms only: Werkzeug reads a plain one whole, however large it is.
    if request.max_content_length is None:
        request.max_content_length = _MAX_FORM


def _is_private() -> bool:
    actor: Actor | None = g.get("actor")
    return actor is not None and actor.is_signed_in


def _context() -> dict[str, Any]:
    """What the frame of every page shows."""
    actor: Actor | None = g.get("actor")
    signed_in = actor if actor and actor.is_signed_in else None
    return {
        "nav": sections_of(signed_in or visitor()),
        "ledger_is_away": ledger.is_to_be_told(signed_in or visitor()),
        "person": signed_in,
        "actor": signed_in,
        "request": request,
        "site_name": of_words(house().site_name),
        "public_url": house().public_url,
        "Permission": Permission,
        "OrganisationKind": OrganisationKind,
    }
