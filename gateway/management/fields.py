"""What the schemas share: fields whose faults are words of kinds.MESSAGES, and the shapes of lists.

A schema refuses what it does not know, so that nobody sets a field that was not meant for them (OWASP API3:2023).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from gateway.services.paging import MOST_PER_PAGE

_COMMON = {"required": "required", "null": "null", "validator_failed": "range"}


def about(en: str, fr: str, **schema: Any) -> dict[str, Any]:
    """What the document says of a field, in both languages, with other words of JSON Schema beside: its `metadata`."""
    return {"description": en, "x_description_fr": fr, **schema}


class Body(Schema):
    """What is sent to us."""

    error_messages = {"unknown": "unknown", "type": "object"}  # noqa: RUF012 - marshmallow's name and type

    class Meta:
        """Nothing unknown gets in."""

        unknown = RAISE


class Shown(Schema):
    """What we answer with."""


class Text(fields.String):
    """Text of at most so many characters, each of which a database can keep."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's name and type
        **_COMMON, "invalid": "text", "invalid_utf8": "text", "unstorable": "unstorable",
    }  # fmt: skip

    def __init__(self, most: int = 200, **options: Any) -> None:
        """Take the longest allowed."""
        super().__init__(validate=validate.Length(max=most, error="too-long"), **options)

    def _deserialize(self, *given: Any, **options: Any) -> str:
        text: str = super()._deserialize(*given, **options)
        # NUL ends a text in C, and half of a surrogate pair is none in UTF-8.
        if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise self.make_error("unstorable")
        return text


class Choice(fields.String):
    """One of a few words."""

    default_error_messages = {**_COMMON, "invalid": "text", "invalid_utf8": "text"}  # noqa: RUF012 - marshmallow's

    def __init__(self, choices: Sequence[str], **options: Any) -> None:
        """Take the words."""
        super().__init__(validate=validate.OneOf(choices, error="choice"), **options)


class Whole(fields.Integer):
    """A whole number within limits."""

    default_error_messages = {**_COMMON, "invalid": "whole", "too_large": "whole"}  # noqa: RUF012 - marshmallow's

    def __init__(self, least: int, most: int, *, strict: bool = True, **options: Any) -> None:
        """Take the limits; what comes in an address is text and cannot be strict."""
        super().__init__(validate=validate.Range(least, most, error="range"), strict=strict, **options)


class Number(fields.Float):
    """A number."""

    default_error_messages = {**_COMMON, "invalid": "number", "special": "number", "too_large": "number"}  # noqa: RUF012


class Moment(fields.AwareDateTime):
    """A date and a time, with its zone (RFC 3339)."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's name and type
        **_COMMON, "invalid": "moment", "invalid_awareness": "moment", "format": "moment",
    }  # fmt: skip


class Flag(fields.Boolean):
    """True or false."""

    default_error_messages = {**_COMMON, "invalid": "boolean"}  # noqa: RUF012 - marshmallow's name and type


class Several(fields.List[Any]):
    """A list of at most so many."""

    default_error_messages = {**_COMMON, "invalid": "list"}  # noqa: RUF012 - marshmallow's name and type

    def __init__(self, inner: fields.Field[Any], most: int = 100, **options: Any) -> None:
        """Take what it is a list of."""
        super().__init__(inner, validate=validate.Length(max=most, error="too-many"), **options)


class Named(fields.Dict):
    """Objects by name."""

    default_error_messages = {**_COMMON, "invalid": "object"}  # noqa: RUF012 - marshmallow's name and type

    def __init__(self, most: int = 60, **options: Any) -> None:
        """Take the longest name."""
        values = fields.Dict(error_messages={"invalid": "object", "null": "null"})
        super().__init__(keys=Text(most), values=values, **options)

    def _deserialize(self, *given: Any, **options: Any) -> Any:
        try:
            return super()._deserialize(*given, **options)  # type: ignore[no-untyped-call]  # marshmallow's
        except ValidationError as error:
            raise ValidationError(_unfolded(error.messages)) from error


class PageQuery(Body):
    """Which page of a list."""

    page = Whole(1, 1_000_000, strict=False, load_default=1)
    per_page = Whole(1, MOST_PER_PAGE, strict=False, load_default=20)


class Reason(Body):
    """Why something is done."""

    reason = Text(2_000, load_default="")


class PageShown(Shown):
    """One page of a list; its links are in the Link field."""


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
    return PageShown.from_dict(members, name=f"PageOf{schema.__name__}")  # type: ignore[arg-type]  # fields are covariant


def _unfolded(messages: Any) -> Any:
    """The faults by name, without marshmallow's level that tells keys from values."""
    if not isinstance(messages, dict):
        return messages
    return {name: next(iter(inner.values())) for name, inner in messages.items()}
