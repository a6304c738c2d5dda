"""A first call of an API, filled in for one application; and answers that nobody keeps."""

from dataclasses import dataclass

from flask import Response, make_response
from flask_babel import gettext as _
from sqlalchemy.orm import Session

import openapi
from gateway.domain.scopes import scope_for
from gateway.services import catalogue as shelves
from portal.context import house
from portal.samples import base_address, call_lines, first_operation, key_field, token_lines


@dataclass(frozen=True, slots=True)
class FirstCall:
    """What to paste: with an access token got on the way, and with an API key."""

    by_token: str
    by_key: str


def first_call(
    session: Session, api_name: str, major: int, *, client_id: str, secret: str = "", key: str = ""
) -> FirstCall:
    """A call of the operation that is easiest to begin with; words in capitals stand for what is not given.

    Raises:
        DomainError: NOT_FOUND, for a version that is not served.
    """
    operation = first_operation(shelves.outline_of(session, api_name, major))
    sample = openapi.sample_request(operation, shelves.document_of(session, api_name, major))
    public_url = house().public_url
    base, scope = base_address(public_url, api_name, major), scope_for(api_name, operation.method)
    token = token_lines(public_url, client_id, secret or _("YOUR_SECRET"), scope)
    field = key_field(key or _("YOUR_API_KEY"))
    return FirstCall(f"{token}\n{call_lines(base, sample)}\n", f"{call_lines(base, sample, field)}\n")


def never_kept(page: str) -> Response:
    """A page with a secret on it: no cache keeps it, and going back does not show it again."""
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response
