"""Schema → example value: the document's own example if it gives one, else one made by rule, always the same.

Law: no randomness, no clock, and a bounded answer for any schema, circular ones too.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Any

from openapi.document import Document
from openapi.patterns import text_matching
from openapi.schemas import NOTHING, Merged, merge, types_of
from openapi.shapes import mapping, sequence, string, strings

MAX_DEPTH = 6
MAX_NODES = 300
MAX_ALL_NODES = 50_000  # over all examples made for one document; beyond it a page does without
_LONGEST = 200
_MOST_ITEMS = 3
_VARIANT_LEVELS = 3  # a variant may itself have variants
_LARGEST, _FINEST = 10**15, Decimal("1e-6")
_LEFT_OUT = object()
_PLAIN = "text"

_PHRASES = {
    "400": "Bad Request",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "Not Found",
    "409": "Conflict",
    "410": "Gone",
    "422": "Unprocessable Content",
    "429": "Too Many Requests",
    "500": "Internal Server Error",
    "503": "Service Unavailable",
}
"""What the statuses that documents declare are called (RFC 9110 §15, RFC 6585)."""

_FORMATS = {
    "date": "2026-01-15",
    "date-time": "2026-01-15T09:30:00Z",
    "time": "09:30:00Z",
    "duration": "P1D",
    "email": "name@example.ca",
    "idn-email": "name@example.ca",
    "hostname": "www.example.ca",
    "idn-hostname": "www.example.ca",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://www.example.ca/",
    "url": "https://www.example.ca/",
    "uri-reference": "/example",
    "iri": "https://www.example.ca/",
    "uuid": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "byte": "ZXhhbXBsZQ==",
    "binary": "example",
    "json-pointer": "/example",
    "regex": "^example$",
}


def example_of(schema: Any, document: Document, *, sending: bool | None = None) -> Any:
    """A JSON value that suits `schema`.

    `sending` leaves out what a caller may not send (readOnly, True) or never receives (writeOnly, False).
    """
    return _Maker(document, sending=sending).value(schema)


def of_answer(example: Any, media_type: str, status: str) -> Any:
    """A problem document that was made up is that of its own answer (RFC 9457 §3.1.2, §3.1.3)."""
    is_problem = media_type.partition(";")[0].strip().lower() == "application/problem+json"
    if not (is_problem and isinstance(example, dict) and status.isdecimal()):
        return example
    told = dict(example)
    if isinstance(told.get("status"), int):
        told["status"] = int(status)
    if told.get("title") == _PLAIN:
        told["title"] = _PHRASES.get(status, _PLAIN)
    return told


class Examples:
    """Examples for one document; a schema met again is answered from memory."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._made: dict[tuple[str | int, bool], Any] = {}
        self._left = MAX_ALL_NODES

    def of_parameter(self, node: dict[str, Any]) -> Any:
        """The example of a resolved parameter: its own, its content's, or one made from its schema."""
        contents = list(mapping(node.get("content")).values())
        return self.of_media(mapping(contents[0]) if contents else node, sending=True)

    def of_media(self, node: dict[str, Any], *, sending: bool) -> Any:
        """The example of a media type (or of anything with `example`, `examples` and `schema`)."""
        if "example" in node:
            return node["example"]
        for named in mapping(node.get("examples")).values():
            given = self._document.follow(named)
            if "value" in given:
                return given["value"]
        schema = node.get("schema")
        reference = string(mapping(schema).get("$ref")) if len(mapping(schema)) == 1 else ""
        key = (reference or id(schema), sending)
        if key not in self._made and self._left > 0:
            maker = _Maker(self._document, sending=sending)
            self._made[key] = maker.value(schema)
            self._left -= maker.used
        return self._made.get(key)


