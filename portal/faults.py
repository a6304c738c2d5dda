"""When something is wrong: a page in the reader's language, never a stack trace.

Programs never get these pages: under the addresses of machines (security_headers.MACHINE_PATHS) each face has its own
problem documents.
"""

from urllib.parse import urlsplit

import structlog
from flask import Flask, g, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from gateway.domain.errors import DomainError
from gateway.store.base import new_id
from portal.late_forms import late_page
from portal.rendering import render_error
from portal.security_headers import MACHINE_PATHS
from portal.sessions import safe_target
from portal.slugs import url_for_page

_PAGES = frozenset({400, 403, 404, 405, 408, 413, 429, 500, 503})
_NEAREST = {401: 403, 410: 404, 412: 400, 409: 400, 422: 400, 414: 400, 415: 400, 431: 400}
"""Statuses without a page of their own, and the page whose words fit."""

log = structlog.get_logger(__name__)


def install_faults(app: Flask) -> None:
    """Answer for whatever goes wrong on a page."""
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(500, _unexpected)


def _domain_error(error: DomainError) -> ResponseReturnValue:
    return _page(error.kind.status)


def _csrf_error(_error: CSRFError) -> ResponseReturnValue:
    """A button whose page stood open too long: back to that page, which its browser names (RFC 9110 §10.1.3)."""
    return late_page(safe_target(urlsplit(request.referrer or "").path, url_for_page("home")), 400)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if request.path.startswith(MACHINE_PATHS) or (error.code or 500) < 400:
        return error
    page, status = _page(error.code or 500)
    # What the exception carries besides its body (Allow, Retry-After) is kept.
    headers = [pair for pair in error.get_headers() if pair[0].lower() not in {"content-type", "content-length"}]
    return page, status, headers


def _unexpected(error: Exception) -> ResponseReturnValue:
    log.error("page failed", path=request.path, request_id=_request_id(), exc_info=error)
    return _page(500)


def _page(status: int) -> tuple[str, int]:
    page, _ = render_error(status if status in _PAGES else _NEAREST.get(status, 500), _request_id())
    return page, status


def _request_id() -> str:
    if "request_id" not in g:
        g.request_id = new_id("request")
    found: str = g.request_id
    return found
