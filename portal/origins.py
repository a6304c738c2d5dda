"""Where a sign-in comes from: the client's address, and a cookie by which its browser is known (services/tries.py).

The cookie says nothing about anybody and opens nothing. It stays when its owner signs out, since it is for the next
sign-in; a browser that several people use is known for whoever proved themselves last.
"""

from datetime import timedelta

from flask import request
from werkzeug import Response

from gateway.http.clients import client_address
from gateway.services.tries import Origin
from portal.context import house

_KEPT = timedelta(days=180)


def origin() -> Origin:
    """Where this request comes from."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    address = client_address(request.remote_addr or "", forwarded, house().trusted_proxies)
    return Origin(address, request.cookies.get(_cookie(), ""))


def make_known(response: Response, email: str) -> Response:
    """Let the browser be known: it has just been shown that the account of this address is its user's."""
    response.set_cookie(
        _cookie(),
        house().tries.proof_for(email),
        max_age=_KEPT,
        secure=_https(),
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def _cookie() -> str:
    # As the session's cookie (sessions.py).
    return "__Host-guichet-known" if _https() else "guichet-known"


def _https() -> bool:
    return house().public_url.startswith("https://")
