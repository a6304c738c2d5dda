"""A first call of an API, filled in for one application; and answers that nobody keeps."""

from flask import Response, make_response
from flask_babel import gettext as _
from sqlalchemy.orm import Session

import openapi
from gateway.domain.scopes import scope_for
from gateway.services import catalogue as shelves
from portal.context import house
from portal.samples import TOKEN_IN_SHELL, base_address, call_lines, first_operation, key_field, token_lines


def sample_lines(
    session: Session, api_name: str, major: int, *, client_id: str, secret: str = "", key: str = ""
) -> dict[str, str]:
    """What to paste for a first call: by `token` and by `key`; nothing when the document has no operation.

    Words in capitals stand for what is not given.
    """
    operation = first_operation(shelves.outline_of(session, api_name, major))
    if operation is None:
        return {}
    sample = openapi.sample_request(operation, shelves.document_of(session, api_name, major))
    public_url = house().public_url
    base, scope = base_address(public_url, api_name, major), scope_for(api_name, operation.method)
    token = token_lines(public_url, client_id, secret or _("YOUR_SECRET"), scope)
    field = key_field(key or _("YOUR_API_KEY"))
    return {
        "token": f"{token}\n{call_lines(base, sample, TOKEN_IN_SHELL)}\n",
        "key": f"{call_lines(base, sample, field)}\n",
    }


def never_kept(page: str) -> Response:
    """A page with a secret on it: no cache keeps it, and going back does not show it again."""
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response
