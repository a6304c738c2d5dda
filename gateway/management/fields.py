"""What the schemas share: fields whose faults are words of errors.MESSAGES, pages of lists, ETags.

A schema refuses what it does not know, so that nobody sets a field that was not meant for them (OWASP API3:2023).
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from flask import Response, jsonify, request
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate
from werkzeug.exceptions import HTTPException, PreconditionRequired

from gateway.domain.errors import STALE, DomainError
from gateway.management.caller import recognise
from gateway.management.errors import domain_error, http_error, unexpected
from gateway.services.paging import MOST_PER_PAGE, Page

_COMMON = {"required": "required", "null": "null", "validator_failed": "range"}


MAX_BODY = 64 * 1024
"""The largest JSON body, in bytes."""


class Body(Schema):
    """What is sent to us."""

    error_messages = {"unknown": "unknown", "type": "object"}  # noqa: RUF012 - marshmallow's name and type

    class Meta:
        """Nothing unknown gets in."""

        unknown = RAISE


class Shown(Schema):
    """What we answer with."""


class Text(fields.String):
    """Text of at most so many characters."""

    default_error_messages = {**_COMMON, "invalid": "text", "invalid_utf8": "text"}  # noqa: RUF012 - marshmallow's

    def __init__(self, most: int = 200, **options: Any) -> None:
        """Take the longest allowed."""
        super().__init__(validate=validate.Length(max=most, error="too-long"), **options)


class Choice(fields.String):
    """One of a few words."""

    default_error_messages = {**_COMMON, "invalid": "text", "invalid_utf8": "text"}  # noqa: RUF012 - marshmallow's

    def __init__(self, choices: Sequence[str], **options: Any) -> None:
        """Take the words."""
        super().__init__(validate=validate.OneOf(choices, error="choice"), **options)


class Whole(fields.Integer):
    """A whole number within limits."""

    default_error_messages = {**_COMMON, "invalid": "whole", "too_large": "whole"}  # noqa: RUF012 - marshmallow's

    def __init__(self, least: int, most: int, **options: Any) -> None:
        """Take the limits."""
        super().__init__(validate=validate.Range(least, most, error="range"), strict=True, **options)


class Number(fields.Float):
    """A number."""

    default_error_messages = {**_COMMON, "invalid": "number", "special": "number", "too_large": "number"}  # noqa: RUF012


class Flag(fields.Boolean):
    """True or false."""

    default_error_messages = {**_COMMON, "invalid": "boolean"}  # noqa: RUF012 - marshmallow's name and type


class Several(fields.List[Any]):
    """A list of at most so many."""

    default_error_messages = {**_COMMON, "invalid": "list"}  # noqa: RUF012 - marshmallow's name and type

    def __init__(self, inner: fields.Field[Any], most: int = 100, **options: Any) -> None:
        """Take what it is a list of."""
        super().__init__(inner, validate=validate.Length(max=most, error="too-many"), **options)


class PageQuery(Body):
    """Which page of a list."""

    page = fields.Integer(load_default=1, validate=validate.Range(1, 1_000_000, error="range"),
                          error_messages={"invalid": "whole"})  # fmt: skip
    per_page = fields.Integer(load_default=20, validate=validate.Range(1, MOST_PER_PAGE, error="range"),
                              error_messages={"invalid": "whole"})  # fmt: skip


class Reason(Body):
    """Why something is done."""

    reason = Text(2_000, load_default="")


@lru_cache
def list_of(schema: type[Schema]) -> type[Schema]:
    """The schema of a short list."""
    return Shown.from_dict({"items": fields.List(fields.Nested(schema))}, name=f"ListOf{schema.__name__}")


@lru_cache
def page_of(schema: type[Schema]) -> type[Schema]:
    """The schema of one page of a list."""
    members = {
        "items": fields.List(fields.Nested(schema)),
        "page": fields.Integer(),
        "per_page": fields.Integer(),
        "total": fields.Integer(),
    }
    return Shown.from_dict(members, name=f"PageOf{schema.__name__}")  # type: ignore[arg-type]  # fields are covariant


def shown(schema: type[Schema], value: Any, status: int = 200, *, location: str = "") -> Response:
    """The answer that shows a value, made while its session is open; `location` is the address of what was just made.

    It carries the tag of the value's version, if it has versions (RFC 9110 §8.8.3).
    """
    response = jsonify(schema().dump(value))
    response.status_code = status
    version = getattr(value, "version", None)
    if isinstance(version, int):
        response.headers["ETag"] = f'"{version}"'
    if location:
        response.headers["Location"] = location
    return response


def shown_page(schema: type[Schema], page: Page[Any]) -> Response:
    """The answer that shows one page of a list, with its links (RFC 8288)."""
    response = shown(page_of(schema), page)
    links = []
    if page.page > 1:
        links.append(f'<{_address(page.page - 1, page.per_page)}>; rel="prev"')
    if page.page < page.last:
        links.append(f'<{_address(page.page + 1, page.per_page)}>; rel="next"')
    if links:
        response.headers["Link"] = ", ".join(links)
    return response


def shown_all(schema: type[Schema], rows: Iterable[Any]) -> Response:
    """The answer that shows a short list whole."""
    return jsonify(items=schema(many=True).dump(list(rows)))


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
    text = given.strip('"')
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise DomainError(STALE)
    return int(text)


IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag that was read; `*` for whichever it is.",
    "schema": {"type": "string"},
}
"""How the document describes the field of a conditional change."""


View = TypeVar("View", bound=Callable[..., Any])


class Resource(Protocol):
    """What we use of flask-smorest's blueprint, with types."""

    def route(self, rule: str, *, methods: Sequence[str]) -> Callable[[View], View]:
        """Where a view answers, below /v1."""

    def arguments(self, schema: type[Schema], *, location: str = "json") -> Callable[[View], View]:
        """What the view is handed first."""

    def response(
        self, status: int, schema: type[Schema] | dict[str, Any] | None = None, *, content_type: str | None = None
    ) -> Callable[[View], View]:
        """What the document says of the answer."""

    def doc(self, **said: Any) -> Callable[[View], View]:
        """What else the document says."""


def resource(name: str, description: str) -> Resource:
    """A blueprint of one kind of thing, at /v1/, with our callers and our errors."""
    blueprint: Any = Blueprint(name, __name__, url_prefix="/v1", description=description)
    blueprint.name = f"management_{name}"
    blueprint.before_request(_bounded)
    blueprint.before_request(recognise)
    blueprint.register_error_handler(DomainError, domain_error)
    blueprint.register_error_handler(HTTPException, http_error)
    blueprint.register_error_handler(Exception, unexpected)
    blueprint.after_request(_conditional)
    made: Resource = blueprint
    return made


def public(blueprint: Resource) -> Callable[[View], View]:
    """Say in the document that an operation needs no token."""
    return blueprint.doc(security=[])


def french(blueprint: Resource, summary: str) -> Callable[[View], View]:
    """Give an operation its summary in French."""
    return blueprint.doc(**{"x-summary-fr": summary})


def _bounded() -> None:
    # A body has a limit before it is read; a view that takes documents sets its own.
    request.max_content_length = MAX_BODY


def _conditional(response: Response) -> Response:
    # RFC 9110 §13.1.2: a reader who has this version already is told so.
    if request.method == "GET" and response.status_code == 200 and "ETag" in response.headers:
        response.make_conditional(request)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store" if request.method != "GET" else "private, no-cache"
    return response


def _address(page: int, per_page: int) -> str:
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in {"page", "per_page"}]
    return f"{request.path}?{urlencode([*kept, ('page', str(page)), ('per_page', str(per_page))])}"
