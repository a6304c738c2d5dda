"""How things are shown: one of them with its ETag, a page of them with its links, all of them; and If-Match.

An ETag holds the row's version, which If-Match is compared with, then a digest of what was shown, since what is shown
of a thing may change with its neighbours and with who asks (RFC 9110 §8.8.3).
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, request
from marshmallow import Schema
from werkzeug.exceptions import PreconditionRequired

from gateway.domain.errors import STALE, DomainError
from gateway.management.fields import page_of
from gateway.services.paging import Page
from gateway.services.spreadsheets import MEDIA_TYPE as CSV
from gateway.services.spreadsheets import csv_of

IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag that was read; `*` for whichever it is.",
    "x-description-fr": "L’ETag qui a été lu; `*` pour n’importe lequel.",
    "schema": {"type": "string"},
}
"""How the document describes the field of a conditional change."""

_TAG = re.compile(r'"([0-9]{1,9})-[0-9a-f]{16}"')


def shown(schema: type[Schema], value: Any, status: int = 200, *, location: str = "") -> Response:
    """The answer that shows a value, made while its session is open; `location` leads to what was just made."""
    response = jsonify(schema().dump(value))
    response.status_code = status
    response.headers["ETag"] = _tag(getattr(value, "version", None), response.get_data())
    if location:
        response.headers["Location"] = location
    return response


def shown_page(schema: type[Schema], page: Page[Any]) -> Response:
    """The answer that shows one page of a list, with its links (RFC 8288)."""
    response = shown(page_of(schema), page)
    links = {"first": 1, "prev": page.page - 1, "next": page.page + 1, "last": page.last}
    response.headers["Link"] = ", ".join(
        f'<{_address(number, page.per_page)}>; rel="{relation}"'
        for relation, number in links.items()
        if 1 <= number <= page.last
    )
    return response


def shown_all(schema: type[Schema], rows: Iterable[Any]) -> Response:
    """The answer that shows a short list whole."""
    response = jsonify(items=schema(many=True).dump(list(rows)))
    response.headers["ETag"] = _tag(None, response.get_data())
    return response


def shown_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Response:
    """The answer that shows rows as a file."""
    response = Response(csv_of(columns, rows), content_type=CSV)
    response.headers["ETag"] = _tag(None, response.get_data())
    return response


def expected_version() -> int | None:
    """The version that a change is meant for (If-Match); None for `*`.

    Raises:
        PreconditionRequired: the field is not there (RFC 6585 §3).
        DomainError: STALE, for a tag that is none of ours.
    """
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise PreconditionRequired
    if given == "*":
        return None
    tag = _TAG.fullmatch(given)
    if tag is None:
        raise DomainError(STALE)
    return int(tag[1])


def _tag(version: object, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()[:16]
    return f'"{version}-{digest}"' if isinstance(version, int) else f'"{digest}"'


def _address(page: int, per_page: int) -> str:
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in {"page", "per_page"}]
    return f"{request.path}?{urlencode([*kept, ('page', str(page)), ('per_page', str(per_page))])}"
