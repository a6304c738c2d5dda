"""One kind of thing at /v1/: a blueprint with our callers, our limits and our errors.

The law: default deny. Only bearers of a working token reach a view that is not marked `@public`, and whatever is sent
is bounded, and of a media type that the view reads, before it is looked at.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from flask import Request, Response, current_app, request
from flask_smorest import Blueprint
from marshmallow import Schema
from webargs import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge, UnsupportedMediaType

import openapi
from gateway.domain.errors import NOT_FOUND, DomainError
from gateway.domain.roles import Permission
from gateway.management.caller import recognise
from gateway.management.describing import describe, parts_of
from gateway.management.errors import domain_error, http_error, spelt, unexpected
from gateway.management.kinds import TWO_OF_A_NAME
from gateway.words import Words

DOCUMENTS = ("application/yaml", "application/json", "application/octet-stream")
"""How an OpenAPI document may arrive (RFC 9512 registers the first)."""

_MOST_BYTES = 64 * 1024
_IS_PUBLIC = "guichet_is_public"
_TAKES_DOCUMENTS = "guichet_takes_documents"

View = TypeVar("View", bound=Callable[..., Any])


class Resource(Protocol):
    """What we use of flask-smorest's blueprint, with types."""

    @property
    def name(self) -> str:
        """What it is called; the portal's blueprints have small letters."""

    @property
    def tag(self) -> dict[str, str]:
        """What the document says of it."""

    def route(self, rule: str, *, methods: Sequence[str]) -> Callable[[View], View]:
        """Where a view answers, below /v1."""

    def arguments(
        self, schema: type[Schema], *, location: str = "json", required: bool = True
    ) -> Callable[[View], View]:
        """What the view is handed first; `required` is for the document only."""

    def response(
        self, status: int, schema: type[Schema] | dict[str, Any] | None = None, *, content_type: str | None = None
    ) -> Callable[[View], View]:
        """What the document says of the answer."""

    def doc(self, **said: Any) -> Callable[[View], View]:
        """What else the document says."""


def resource(name: Words, description: Words) -> Resource:
    """The blueprint of one kind of thing; the document groups by its name."""
    blueprint = _Blueprint(name.en, __name__, url_prefix="/v1", description=description.en)
    blueprint.tag = {
        "name": name.en,
        "x-name-fr": name.fr,
        "description": description.en,
        "x-description-fr": description.fr,
    }
    blueprint.before_request(_prepare)
    blueprint.after_request(_conditional)
    blueprint.register_error_handler(DomainError, domain_error)
    blueprint.register_error_handler(HTTPException, http_error)
    blueprint.register_error_handler(Exception, unexpected)
    made: Resource = blueprint
    return made


def public(blueprint: Resource) -> Callable[[View], View]:
    """Let everybody in, and say so in the document."""
    return _marked(blueprint.doc(security=[]), _IS_PUBLIC)


def takes_documents(blueprint: Resource) -> Callable[[View], View]:
    """Let a view read an OpenAPI document as its body."""
    content = {kind: {"schema": {"type": "string"}} for kind in DOCUMENTS}
    return _marked(blueprint.doc(requestBody={"required": True, "content": content}), _TAKES_DOCUMENTS)


def needs(blueprint: Resource, scope: Permission) -> Callable[[View], View]:
    """Say in the document which scope a token must have; it is the services that look (OpenAPI 3.1 §4.8.30.1)."""
    return blueprint.doc(security=[{"token": [str(scope)]}])


def french(blueprint: Resource, summary: str, description: str = "") -> Callable[[View], View]:
    """Give an operation its words in French, and an id made of its resource and its view."""
    words = {"x-summary-fr": summary} | ({"x-description-fr": description} if description else {})

    def told(view: View) -> View:
        operation_id = f"{blueprint.name}-{view.__name__}".lower().replace("_", "-")
        return blueprint.doc(operationId=operation_id, **words)(view)

    return told


class _Parser(FlaskParser):
    """webargs's parser, for JSON that Python's own can be made to stumble over, or would read as it pleases."""

    def _raw_load_json(self, req: Request) -> Any:
        if not req.is_json:
            return missing
        try:
            return json.loads(req.get_data().decode(), object_pairs_hook=_object)
        except RecursionError:
            raise BadRequest from None
        except ValueError as error:
            # A subclass says where the text is wrong, and webargs deals with it; a number of 5,000 digits says nothing.
            if type(error) is ValueError:
                raise BadRequest from None
            raise


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """RFC 8259 §4: what an object means that has a name twice is each reader's guess (RFC 7493 §2.3 forbids it)."""
    made = dict(members)
    if len(made) < len(members):
        (twice, _), *_rest = Counter(name for name, _ in members).most_common()
        raise DomainError(TWO_OF_A_NAME, name=spelt(twice))
    return made


class _Blueprint(Blueprint):  # type: ignore[misc]  # flask-smorest ships no types
    ARGUMENTS_PARSER = _Parser()

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._prepare_doc_cbks.append(describe)

    def route(self, rule: str, **options: Any) -> Any:
        """What a part of the address names may not be there."""
        route = super().route(rule, parameters=parts_of(rule), **options)
        return (lambda view: route(self.doc(responses={404: "NOT_FOUND"})(view))) if "<" in rule else route


def _prepare() -> None:
    """Before each view: who asks, and whether what they send may be looked at."""
    if request.method == "OPTIONS":
        return
    marks = vars(current_app.view_functions[str(request.endpoint)])
    recognise(visitors=_IS_PUBLIC in marks)
    # No id and no name holds such a character, and PostgreSQL takes no NUL, not even to look for.
    if not all(str(part).isprintable() for part in (request.view_args or {}).values()):
        raise DomainError(NOT_FOUND)
    _bound(takes_document=_TAKES_DOCUMENTS in marks)


def _bound(*, takes_document: bool) -> None:
    most = openapi.MAX_BYTES if takes_document else _MOST_BYTES
    is_read = request.mimetype in DOCUMENTS if takes_document else request.is_json
    is_chunked = "Transfer-Encoding" in request.headers  # RFC 9112 §6: this field or Content-Length announces a body
    if (request.content_length or is_chunked) and not is_read:
        raise UnsupportedMediaType
    request.max_content_length = most
    if is_chunked:
        # Werkzeug cuts a body of unknown length at the limit and says nothing; one byte more tells.
        request.max_content_length = most + 1
        if len(request.get_data()) > most:
            raise RequestEntityTooLarge


def _conditional(response: Response) -> Response:
    # RFC 9110 §13.1.2: a reader who has this version already is told so.
    if request.method in {"GET", "HEAD"} and response.status_code == 200 and "ETag" in response.headers:
        response.make_conditional(request)
    # What is shown depends on who asks, and what is made may be a secret.
    response.vary.add("Authorization")
    reads = request.method in {"GET", "HEAD"}
    response.headers.setdefault("Cache-Control", "private, no-cache" if reads else "no-store")
    return response


def _marked(decorate: Callable[[View], View], mark: str) -> Callable[[View], View]:
    def marked(view: View) -> View:
        made = decorate(view)
        # Decorators above this one copy it along (functools.wraps).
        vars(made)[mark] = True
        return made

    return marked