class _Maker:
    """One example in the making, with what is left of its budget."""

    def __init__(self, document: Document, *, sending: bool | None) -> None:
        self.document = document
        self.hidden = {True: "readOnly", False: "writeOnly", None: ""}[sending]
        self.left = MAX_NODES
        self.used = 0

    def value(self, schema: Any) -> Any:
        made = self.make(schema, NOTHING, 0)
        return None if made is _LEFT_OUT else made

    def make(self, schema: Any, chain: frozenset[str], depth: int) -> Any:
        self.left -= 1
        self.used += 1
        merged = merge(schema, self.document, chain)
        if merged.recursive:
            return _LEFT_OUT
        given = _given(merged.node)
        if given is not _LEFT_OUT:
            return given
        if depth >= MAX_DEPTH or self.left <= 0:
            return _LEFT_OUT
        return self._by_type(self._with_variant(merged), depth)

    def _with_variant(self, merged: Merged, levels: int = _VARIANT_LEVELS) -> Merged:
        """The first variant of oneOf or anyOf, merged in; the first that is not just null."""
        variants = [*sequence(merged.node.get("oneOf")), *sequence(merged.node.get("anyOf"))]
        rest = {name: value for name, value in merged.node.items() if name not in {"oneOf", "anyOf"}}
        for variant in variants:
            if mapping(variant).get("type") != "null":
                chosen = merge({"allOf": [rest, variant]}, self.document, merged.chain)
                return self._with_variant(chosen, levels - 1) if levels else chosen
        return Merged(rest, merged.chain)

    def _by_type(self, merged: Merged, depth: int) -> Any:
        node = merged.node
        given = _given(node)
        if given is not _LEFT_OUT:
            return given
        kinds = [kind for kind in types_of(node) if kind != "null"]
        kind = kinds[0] if kinds else ("null" if types_of(node) else "any")
        if kind == "object":
            return self._object(merged, depth)
        if kind == "array":
            return self._array(merged, depth)
        if kind == "boolean":
            return True
        if kind in {"integer", "number"}:
            return _number(node, whole=kind == "integer")
        return None if kind == "null" else _string(node)

    def _object(self, merged: Merged, depth: int) -> dict[str, Any]:
        required = set(strings(merged.node.get("required")))
        result: dict[str, Any] = {}
        for name, schema in mapping(merged.node.get("properties")).items():
            if self.left <= 0:
                break
            if self.hidden and mapping(merge(schema, self.document).node).get(self.hidden) is True:
                continue
            value = self.make(schema, merged.chain, depth + 1)
            if value is not _LEFT_OUT:
                result[name] = value
            elif name in required:
                result[name] = self._least(schema)
        return result or self._additional(merged, depth)

    def _additional(self, merged: Merged, depth: int) -> dict[str, Any]:
        extra = merged.node.get("additionalProperties")
        if not isinstance(extra, dict):
            return {}
        value = self.make(extra, merged.chain, depth + 1)
        return {} if value is _LEFT_OUT else {"name": value}

    def _array(self, merged: Merged, depth: int) -> list[Any]:
        least = merged.node.get("minItems")
        count = min(max(least if isinstance(least, int) else 1, 1), _MOST_ITEMS)
        first = [
            self.make(schema, merged.chain, depth + 1)
            for schema in sequence(merged.node.get("prefixItems"))[:_MOST_ITEMS]
        ]
        if not first and "items" in merged.node:
            first = [self.make(merged.node["items"], merged.chain, depth + 1)] * count
        return [value for value in first if value is not _LEFT_OUT]

    def _least(self, schema: Any) -> Any:
        """What stands for a required value that was cut: an empty value of its type."""
        kinds = types_of(merge(schema, self.document).node)
        return {"object": {}, "array": [], "string": "", "integer": 0, "number": 0, "boolean": False}.get(
            kinds[0] if kinds else "null"
        )


def _given(node: dict[str, Any]) -> Any:
    """What the schema itself offers: example, examples, default, const, the first of enum."""
    if "example" in node:
        return node["example"]
    for keyword in ("examples", "default", "const", "enum"):
        value = node.get(keyword, _LEFT_OUT)
        if keyword in {"examples", "enum"}:
            value = value[0] if isinstance(value, list) and value else _LEFT_OUT
        if value is not _LEFT_OUT:
            return value
    return _LEFT_OUT


def _string(node: dict[str, Any]) -> str:
    pattern = string(node.get("pattern"))
    called = _FORMATS.get(string(node.get("format"))) or string(node.get("title")) or _PLAIN
    text = (text_matching(pattern) if pattern else None) or called
    least, most = node.get("minLength"), node.get("maxLength")
    if isinstance(least, int) and len(text) < least and not pattern:
        text = (text * (min(least, _LONGEST) // len(text) + 1))[: min(least, _LONGEST)]
    return text[: max(most, 0)] if isinstance(most, int) and not pattern else text


def _number(node: dict[str, Any], *, whole: bool) -> int | float:
    """The least number within the limits (or 1), on the grid of multipleOf; limits beyond reason are not looked at."""
    step = _decimal(node.get("multipleOf")) or Decimal(1)
    step = step if step >= _FINEST else Decimal(1)
    low, high = _bound(node, "minimum", "exclusiveMinimum", step), _bound(node, "maximum", "exclusiveMaximum", -step)
    value = low if low is not None else min(Decimal(1), high if high is not None else Decimal(1))
    if step != 1:
        value = (value / step).to_integral_value(ROUND_CEILING) * step
    if whole:
        value = value.to_integral_value(ROUND_CEILING)
    return int(value) if value == value.to_integral_value() else float(value)


def _bound(node: dict[str, Any], limit: str, exclusive: str, step: Decimal) -> Decimal | None:
    """The limit itself, or a step inside it if it is exclusive (OpenAPI 3.0 by a boolean, 3.1 by a number)."""
    bound, beyond = _decimal(node.get(limit)), _decimal(node.get(exclusive))
    if beyond is not None:
        return beyond + step
    return bound + step if bound is not None and node.get(exclusive) is True else bound


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LARGEST:
        return None
    return Decimal(str(value))
