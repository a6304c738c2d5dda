"""Every error under /v1/ is a problem document (RFC 9457), whoever raised it: a service, a schema, Flask, or a bug.

Words come from tables, in the caller's language or in both; what a library would say in English is never passed on.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from gateway.domain import errors
from gateway.domain.errors import DomainError, Kind
from gateway.http.languages import preferred_language
from gateway.http.problems import MEDIA_TYPE, Problem
from gateway.management.caller import house, request_id
from gateway.words import Language, Words

PREFIX = "/v1/"

MESSAGES: dict[str, Words] = {
    "required": Words("This is required.", "Ce champ est obligatoire."),
    "null": Words("This cannot be null.", "Ce champ ne peut pas être null."),
    "unknown": Words("There is no such field.", "Ce champ n’existe pas."),
    "object": Words("An object is expected.", "Un objet est attendu."),
    "text": Words("Text is expected.", "Du texte est attendu."),
    "list": Words("A list is expected.", "Une liste est attendue."),
    "whole": Words("A whole number is expected.", "Un nombre entier est attendu."),
    "number": Words("A number is expected.", "Un nombre est attendu."),
    "boolean": Words("True or false is expected.", "Vrai ou faux est attendu."),
    "too-long": Words("This is too long.", "Cette valeur est trop longue."),
    "range": Words("This number is out of range.", "Ce nombre est hors limites."),
    "choice": Words("This is none of the values allowed.", "Cette valeur n’est pas parmi celles permises."),
    "too-many": Words("These are too many.", "Il y en a trop."),
}
"""What a schema may find, by the word that fields.py gives it."""

_OTHERWISE = Words("This value is not valid.", "Cette valeur n’est pas valide.")

_BAD_REQUEST = Kind(
    "bad-request", 400,
    Words("The request cannot be read", "La requête est illisible"),
    Words("The body is not valid JSON, or a field of the request is malformed.",
          "Le corps n’est pas du JSON valide, ou un champ de la requête est mal formé."),
)  # fmt: skip
_METHOD = Kind(
    "method-not-allowed", 405,
    Words("This address does not take this method", "Cette adresse n’accepte pas cette méthode"),
    Words("The Allow field lists those it takes.", "Le champ Allow énumère celles qu’elle accepte."),
)  # fmt: skip
_TOO_LARGE = Kind(
    "too-large", 413,
    Words("The body is too large", "Le corps est trop volumineux"),
    Words("Documents may have 10 MiB, everything else 64 KiB.",
          "Un document peut compter 10 Mio, tout le reste 64 Kio."),
)  # fmt: skip
_MEDIA_TYPE = Kind(
    "media-type", 415,
    Words("This media type is not taken here", "Ce type de média n’est pas accepté ici"),
    Words("Send application/json, or for a document application/yaml or application/json.",
          "Envoyez application/json ou, pour un document, application/yaml ou application/json."),
)  # fmt: skip
IF_MATCH_NEEDED = Kind(
    "if-match-needed", 428,
    Words("Say which version you are changing", "Dites quelle version vous modifiez"),
    Words("Send the ETag that you read in the If-Match field.",
          "Envoyez dans le champ If-Match l’ETag que vous avez lu."),
)  # fmt: skip
_INTERNAL = Kind(
    "internal-error", 500,
    Words("Something went wrong on our side", "Une erreur est survenue de notre côté"),
    Words("Nothing was changed. The request id leads us to the cause.",
          "Rien n’a été modifié. L’identifiant de la requête nous mène à la cause."),
)  # fmt: skip

KINDS: dict[int, Kind] = {
    kind.status: kind
    for kind in (_BAD_REQUEST, errors.NOT_SIGNED_IN, errors.FORBIDDEN, errors.NOT_FOUND, _METHOD, errors.STALE,
                 _TOO_LARGE, _MEDIA_TYPE, errors.INVALID, IF_MATCH_NEEDED, _INTERNAL)
}  # fmt: skip
"""What an HTTP status means when nothing more is known."""

_INVALID_DETAIL = Words("The members of “errors” say where.", "Les membres de « errors » disent où.")

log = structlog.get_logger(__name__)


def install_errors(app: Flask) -> None:
    """Turn whatever is no problem document yet into one."""
    app.after_request(_as_problem)


def domain_error(error: DomainError) -> Response:
    """What a service refused."""
    members: dict[str, Any] = dict(error.members)
    if error.field:
        members["errors"] = [{"field": error.field, "message": _said(error.detail)}]
    if error.findings:
        members["findings"] = [finding.to_dict() for finding in error.findings]
    return _problem(error.kind, error.detail, members)


def http_error(error: HTTPException) -> Response:
    """What Flask, Werkzeug or a schema refused."""
    if isinstance(error.response, Response):
        return error.response
    messages = getattr(error, "data", {}).get("messages", {})
    kind = KINDS.get(error.code or 500, _INTERNAL)
    if kind is not errors.INVALID:
        response = _problem(kind, kind.detail, {})
    else:
        found = [{"field": field, "message": _said(words)} for field, words in _faults(messages)]
        response = _problem(kind, _INVALID_DETAIL, {"errors": found})
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def unexpected(error: Exception) -> Response:
    """A bug: logged with its traceback, told without."""
    log.error("request failed", path=request.path, request_id=request_id(), exc_info=error)
    return _problem(_INTERNAL, _INTERNAL.detail, {})


def _as_problem(response: Response) -> Response:
    """The last door: also for addresses that no view of ours answers."""
    if not request.path.startswith(PREFIX):
        return response
    response.headers.setdefault("X-Request-Id", request_id())
    if response.status_code < 400 or response.mimetype == MEDIA_TYPE:
        return response
    kind = KINDS.get(response.status_code, _INTERNAL if response.status_code >= 500 else _BAD_REQUEST)
    told = _problem(kind, kind.detail, {})
    told.status_code = response.status_code
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in response.headers:
            told.headers[name] = response.headers[name]
    return told


def _problem(kind: Kind, detail: Words, members: Mapping[str, Any]) -> Response:
    problem = Problem(kind.code, kind.status, kind.title, detail, request_id(), members)
    reply = problem.reply(_language(), f"{house().public_url}/errors")
    response = Response(b"".join(reply.body.chunks), reply.status, list(reply.headers))
    response.headers["X-Request-Id"] = request_id()
    if kind.status == 401:
        # RFC 6750 §3: a challenge goes with every 401.
        response.headers["WWW-Authenticate"] = f'Bearer realm="{house().public_url}/v1"'
    if "retry_after" in members:
        response.headers["Retry-After"] = str(members["retry_after"])
    return response


def _faults(messages: Any, path: str = "") -> Iterator[tuple[str, Words]]:
    """(field, words) of what marshmallow found; the first key is where it looked (json, query)."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _faults(inner, path if not path and key in {"json", "query", "headers"} else f"{path}.{key}")
    elif isinstance(messages, list):
        for code in messages:
            yield path.strip(".").removesuffix("._schema"), MESSAGES.get(str(code), _OTHERWISE)


def _said(words: Words) -> str | dict[str, str]:
    language = _language()
    return {"en": words.en, "fr": words.fr} if language is None else words.of(language)


def _language() -> Language | None:
    if "preferred" not in g:
        g.preferred = preferred_language(request.headers.get("Accept-Language"))
    found: Language | None = g.preferred
    return found
