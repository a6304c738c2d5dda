"""Document → Outline: everything a reference page shows, resolved, frozen and in plain text.

Law: nothing is checked here; a part with a wrong shape is left out, so any loaded document has an outline.
"""

from __future__ import annotations

import re
from typing import Any

from openapi.document import Document
from openapi.examples import Examples, of_answer
from openapi.operations import Entry, OperationKey, entries, operations, parameters_of
from openapi.schema_views import SchemaViews
from openapi.shapes import bilingual, mapping, sequence, string, strings
from openapi.views import (
    Content,
    Header,
    OAuthFlow,
    Operation,
    Outline,
    Parameter,
    RequestBody,
    Response,
    SchemaView,
    SecurityNeed,
    SecurityScheme,
    Server,
    Tag,
)


def outline(document: Document) -> Outline:
    """What a page shows of a document: its operations in the document's order, ready to be rendered."""
    info = mapping(document.tree.get("info"))
    pages = _Pages(document)
    keys = operations(document)
    return Outline(
        title=bilingual(info, "title"),
        version=string(info.get("version")),
        description=bilingual(info, "description"),
        servers=tuple(_server(mapping(node)) for node in sequence(document.tree.get("servers"))),
        tags=tuple(_tag(mapping(node)) for node in sequence(document.tree.get("tags"))),
        operations=tuple(pages.operation(entry, key) for entry, key in zip(entries(document), keys, strict=True)),
        security_schemes=_security_schemes(document),
    )


class _Pages:
    """Outlines the operations of one document; schemas and examples seen before are made once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.schemas = SchemaViews(document)
        self.examples = Examples(document)

    def operation(self, entry: Entry, key: OperationKey) -> Operation:
        node = entry.operation
        security = node.get("security", self.document.tree.get("security"))
        return Operation(
            method=key.method,
            path=key.path,
            operation_id=key.operation_id,
            summary=bilingual(node, "summary"),
            description=bilingual(node, "description"),
            tags=strings(node.get("tags")),
            deprecated=node.get("deprecated") is True,
            parameters=tuple(self._parameter(parameter) for parameter in parameters_of(entry, self.document)),
            request_body=self._request_body(self.document.follow(node.get("requestBody"))),
            responses=tuple(
                self._response(*pair) for pair in mapping(node.get("responses")).items() if _status(pair[0])
            ),
            security=tuple(_needs(mapping(need)) for need in sequence(security)),
            slug=key.slug,
        )

    def _parameter(self, node: dict[str, Any]) -> Parameter:
        name = string(node.get("name"))
        return Parameter(
            name=name,
            location=string(node.get("in")),
            required=node.get("required") is True,
            description=bilingual(node, "description"),
            schema=self._schema(node, name),
            example=self.examples.of_parameter(node),
            deprecated=node.get("deprecated") is True,
        )

    def _schema(self, node: dict[str, Any], name: str) -> SchemaView | None:
        """The schema of a parameter or header, which may stand inside its one `content`."""
        contents = list(mapping(node.get("content")).values())
        return self.schemas.root(node.get("schema", mapping(contents[0]).get("schema") if contents else None), name)

    def _request_body(self, node: dict[str, Any]) -> RequestBody | None:
        if not node:
            return None
        contents = self._contents(node, sending=True)
        return RequestBody(bilingual(node, "description"), node.get("required") is True, contents)

    def _response(self, status: str, node: Any) -> Response:
        response = self.document.follow(node)
        headers = mapping(response.get("headers")).items()
        return Response(
            status=status,
            description=bilingual(response, "description"),
            headers=tuple(self._header(name, self.document.follow(header)) for name, header in headers),
            contents=self._contents(response, sending=False, status=status),
        )

    def _header(self, name: str, node: dict[str, Any]) -> Header:
        return Header(name, node.get("required") is True, bilingual(node, "description"), self._schema(node, name))

    def _contents(self, node: dict[str, Any], *, sending: bool, status: str = "") -> tuple[Content, ...]:
        return tuple(
            self._content(media_type, mapping(body), sending=sending, status=status)
            for media_type, body in mapping(node.get("content")).items()
        )

    def _content(self, media_type: str, body: dict[str, Any], *, sending: bool, status: str) -> Content:
        example = self.examples.of_media(body, sending=sending)
        is_made = not body.keys() & {"example", "examples"}
        shown = of_answer(example, media_type, status) if is_made else example
        return Content(media_type, self.schemas.root(body.get("schema")), shown)


def _status(name: str) -> bool:
    return not name.startswith("x-")


def _needs(node: dict[str, Any]) -> tuple[SecurityNeed, ...]:
    return tuple(SecurityNeed(name, strings(scopes)) for name, scopes in node.items())


def _server(node: dict[str, Any]) -> Server:
    variables = mapping(node.get("variables"))

    def fill(found: re.Match[str]) -> str:
        return str(mapping(variables.get(found[1])).get("default", found[0]))

    return Server(re.sub(r"\{([^{}]*)\}", fill, string(node.get("url"))), bilingual(node, "description"))


def _tag(node: dict[str, Any]) -> Tag:
    return Tag(string(node.get("name")), bilingual(node, "name"), bilingual(node, "description"))


def _security_schemes(document: Document) -> tuple[SecurityScheme, ...]:
    declared = mapping(mapping(document.tree.get("components")).get("securitySchemes"))
    return tuple(_security_scheme(name, document.follow(node)) for name, node in declared.items())


def _security_scheme(name: str, node: dict[str, Any]) -> SecurityScheme:
    return SecurityScheme(
        name=name,
        type=string(node.get("type")),
        description=bilingual(node, "description"),
        location=string(node.get("in")),
        parameter=string(node.get("name")),
        scheme=string(node.get("scheme")),
        bearer_format=string(node.get("bearerFormat")),
        flows=tuple(_flow(flow, mapping(value)) for flow, value in mapping(node.get("flows")).items()),
        open_id_url=string(node.get("openIdConnectUrl")),
    )


def _flow(name: str, node: dict[str, Any]) -> OAuthFlow:
    scopes = tuple((scope, string(words)) for scope, words in mapping(node.get("scopes")).items())
    return OAuthFlow(name, string(node.get("authorizationUrl")), string(node.get("tokenUrl")), scopes)
