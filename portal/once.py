"""Every form is answered once, however often its button is pressed: a second click gets the page of the first.

A form carries a nonce. What was sent with it, by whom and to where, is one digest: the first who brings it is answered
by the view; the others, in whichever worker, wait for that answer and get the same (services/form_answers.py). What was
refused was not done, and may be sent again; so may a form that was changed, for its digest is another.
"""

import json
import secrets
import time
from dataclasses import asdict, dataclass
from hashlib import sha256
from threading import Event
from typing import Any

from flask import Response, abort, g, request
from flask import session as form_session

from gateway.services import form_answers
from gateway.services.actor import utc_now
from portal.context import house

FIELD = "once"

_LONGEST_NONCE = 64
_LONGEST_ANSWER = 1024 * 1024
_WAIT_SECONDS = 10.0
_LOOK_SECONDS = 0.05
_FLASHES = "_flashes"
_NEVER = Event()


@dataclass(frozen=True, slots=True)
class _Sent:
    """A form that was sent, and not answered before."""

    digest: bytes
    nonce: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """A page or a redirect, with the messages that the next page shows."""

    status: int
    body: str
    media_type: str
    location: str | None
    flashes: list[Any]


def new_nonce() -> str:
    """A nonce for a form that is about to be shown."""
    return secrets.token_urlsafe(18)


def earlier_answer() -> Response | None:
    """Before a view: what the same form was answered a moment ago; None for one that is new, which the view answers.

    Raises:
        HTTPException: 503, when it is being answered for longer than anybody waits.
    """
    nonce = request.form.get(FIELD, "") if request.method == "POST" else ""
    if not g.sign_in_id or not 0 < len(nonce) <= _LONGEST_NONCE:
        return None
    sent = _Sent(_digest_of_form(), nonce)
    until = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < until:
        with house().database.begin() as session:
            if form_answers.claim(session, sent.digest, utc_now()):
                g.sent = sent
                return None
            kept = form_answers.answer_to(session, sent.digest, nonce)
        if kept:
            return _again(_Answer(**json.loads(kept)))
        _NEVER.wait(_LOOK_SECONDS)
    return abort(503)


def keep_answer(response: Response) -> Response:
    """After a view: keep what it answered, unless nothing was done."""
    sent: _Sent | None = g.pop("sent", None)
    if sent is None:
        return response
    with house().database.begin() as session:
        if response.status_code < 400 and not response.is_streamed and len(response.get_data()) <= _LONGEST_ANSWER:
            form_answers.keep(session, sent.digest, sent.nonce, _told(response))
        else:
            form_answers.forget(session, sent.digest)
    return response


def _digest_of_form() -> bytes:
    """Of who sends what to where; a file counts by its content."""
    fields = sorted(request.form.items(multi=True))
    files = [(name, file.filename, sha256(file.read()).hexdigest()) for name, file in request.files.items(multi=True)]
    for file in request.files.values():
        file.seek(0)
    return sha256(json.dumps([g.sign_in_id, request.full_path, fields, files]).encode()).digest()


def _told(response: Response) -> bytes:
    answer = _Answer(
        status=response.status_code,
        body=response.get_data(as_text=True),
        media_type=response.content_type or "",
        location=response.headers.get("Location"),
        flashes=form_session.get(_FLASHES, []),
    )
    return json.dumps(asdict(answer)).encode()


def _again(answer: _Answer) -> Response:
    response = Response(answer.body, answer.status, content_type=answer.media_type)
    if answer.location:
        response.headers["Location"] = answer.location
    if answer.flashes:
        form_session[_FLASHES] = answer.flashes
    return response
