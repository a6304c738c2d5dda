"""A token request as it may be: a form in the body, each parameter once, one way for the client to prove itself.

The law: what is wrong with a request is refused before anything is looked up, and nothing of it is told back. Whoever
does not prove themselves gets one and the same answer, whether the client is unknown or the secret is wrong.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError
from flask import Request

from gateway.oauth import refusals
from gateway.oauth.refusals import FORM

_ASSERTION = "client_assertion"  # RFC 7521 §4.2: the other way of proving oneself in a body; not offered
_ONCE = ("grant_type", "scope", "client_id", "client_secret", _ASSERTION)


class ClientRefused(InvalidClientError):  # type: ignore[misc]  # noqa: N818 - Authlib ships no types; read aloud: "raise ClientRefused"
    """Nobody we know, or not proved: always a 401, and always with the way to do it right (RFC 9110 §15.5.2)."""

    status_code = 401

    def __init__(self) -> None:
        """One and the same, whatever was wrong."""
        super().__init__(refusals.UNPROVED.en)

    def get_headers(self) -> list[tuple[str, str]]:
        """RFC 7617 §2: the challenge names a realm."""
        plain: list[tuple[str, str]] = [field for field in super().get_headers() if field[0] != "WWW-Authenticate"]
        return [*plain, ("WWW-Authenticate", 'Basic realm="token endpoint", charset="UTF-8"')]


@dataclass(frozen=True, slots=True)
class Proof:
    """Who a client says it is, and the secret that shall prove it."""

    client_id: str
    secret: str


def require_plain_form(request: Request) -> None:
    """Go on only with a form in the body whose parameters are there once (RFC 6749 §3.2) and not in the address.

    Raises:
        InvalidRequestError: it is anything else.
    """
    if request.mimetype != FORM:
        raise InvalidRequestError(refusals.NO_FORM.en)
    # RFC 6749 §2.3.1: credentials never stand in an address, which ends up in logs.
    if any(name in request.args for name in _ONCE):
        raise InvalidRequestError(refusals.IN_ADDRESS.en)
    if any(len(request.form.getlist(name)) > 1 for name in _ONCE):
        raise InvalidRequestError(refusals.TWICE.en)
    if not request.form.get("grant_type"):
        raise InvalidRequestError(refusals.NO_GRANT_TYPE.en)


def read_proof(authorization: str | None, form: Mapping[str, str]) -> Proof:
    """How the client proves itself: by HTTP Basic or in the body, never both (RFC 6749 §2.3).

    Raises:
        InvalidRequestError: in two ways at once, or as two clients.
        ClientRefused: in no way that is offered.
    """
    ways = (authorization, form.get("client_secret"), form.get(_ASSERTION))
    if sum(map(bool, ways)) > 1:
        raise InvalidRequestError(refusals.TWO_WAYS.en)
    if authorization is None:
        return Proof(form.get("client_id", ""), form.get("client_secret", ""))
    proof = _basic(authorization)
    if form.get("client_id", proof.client_id) != proof.client_id:
        raise InvalidRequestError(refusals.TWO_CLIENTS.en)
    return proof


def _basic(authorization: str) -> Proof:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise ClientRefused
    try:
        text = base64.b64decode(credentials.strip(), validate=True).decode()
    except ValueError:  # no base64, or no UTF-8
        raise ClientRefused from None
    client_id, _, secret = text.partition(":")
    # RFC 6749 §2.3.1: each half is form-encoded before they are joined.
    return Proof(unquote_plus(client_id), unquote_plus(secret))
