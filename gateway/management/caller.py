"""Who is asking: the bearer of an access token, or a visitor. No cookie is looked at, so there is nothing to forge."""

import structlog
from flask import current_app, g, request

from gateway.domain.errors import NOT_SIGNED_IN, DomainError
from gateway.http.clients import client_address
from gateway.http.languages import preferred_language
from gateway.pipeline.refusals import Failure
from gateway.services import tokens
from gateway.services.actor import Actor, visitor
from gateway.services.house import House
from gateway.services.tries import Origin
from gateway.store.away import answering
from gateway.store.base import new_id
from gateway.words import Language

log = structlog.get_logger(__name__)


def house() -> House:
    """The parts that this application was made with."""
    found: House = current_app.extensions["guichet"]
    return found


def actor() -> Actor:
    """Who is asking."""
    found: Actor = g.actor
    return found


def request_id() -> str:
    """What this request is called in logs, in the audit trail and in its answer."""
    if "request_id" not in g:
        g.request_id = new_id("request")
    found: str = g.request_id
    return found


def origin() -> Origin:
    """Where the request comes from. A program has no browser that could be known."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    return Origin(client_address(request.remote_addr or "", forwarded, house().trusted_proxies))


def recognise(*, visitors: bool) -> None:
    """Before a view: read the token. One that does not work is refused everywhere, not taken for nobody.

    Args:
        visitors: whether one may do without.

    Raises:
        DomainError: NOT_SIGNED_IN.
    """
    language = preferred_language(request.headers.get("Accept-Language")) or "en"
    shown = request.headers.get("Authorization", "").strip()
    if not shown and visitors:
        g.actor = visitor(language, request_id())
        return
    scheme, _, token = shown.partition(" ")
    found = None
    if scheme.lower() == "bearer":
        found = _bearer(token.strip(), language)
    if found is None:
        raise DomainError(NOT_SIGNED_IN)
    g.actor = found


def _bearer(token: str, language: Language) -> Actor | None:
    with house().database.read() as session:
        found = tokens.actor_of_token(session, token, language=language, request_id=request_id())
        is_news = found is not None and tokens.use_is_news(session, found)
    if found and is_news:
        _note_use(found)
    return found


def _note_use(bearer: Actor) -> None:
    try:
        with answering(), house().database.begin() as session:
            tokens.note_use(session, bearer)
    except Failure as failure:
        # Whoever shows the token next tries again.
        log.warning("the use of an access token was not noted", credential=bearer.token_id, exc_info=failure)
