"""The objects of OpenAPI 3.0, as a table: fields, what they hold, what is required.

Law: written from the specification (OpenAPI 3.0.4 §4.7); nothing here is code.
"""

from __future__ import annotations

import re

from openapi.finding import Words
from openapi.kinds import ANY, BOOLEAN, STRING, STRINGS, Kind, ListOf, MapOf, Object, Row, Table, mapped, one_of
from openapi.schema_objects import SCHEMA_30

_NAME = re.compile(r"[a-zA-Z0-9._-]+")
_NAME_WORDS = Words(
    "only letters, digits, “.”, “_” and “-”", "seulement des lettres, des chiffres, « . », « _ » et « - »"
)
_PATH_WORDS = Words("a path begins with “/”", "un chemin commence par « / »")
_STATUS_WORDS = Words(
    "a status such as “200”, a range such as “4XX”, or “default”",
    "un code comme « 200 », une plage comme « 4XX », ou « default »",
)
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_QUERY_STYLES = ("form", "spaceDelimited", "pipeDelimited", "deepObject")
_ALL_STYLES = ("matrix", "label", "simple", *_QUERY_STYLES)
_SCHEMA = Object("schema", reference=True)
# Generators of 3.0 documents write names such as "Page«User»"; validators of 3.0 let them pass, those of 3.1 do not.
SECTIONS = {
    "schemas": "schema",
    "responses": "response",
    "parameters": "parameter",
    "examples": "example",
    "requestBodies": "request-body",
    "headers": "header",
    "securitySchemes": "security-scheme",
    "links": "link",
    "callbacks": "callback",
}


def named_section(held: Object, rule: str) -> MapOf:
    """A section of `components`: names of a restricted alphabet (OpenAPI 3.0.4 §4.7.7)."""
    return MapOf(held, _NAME, _NAME_WORDS, rule)


_HEADER_FIELDS: dict[str, Kind] = {
    "description": STRING,
    "required": BOOLEAN,
    "deprecated": BOOLEAN,
    "allowEmptyValue": BOOLEAN,
    "style": one_of(*_ALL_STYLES),
    "explode": BOOLEAN,
    "allowReserved": BOOLEAN,
    "schema": _SCHEMA,
    "example": ANY,
    "examples": mapped("example"),
    "content": MapOf(Object("media-type"), single=True),
}
_SCOPES = MapOf(STRING)

