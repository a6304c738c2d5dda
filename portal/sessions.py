"""Who is signed in: a cookie that opens a row of ours, so that signing out and revoking take effect at once.

The cookie holds a random secret and nothing else; the row holds its digest (services/sessions.py). Flask's own signed
cookie carries only the form token and the messages of the next page, and is emptied whenever somebody comes or goes.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import structlog
from flask import Flask, g, redirect, request
from flask import session as form_session
from flask.typing import ResponseReturnValue
from werkzeug import Response

from gateway.pipeline.refusals import Failure
from gateway.services import sessions
from gateway.services.actor import visitor
from gateway.services.sessions import Resumed, SignedIn
from gateway.store.away import answering
from gateway.store.base import new_id
from portal.context import actor, house
from portal.language import current_language
from portal.late_forms import is_page, late_page
from portal.slugs import url_for_page

Parameters = ParamSpec("Parameters")

log = structlog.get_logger(__name__)


def install_sessions(app: Flask, *, https: bool) -> None:
    """Set Flask's own cookie as strictly as the address allows."""
    app.config.update(
        SESSION_COOKIE_NAME="__Host-guichet-form" if https else "guichet-form",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )


def recognise() -> None:
    """Before a page: who is asking. The address has already said in which language."""
    g.request_id = new_id("request")
    g.actor = visitor(current_language(), g.request_id)
    g.sign_in_id = ""
    secret = request.cookies.get(_cookie())
    if not secret:
        return
    with house().database.read() as session:
        resumed = sessions.actor_of_session(session, secret, language=current_language(), request_id=g.request_id)
    if resumed is None:
        return
    g.actor, g.sign_in_id = resumed.actor, resumed.sign_in.id
    if sessions.use_is_news(resumed):
        _note_use(resumed)


def welcome(signed_in: SignedIn, target: str) -> Response:
    """Send somebody who has just proved who they are on their way, with a new session and a new form token."""
    form_session.clear()
    # RFC 9700 §4.12: 303, so that no browser sends the password again to the next page.
    response = redirect(target, 303)
    response.set_cookie(
        _cookie(),
        signed_in.secret,
        expires=signed_in.expires_at,
        secure=_https(),
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def farewell(target: str) -> Response:
    """Sign out: end the row, forget the cookie."""
    secret = request.cookies.get(_cookie(), "")
    with house().database.begin() as session:
        sessions.sign_out(session, actor(), secret)
    form_session.clear()
    response = redirect(target, 303)
    response.delete_cookie(_cookie(), path="/")
    return response


def signed_in_only(view: Callable[Parameters, ResponseReturnValue]) -> Callable[Parameters, ResponseReturnValue]:
    """Send a visitor to the sign-in page, and back afterwards; what they had typed waits for them."""

    @wraps(view)
    def guarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> ResponseReturnValue:
        if actor().is_signed_in:
            return view(*args, **kwargs)
        return _sign_in_first()

    return guarded


def safe_target(wanted: str | None, otherwise: str) -> str:
    """A path of ours to go on to; anything that could lead elsewhere is dropped (CWE-601)."""
    if wanted and wanted.startswith(("/en/", "/fr/")) and "\\" not in wanted and wanted.isprintable():
        return wanted
    return otherwise


def _sign_in_first() -> ResponseReturnValue:
    wanted = request.full_path.rstrip("?") if is_page() else None
    if wanted and request.form.keys() - {"csrf_token"}:
        return late_page(wanted, 403)
    return redirect(url_for_page("sign_in", next=wanted), 303)


def _note_use(resumed: Resumed) -> None:
    try:
        with answering(), house().database.begin() as session:
            sessions.note_use(session, resumed)
    except Failure as failure:
        # Their next page tries again.
        log.warning("the use of a session was not noted", session=resumed.sign_in.id, exc_info=failure)


def _cookie() -> str:
    # RFC 6265bis §4.1.3.2: with the prefix, browsers take the cookie from this very host over TLS and nowhere else.
    return "__Host-guichet" if _https() else "guichet"


def _https() -> bool:
    return house().public_url.startswith("https://")
