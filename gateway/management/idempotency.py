"""Idempotency-Key: what is sent again gets the answer of the first (draft-ietf-httpapi-idempotency-key-header-07).

A key belongs to the token that it comes with, the method and the address, and is kept for a day. With another body it
is refused; while the first is being answered, too. What was refused was not done, and its key is free again.
"""

import json
import re
from datetime import timedelta
from hashlib import sha256
from typing import Any

from flask import Response, g, request

from gateway.domain.errors import DomainError, invalid
from gateway.management.caller import actor, house, request_id
from gateway.management.kinds import KEY_OF_ANOTHER, STILL_ANSWERED
from gateway.services import repeats
from gateway.services.repeats import Sent

FIELD = "Idempotency-Key"
KEPT = timedelta(days=1)

_LONGEST_KEY = 255
_STRING = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_HEADERS = ("Content-Type", "Content-Language", "Location", "ETag")

IDEMPOTENCY_KEY = {
    "name": FIELD,
    "in": "header",
    "description": "A word of one's own for this request: sent again within a day, it gets the same answer and nothing"
    " is done twice (draft-ietf-httpapi-idempotency-key-header).",
    "x-description-fr": "Un mot à soi pour cette requête : envoyée de nouveau en moins d’un jour, elle reçoit la même"
    " réponse et rien n’est fait deux fois (draft-ietf-httpapi-idempotency-key-header).",
    "schema": {"type": "string", "maxLength": _LONGEST_KEY},
}
"""How the document describes the field."""


def earlier_answer() -> Response | None:
    """Before a view: what the same request was answered; None for one that is new, or has no key.

    Raises:
        DomainError: INVALID (the key), KEY_OF_ANOTHER, STILL_ANSWERED.
    """
    key = _key() if request.method == "POST" and actor().is_signed_in else None
    if not key:
        return None
    who = json.dumps([actor().token_id, request.full_path, key]).encode()
    secret = f"{request.headers.get('Authorization')}\n{key}"
    sent = Sent(sha256(who).digest(), secret, sha256(request.get_data()).digest())
    known = repeats.answered_before(house().database, sent, KEPT)
    if known is None:
        g.keyed = sent
        return None
    if known.body != sent.body:
        raise DomainError(KEY_OF_ANOTHER)
    if known.answer is None:
        raise DomainError(STILL_ANSWERED, members={"retry_after": 1})
    return _again(json.loads(known.answer))


def keep_answer(response: Response) -> None:
    """After a view: keep what it answered, unless nothing was done."""
    sent: Sent | None = g.pop("keyed", None)
    if sent:
        answer = json.dumps(_told(response)).encode() if response.status_code < 400 else None
        repeats.done(house().database, sent, answer, request_id())


def _key() -> str:
    """The field is a string of RFC 9651; many clients send it without its quotes."""
    field = request.headers.get(FIELD, "").strip()
    quoted = _STRING.fullmatch(field)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else field
    if not (len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()):
        raise invalid(
            FIELD,
            f"It takes up to {_LONGEST_KEY} ASCII characters.",
            f"Il compte au plus {_LONGEST_KEY} caractères ASCII.",
        )
    return key


def _told(response: Response) -> dict[str, Any]:
    headers = {name: response.headers[name] for name in _HEADERS if name in response.headers}
    return {"body": response.get_data(as_text=True), "status": response.status_code, "headers": headers}


def _again(told: dict[str, Any]) -> Response:
    return Response(told["body"], told["status"], told["headers"])