OPENAPI_30: Table = {
    "document": Row(
        Words("the document", "le document"),
        {
            "openapi": STRING,
            "info": Object("info"),
            "servers": ListOf(Object("server")),
            "paths": MapOf(Object("path-item"), re.compile(r"/.*", re.DOTALL), _PATH_WORDS, extensible=True),
            "components": Object("components"),
            "security": ListOf(MapOf(STRINGS)),
            "tags": ListOf(Object("tag")),
            "externalDocs": Object("external-docs"),
        },
        ("openapi", "info", "paths"),
    ),
    "info": Row(
        Words("“info”", "« info »"),
        {
            "title": STRING,
            "description": STRING,
            "termsOfService": STRING,
            "contact": Object("contact"),
            "license": Object("license"),
            "version": STRING,
        },
        ("title", "version"),
    ),
    "contact": Row(Words("“contact”", "« contact »"), {"name": STRING, "url": STRING, "email": STRING}),
    "license": Row(Words("“license”", "« license »"), {"name": STRING, "url": STRING}, ("name",)),
    "server": Row(
        Words("a server", "un serveur"),
        {"url": STRING, "description": STRING, "variables": MapOf(Object("server-variable"))},
        ("url",),
    ),
    "server-variable": Row(
        Words("a server variable", "une variable de serveur"),
        {"enum": ListOf(STRING), "default": STRING, "description": STRING},
        ("default",),
    ),
    "components": Row(
        Words("“components”", "« components »"),
        {name: named_section(Object(held, reference=True), "component-name") for name, held in SECTIONS.items()},
    ),
    "path-item": Row(
        Words("a path", "un chemin"),
        {
            "summary": STRING,
            "description": STRING,
            "servers": ListOf(Object("server")),
            "parameters": ListOf(Object("parameter", reference=True)),
            **dict.fromkeys(_METHODS, Object("operation")),
        },
        keeps_reference=True,
    ),
    "operation": Row(
        Words("an operation", "une opération"),
        {
            "tags": STRINGS,
            "summary": STRING,
            "description": STRING,
            "externalDocs": Object("external-docs"),
            "operationId": STRING,
            "parameters": ListOf(Object("parameter", reference=True)),
            "requestBody": Object("request-body", reference=True),
            "responses": MapOf(
                Object("response", reference=True),
                re.compile(r"[1-5](?:\d\d|XX)|default"),
                _STATUS_WORDS,
                filled=True,
                extensible=True,
            ),
            "callbacks": mapped("callback"),
            "deprecated": BOOLEAN,
            "security": ListOf(MapOf(STRINGS)),
            "servers": ListOf(Object("server")),
        },
        ("responses",),
    ),
    "external-docs": Row(Words("“externalDocs”", "« externalDocs »"), {"description": STRING, "url": STRING}, ("url",)),
    "parameter": Row(
        Words("a parameter", "un paramètre"),
        {"name": STRING, "in": one_of("query", "header", "path", "cookie"), **_HEADER_FIELDS},
        ("name", "in"),
        exclusive=(("schema", "content"), ("example", "examples")),
        one_of=("schema", "content"),
        allowed_when=(
            ("in", "path", "style", ("matrix", "label", "simple")),
            ("in", "query", "style", _QUERY_STYLES),
            ("in", "header", "style", ("simple",)),
            ("in", "cookie", "style", ("form",)),
        ),
    ),
    "header": Row(
        Words("a header", "un en-tête"),
        {**_HEADER_FIELDS, "style": one_of("simple")},
        exclusive=(("schema", "content"), ("example", "examples")),
        one_of=("schema", "content"),
    ),
    "request-body": Row(
        Words("a request body", "un corps de requête"),
        {"description": STRING, "content": MapOf(Object("media-type")), "required": BOOLEAN},
        ("content",),
    ),
    "media-type": Row(
        Words("a media type", "un type de contenu"),
        {"schema": _SCHEMA, "example": ANY, "examples": mapped("example"), "encoding": MapOf(Object("encoding"))},
        exclusive=(("example", "examples"),),
    ),
    "encoding": Row(
        Words("an encoding", "un encodage"),
        {
            "contentType": STRING,
            "headers": mapped("header"),
            "style": one_of(*_QUERY_STYLES),
            "explode": BOOLEAN,
            "allowReserved": BOOLEAN,
        },
    ),
    "response": Row(
        Words("a response", "une réponse"),
        {
            "description": STRING,
            "headers": mapped("header"),
            "content": MapOf(Object("media-type")),
            "links": mapped("link"),
        },
        ("description",),
    ),
    "callback": Row(Words("a callback", "un rappel"), {}, others=Object("path-item", reference=True)),
    "example": Row(
        Words("an example", "un exemple"),
        {"summary": STRING, "description": STRING, "value": ANY, "externalValue": STRING},
        exclusive=(("value", "externalValue"),),
    ),
    "link": Row(
        Words("a link", "un lien"),
        {
            "operationRef": STRING,
            "operationId": STRING,
            "parameters": MapOf(ANY),
            "requestBody": ANY,
            "description": STRING,
            "server": Object("server"),
        },
        exclusive=(("operationRef", "operationId"),),
    ),
    "tag": Row(
        Words("a tag", "une étiquette"),
        {"name": STRING, "description": STRING, "externalDocs": Object("external-docs")},
        ("name",),
    ),
    "security-scheme": Row(
        Words("a security scheme", "un mécanisme de sécurité"),
        {
            "type": one_of("apiKey", "http", "oauth2", "openIdConnect"),
            "description": STRING,
            "name": STRING,
            "in": one_of("query", "header", "cookie"),
            "scheme": STRING,
            "bearerFormat": STRING,
            "flows": Object("oauth-flows"),
            "openIdConnectUrl": STRING,
        },
        ("type",),
        required_when=(
            ("type", "apiKey", ("name", "in")),
            ("type", "http", ("scheme",)),
            ("type", "oauth2", ("flows",)),
            ("type", "openIdConnect", ("openIdConnectUrl",)),
        ),
    ),
    "oauth-flows": Row(
        Words("“flows”", "« flows »"),
        {
            "implicit": Object("implicit-flow"),
            "password": Object("token-flow"),
            "clientCredentials": Object("token-flow"),
            "authorizationCode": Object("code-flow"),
        },
    ),
    "implicit-flow": Row(
        Words("an implicit flow", "un flux implicite"),
        {"authorizationUrl": STRING, "refreshUrl": STRING, "scopes": _SCOPES},
        ("authorizationUrl", "scopes"),
    ),
    "token-flow": Row(
        Words("an OAuth flow", "un flux OAuth"),
        {"tokenUrl": STRING, "refreshUrl": STRING, "scopes": _SCOPES},
        ("tokenUrl", "scopes"),
    ),
    "code-flow": Row(
        Words("an authorization code flow", "un flux par code d’autorisation"),
        {"authorizationUrl": STRING, "tokenUrl": STRING, "refreshUrl": STRING, "scopes": _SCOPES},
        ("authorizationUrl", "tokenUrl", "scopes"),
    ),
    **SCHEMA_30,
}
