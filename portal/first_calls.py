"""A first call of an API, filled in for one application; and answers that nobody keeps."""

from dataclasses import dataclass

from flask import Response, make_response
from flask_babel import gettext as _
from sqlalchemy.orm import Session

import openapi
from gateway.domain.scopes import reads, scope_for
from gateway.services import catalogue as shelves
from portal.context import house
from portal.samples import base_address, call_lines, first_operation, key_field, token_lines

_ANSWER = """\
HTTP/1.1 200 OK
Content-Type: application/json
RateLimit: "minute";r=59;t=42
"""


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
    base, sample = _sample(session, api_name, major)
    public_url, scope = house().public_url, scope_for(api_name, sample.method)
    token = token_lines(public_url, client_id, secret or _("YOUR_SECRET"), scope)
    field = key_field(key or _("YOUR_API_KEY"))
    return FirstCall(f"{token}\n{call_lines(base, sample)}\n", f"{call_lines(base, sample, field)}\n")


def glimpse_of(session: Session, api_name: str, major: int) -> str:
    """A call to look at, and how its answer begins.

    Raises:
        DomainError: NOT_FOUND, for a version that is not served.
    """
    return f"$ {call_lines(*_sample(session, api_name, major))}\n\n{_ANSWER}"


def open_sample(session: Session, api_name: str, major: int) -> str:
    """A call without a key; empty where no operation reads.

    Raises:
        DomainError: NOT_FOUND, for a version that is not served.
    """
    base, sample = _sample(session, api_name, major)
    return call_lines(base, sample, "") if reads(sample.method) else ""


def never_kept(page: str) -> Response:
    """A page with a secret on it: no cache keeps it, and going back does not show it again."""
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


def _sample(session: Session, api_name: str, major: int) -> tuple[str, openapi.SampleRequest]:
    """The address of a version, and a request of the operation that is easiest to begin with."""
    operation = first_operation(shelves.outline_of(session, api_name, major))
    sample = openapi.sample_request(operation, shelves.document_of(session, api_name, major))
    return base_address(house().public_url, api_name, major), sample
