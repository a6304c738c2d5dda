"""An operation → one request that could be sent: path filled in, required parameters given, a body.

Law: everything in it is ready to be sent (percent-encoded path, text body); what shows it only quotes it for its shell.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from openapi.document import Document
from openapi.examples import Examples
from openapi.operations import entries, parameters_of
from openapi.shapes import mapping, string

# OpenAPI 3.0.4 §4.7.12: a header parameter of one of these names "SHALL be ignored".
_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|"}
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


class Named(Protocol):
    """Anything that names an operation: an `Operation` or an `OperationKey`."""

    @property
    def method(self) -> str:
        """The method in capitals."""

    @property
    def path(self) -> str:
        """The path template."""


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """One request: `path` is filled in and encoded; `query` and `headers` are pairs, not encoded; `body` is text."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: str | None
    media_type: str | None

    @property
    def target(self) -> str:
        """Path and query as they stand in a request line."""
        return f"{self.path}?{urlencode(self.query, quote_via=quote)}" if self.query else self.path


def sample_request(operation: Named, document: Document) -> SampleRequest:
    """A request for `operation`; LookupError if the document does not have it."""
    for entry in entries(document):
        if (entry.method.upper(), entry.path) == (operation.method, operation.path):
            examples = Examples(document)
            parameters = parameters_of(entry, document)
            media_type, body = _body(document.follow(entry.operation.get("requestBody")), examples)
            return SampleRequest(
                operation.method,
                _path(entry.path, parameters, examples),
                _query(parameters, examples),
                _headers(parameters, examples),
                body,
                media_type,
            )
    raise LookupError(f"no operation {operation.method} {operation.path}")


def _path(path: str, parameters: list[dict[str, Any]], examples: Examples) -> str:
    for node in parameters:
        name = string(node.get("name"))
        if node.get("in") == "path":
            style = node.get("style")
            start = {"label": ".", "matrix": f";{quote(name, safe='')}="}.get(str(style), "")
            path = path.replace("{" + name + "}", start + quote(_joined(examples.of_parameter(node), ","), safe=","))
    return quote(path, safe="/%,;=.:@!$&'()*+~")


def _query(parameters: list[dict[str, Any]], examples: Examples) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for node in parameters:
        if node.get("in") == "query" and node.get("required") is True:
            pairs += _query_pairs(node, examples.of_parameter(node))
    return tuple(pairs)


def _query_pairs(node: dict[str, Any], value: Any) -> list[tuple[str, str]]:
    """The style table of OpenAPI 3.0.4 §4.7.12.4 for the query."""
    name, style = string(node.get("name")), string(node.get("style")) or "form"
    explode = node.get("explode", style == "form") is True
    if isinstance(value, dict) and style == "deepObject":
        return [(f"{name}[{key}]", _scalar(item)) for key, item in value.items()]
    if isinstance(value, dict) and explode and "content" not in node:
        return [(key, _scalar(item)) for key, item in value.items()]
    if isinstance(value, list) and explode and "content" not in node:
        return [(name, _scalar(item)) for item in value]
    if "content" in node:
        return [(name, json.dumps(value, ensure_ascii=False))]
    return [(name, _joined(value, _SEPARATORS.get(style, ",")))]


def _headers(parameters: list[dict[str, Any]], examples: Examples) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    cookies: list[str] = []
    for node in parameters:
        name = string(node.get("name"))
        if node.get("required") is not True:
            continue
        if node.get("in") == "header" and name.lower() not in _IGNORED_HEADERS:
            headers.append((name, _UNPRINTABLE.sub("?", _joined(examples.of_parameter(node), ","))))
        elif node.get("in") == "cookie":
            cookies.append(f"{name}={quote(_joined(examples.of_parameter(node), ','), safe=',')}")
    return tuple(headers) + ((("Cookie", "; ".join(cookies)),) if cookies else ())


def _body(node: dict[str, Any], examples: Examples) -> tuple[str | None, str | None]:
    contents = mapping(node.get("content"))
    media_type = min(contents, key=_preference, default=None)
    if media_type is None:
        return None, None
    value = examples.of_media(mapping(contents[media_type]), sending=True)
    return media_type, _encoded(media_type, value)


def _preference(media_type: str) -> int:
    """JSON first, then a form, then whatever comes first."""
    if _is_json(media_type):
        return 0
    return 1 if media_type == "application/x-www-form-urlencoded" else 2


def _is_json(media_type: str) -> bool:
    essence = media_type.partition(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json") or essence == "*/*"


def _encoded(media_type: str, value: Any) -> str | None:
    if _is_json(media_type):
        return json.dumps(value, ensure_ascii=False)
    if media_type == "application/x-www-form-urlencoded" and isinstance(value, dict):
        return urlencode([(name, _scalar(item)) for name, item in value.items()])
    return value if isinstance(value, str) else None


def _joined(value: Any, separator: str) -> str:
    if isinstance(value, list):
        return separator.join(_scalar(item) for item in value)
    if isinstance(value, dict):
        return separator.join(part for name, item in value.items() for part in (name, _scalar(item)))
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
