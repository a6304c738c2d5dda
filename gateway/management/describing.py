"""What the document says of an operation beyond its schemas: its parameters, the fields of its answers, its errors.

The law: all of it follows from what the operation is, so that no view has to repeat it and none can forget it.
"""

import re
from typing import Any

from gateway.management.answers import IF_MATCH
from gateway.management.fields import PageShown
from gateway.management.idempotency import IDEMPOTENCY_KEY

_TEXT = {"type": "string"}
_PART = re.compile(r"<(?:int:)?(\w+)>")


def _field(en: str, fr: str, *, required: bool = True, **schema: Any) -> dict[str, Any]:
    return {"description": en, "x-description-fr": fr, "required": required, "schema": {**_TEXT, **schema}}


HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": _field("The request’s id, as in our logs.", "L’identifiant de la requête, celui de nos journaux."),
    "Cache-Control": _field("How long the answer may be kept.", "Combien de temps la réponse peut être conservée."),
    "Vary": _field("What the answer depends on.", "Ce dont la réponse dépend."),
    "X-Content-Type-Options": _field("The media type is as said.", "Le type de média est le bon.", enum=["nosniff"]),
    "ETag": _field(
        "Which state of the thing was shown; for If-Match and If-None-Match (RFC 9110 §8.8.3).",
        "L’état qui a été montré; pour If-Match et If-None-Match (RFC 9110, §8.8.3).",
    ),
    "Location": _field("The address of what was made.", "L’adresse de ce qui a été créé.", format="uri-reference"),
    "Link": _field(
        "The other pages: `first`, `prev`, `next`, `last` (RFC 8288).",
        "Les autres pages : `first`, `prev`, `next`, `last` (RFC 8288).",
    ),
    "Content-Language": _field("The language of the words, or both.", "La langue des mots, ou les deux."),
    "WWW-Authenticate": _field(
        "How to authenticate (RFC 6750 §3).", "Comment s’authentifier (RFC 6750, §3).", required=False
    ),
    "Allow": _field("The methods that the address takes.", "Les méthodes qu’admet l’adresse.", required=False),
    "Retry-After": _field(
        "How many seconds to wait (RFC 9110 §10.2.3).",
        "Combien de secondes attendre (RFC 9110, §10.2.3).",
        required=False,
        pattern="^[0-9]+$",
    ),
}  # fmt: skip
"""The fields that we send, by name. Content-Type and Content-Length go without saying (OpenAPI 3.1 §4.8.17.1)."""

IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of what one has already: while it is still the same, the answer is 304.",
    "x-description-fr": "L’ETag de ce qu’on a déjà : tant que rien n’a changé, la réponse est 304.",
    "schema": _TEXT,
}

_OUTCOMES = {
    "OK": "Réussi",
    "Created": "Créé",
    "Accepted": "Accepté",
    "No Content": "Sans contenu",
    "Not Modified": "Inchangé",
    "Bad Request": "Requête illisible",
    "Unauthorized": "Jeton absent ou refusé",
    "Forbidden": "Interdit",
    "Not Found": "Introuvable",
    "Precondition Failed": "Condition non remplie",
    "Unsupported Media Type": "Type de média non accepté",
    "Unprocessable Entity": "Valeur non valide",
    "Precondition Required": "Condition exigée",
    "Too Many Requests": "Trop de requêtes",
    "Default error response": "Toute autre erreur",
}
"""What each status is called in HTTP (RFC 9110 §15), and in French."""

_ALWAYS = ("X-Request-Id", "X-Content-Type-Options", "Cache-Control", "Vary")
_OF_ERRORS = {
    "UNAUTHORIZED": ("WWW-Authenticate",),
    "FORBIDDEN": ("WWW-Authenticate",),
    "TOO_MANY_REQUESTS": ("Retry-After",),
    "DEFAULT_ERROR": ("Allow", "Retry-After"),
}
_WORDS = {
    "api_id": ("The API’s id, or its name.", "L’identifiant de l’API, ou son nom."),
    "name": ("The API’s name.", "Le nom de l’API."),
    "number": ("The number of the revision.", "Le numéro de la révision."),
    "major": ("The number of the version.", "Le numéro de la version."),
}
_AN_ID = ("Its id.", "Son identifiant.")


def parts_of(rule: str) -> list[dict[str, Any]]:
    """The parameters of an address, with their words in both languages."""
    found = ((name, *_WORDS.get(name, _AN_ID)) for name in _PART.findall(rule))
    return [
        {"name": name, "in": "path", "required": True, "description": en, "x-description-fr": fr}
        for name, en, fr in found
    ]


def error_fields(component: str) -> dict[str, Any]:
    """The fields of an error, by the name of its component."""
    return _told(*_ALWAYS, "Content-Language", *_OF_ERRORS.get(component, ()))


def outcome(response: dict[str, Any]) -> dict[str, Any]:
    """What an answer is called in French; nothing for a status that no operation of ours has."""
    french = _OUTCOMES.get(response["description"])
    return {"x-description-fr": french} if french else {}


def describe(doc: dict[str, Any], doc_info: dict[str, Any], *, method: str, **_context: Any) -> dict[str, Any]:
    """What flask-smorest knows of an operation, with its fields, conditions and errors (a `_prepare_doc_cbks`)."""
    manual = doc_info.get("manual_doc", {})
    responses = doc["responses"]
    for status, response in responses.items():
        if isinstance(response, dict):
            response["headers"] = _told(*_fields(status, response.get("content")))
            response.update(outcome(response))
    if method == "get":
        doc.setdefault("parameters", []).append(IF_NONE_MATCH)
        unchanged = {"description": "Not Modified", "headers": responses[200]["headers"]}
        responses[304] = unchanged | outcome(unchanged)
    if method == "post" and manual.get("security") != []:
        doc.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    for status, component in _errors(manual, has_body="requestBody" in doc or "requestBody" in manual):
        responses[status] = component
    # flask-smorest begins with 422; readers begin with what they came for.
    told = responses | manual.get("responses", {})
    doc["responses"] = dict(sorted(told.items(), key=lambda pair: str(pair[0])))
    return doc


def _fields(status: int, content: dict[str, Any] | None) -> tuple[str, ...]:
    shown = content.get("application/json", {}).get("schema") if content else None
    return (
        *_ALWAYS,
        *(["ETag"] if content else []),
        *(["Location"] if status == 201 else []),
        *(["Link"] if isinstance(shown, PageShown) else []),
    )


def _errors(manual: dict[str, Any], *, has_body: bool) -> list[tuple[int, str]]:
    """Status and component of what may go wrong; what may go wrong anywhere is `default`."""
    found = [(401, "UNAUTHORIZED")]  # a token that does not work is refused even where none is needed
    if manual.get("security") != []:
        found += [(403, "FORBIDDEN")]
    if has_body:
        found += [(400, "BAD_REQUEST"), (415, "UNSUPPORTED_MEDIA_TYPE")]
    if IF_MATCH in manual.get("parameters", ()):
        found += [(412, "PRECONDITION_FAILED"), (428, "PRECONDITION_REQUIRED")]
    return found


def _told(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
