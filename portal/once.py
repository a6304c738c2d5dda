"""Every form is answered once, however often its button is pressed: a second click gets the page of the first.

A form carries a nonce. What was sent with it, by whom and to where, is one digest: the first who brings it is answered
by the view; the others, in whichever worker, wait for that answer and get the same (services/repeats.py). What was
refused was not done, and may be sent again; so may a form that was changed, for its digest is another.
"""

import json
import secrets
import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from hashlib import sha256
from threading import BoundedSemaphore, Event
from typing import Any

from flask import Response, abort, g, request
from flask import session as form_session

from gateway.services import repeats
from gateway.services.repeats import Sent
from portal.context import house

FIELD = "once"

_KEPT = timedelta(minutes=2)
_LONGEST_NONCE = 64
_LONGEST_ANSWER = 1024 * 1024
_WAIT_SECONDS = 10.0
_LOOK_SECONDS = 0.05
_FLASHES = "_flashes"
_NEVER = Event()
_WAITING = BoundedSemaphore(4)
"""Of all pages at once so many wait for another: nobody holds the others by clicking."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What there is of a form: a page, or none, and then it is for the view."""

    page: Response | None


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
    sent = Sent(_digest_of_form(), nonce)
    found = _look(sent)
    if found is None and _WAITING.acquire(blocking=False):
        try:
            found = _wait_for(sent)
        finally:
            _WAITING.release()
    return abort(503) if found is None else found.page


def keep_answer(response: Response) -> Response:
    """After a view: keep what it answered, unless nothing was done."""
    sent: Sent | None = g.pop("sent", None)
    if sent:
        is_kept = response.status_code < 400 and not response.is_streamed
        is_kept = is_kept and len(response.get_data()) <= _LONGEST_ANSWER
        repeats.done(house().database, sent, _told(response) if is_kept else None, g.request_id)
    return response


def _look(sent: Sent) -> _Found | None:
    """The answer to a form that was sent before, or no page for the first who sends it; None while it is answered."""
    known = repeats.answered_before(house().database, sent, _KEPT)
    if known is None:
        g.sent = sent
        return _Found(None)
    return _Found(_again(_Answer(**json.loads(known.answer)))) if known.answer else None


def _wait_for(sent: Sent) -> _Found | None:
    until = time.monotonic() + _WAIT_SECONDS
    found = None
    while found is None and time.monotonic() < until:
        _NEVER.wait(_LOOK_SECONDS)
        found = _look(sent)
    return found


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
