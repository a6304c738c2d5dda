"""Every error under /v1/ is a problem document (RFC 9457), whoever raised it: a service, a schema, Flask, or a bug.

So is one under the other addresses of programs that no view answers; the token endpoint has a shape of its own.

Words come from tables, in the caller's language or in both; what a library would say in English is never passed on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

import openapi
from gateway.domain import errors
from gateway.domain.errors import DomainError, Kind
from gateway.http.languages import preferred_language
from gateway.http.problems import MEDIA_TYPE, Problem
from gateway.management.caller import house, request_id
from gateway.management.kinds import AWAY, FAULTS, INTERNAL, MESSAGES, OTHERWISE, kind_of
from gateway.pipeline.refusals import Failure
from gateway.store.away import is_away
from gateway.words import Language, Words

PREFIX = "/v1/"

_FOR_PROGRAMS = (PREFIX, "/oauth/", "/.well-known/")
_TOKEN_ENDPOINT = "/oauth/token"  # noqa: S105 - an address

_MOST_FAULTS = 100
_LONGEST_FIELD = 200

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one field; `path` leads to it. What is not in the body has no pointer."""

    path: tuple[str, ...]
    words: Words
    in_body: bool

    def to_dict(self) -> dict[str, Any]:
        """As it is told: {"field", "pointer" (RFC 6901), "message"}."""
        told: dict[str, Any] = {"field": ".".join(self.path), "message": said(self.words)}
        if self.in_body:
            told["pointer"] = "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in self.path)
        return told


def install_errors(app: Flask) -> None:
    """Turn whatever is no problem document yet into one."""
    app.after_request(_as_problem)


def domain_error(error: DomainError) -> Response:
    """What a service refused."""
    members: dict[str, Any] = dict(error.members)
    if error.findings:
        members["findings"] = [told_finding(finding) for finding in error.findings]
    elif faults := error.faults or ({(error.field,): error.detail} if error.field else {}):
        told = (Fault(path, words, in_body=request.is_json) for path, words in faults.items())
        members["errors"] = [fault.to_dict() for fault in islice(told, _MOST_FAULTS)]
    return _problem(error.kind, error.detail, members)


def http_error(error: HTTPException) -> Response:
    """What Flask, Werkzeug or a schema refused."""
    if isinstance(error.response, Response):
        return error.response
    status = error.code or 500
    kind = replace(kind_of(status), status=status)
    if kind.code == errors.INVALID.code:
        found = islice(_faults(getattr(error, "data", {}).get("messages", {})), _MOST_FAULTS)
        response = _problem(kind, FAULTS, {"errors": [fault.to_dict() for fault in found]})
    else:
        response = _problem(kind, kind.detail, {})
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def unexpected(error: Exception) -> Response:
    """A bug, or what lies outside let us down: logged with its traceback, told without."""
    if isinstance(error, Failure) or is_away(error):
        log.warning("the store or the ledger is away", path=request.path, request_id=request_id(), exc_info=error)
        return _problem(AWAY, AWAY.detail, {})
    log.error("request failed", path=request.path, request_id=request_id(), exc_info=error)
    return _problem(INTERNAL, INTERNAL.detail, {})


def told_finding(finding: openapi.Finding) -> dict[str, Any]:
    """What is wrong with a document, in the caller's language or in both."""
    return finding.to_dict() | {"message": said(Words(finding.words.en, finding.words.fr))}


def said(words: Words) -> str | dict[str, str]:
    """Words in the language that the caller asked for; in both, by their tags, when none was."""
    language = _language()
    return {"en": words.en, "fr": words.fr} if language is None else words.of(language)


def _as_problem(response: Response) -> Response:
    """The last door: also for addresses that no view of ours answers."""
    if not request.path.startswith(_FOR_PROGRAMS) or request.path == _TOKEN_ENDPOINT:
        return response
    if response.status_code >= 400 and response.mimetype != MEDIA_TYPE:
        kind = replace(kind_of(response.status_code), status=response.status_code)
        told = _problem(kind, kind.detail, {})
        for name in ("Allow", "Retry-After"):
            if name in response.headers:
                told.headers[name] = response.headers[name]
        response = told
    response.headers["X-Request-Id"] = request_id()
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _problem(kind: Kind, detail: Words, members: Mapping[str, Any]) -> Response:
    problem = Problem(kind.code, kind.status, kind.title, detail, request_id(), members)
    reply = problem.reply(_language(), f"{house().public_url}/errors")
    response = Response(b"".join(reply.body.chunks), reply.status, list(reply.headers))
    challenge = _challenge(kind)
    if challenge:
        response.headers["WWW-Authenticate"] = challenge
    if "retry_after" in members:
        response.headers["Retry-After"] = str(members["retry_after"])
    return response


def _challenge(kind: Kind) -> str:
    """RFC 6750 §3: a challenge goes with every 401; it names an error only where a token was shown."""
    realm = f'Bearer realm="{house().public_url}/v1"'
    if kind.status == 401:
        return f'{realm}, error="invalid_token"' if request.headers.get("Authorization") else realm
    return f'{realm}, error="insufficient_scope"' if kind is errors.TOKEN_SCOPE else ""


def _faults(messages: Mapping[str, Any]) -> Iterator[Fault]:
    """What marshmallow found; the first key is where it looked (json, query)."""
    for place, inner in messages.items():
        yield from _within(inner, (), in_body=place == "json")


def _within(messages: Any, path: tuple[str, ...], *, in_body: bool) -> Iterator[Fault]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _within(inner, path if key == "_schema" else (*path, spelt(key)), in_body=in_body)
    else:
        for code in messages:
            yield Fault(path, MESSAGES.get(str(code), OTHERWISE), in_body)


def spelt(key: Any) -> str:
    """A name that the caller chose, as it can be told: half of a surrogate pair could not be, in UTF-8."""
    return str(key)[:_LONGEST_FIELD].encode(errors="replace").decode()


def _language() -> Language | None:
    if "preferred" not in g:
        g.preferred = preferred_language(request.headers.get("Accept-Language"))
    found: Language | None = g.preferred
    return found
