"""The Schema Object of OpenAPI 3.0 and of 3.1, as table rows.

Law: in 3.0 every keyword is listed and checked here. In 3.1 a schema is JSON Schema draft 2020-12, checked by its
meta-schema (`meta_schema.py`); the rows here only say where schemas contain schemas, and add what OpenAPI adds.
"""

from __future__ import annotations

from openapi.finding import Words
from openapi.kinds import ANY, BOOLEAN, COUNT, NUMBER, STRING, Kind, ListOf, MapOf, Object, Row, Scalar, Table, one_of

_SCHEMA = Object("schema", reference=True)
_EITHER = Object("schema", boolean=True)
_WORDS = Words("a schema", "un schéma")

_OPENAPI_FIELDS: dict[str, Kind] = {
    "discriminator": Object("discriminator"),
    "xml": Object("xml"),
    "externalDocs": Object("external-docs"),
}
_SHARED: Table = {
    "discriminator": Row(
        Words("“discriminator”", "«\u00a0discriminator\u00a0»"),
        {"propertyName": STRING, "mapping": MapOf(STRING)},
        ("propertyName",),
    ),
    "xml": Row(
        Words("“xml”", "«\u00a0xml\u00a0»"),
        {"name": STRING, "namespace": STRING, "prefix": STRING, "attribute": BOOLEAN, "wrapped": BOOLEAN},
    ),
}

# OpenAPI 3.0.4 §4.7.24: "properties are taken directly from JSON Schema (draft Wright 00)", some adjusted.
SCHEMA_30: Table = {
    "schema": Row(
        _WORDS,
        {
            "title": STRING,
            "multipleOf": Scalar("number", above=0),
            "maximum": NUMBER,
            "exclusiveMaximum": BOOLEAN,
            "minimum": NUMBER,
            "exclusiveMinimum": BOOLEAN,
            "maxLength": COUNT,
            "minLength": COUNT,
            "pattern": STRING,
            "maxItems": COUNT,
            "minItems": COUNT,
            "uniqueItems": BOOLEAN,
            "maxProperties": COUNT,
            "minProperties": COUNT,
            "required": ListOf(STRING, filled=True, unique=True),
            "enum": ListOf(ANY, filled=True),
            "type": one_of("array", "boolean", "integer", "number", "object", "string"),
            "not": _SCHEMA,
            "allOf": ListOf(_SCHEMA),
            "oneOf": ListOf(_SCHEMA),
            "anyOf": ListOf(_SCHEMA),
            "items": _SCHEMA,
            "properties": MapOf(_SCHEMA),
            "additionalProperties": Object("schema", reference=True, boolean=True),
            "description": STRING,
            "format": STRING,
            "default": ANY,
            "nullable": BOOLEAN,
            "readOnly": BOOLEAN,
            "writeOnly": BOOLEAN,
            "example": ANY,
            "deprecated": BOOLEAN,
            **_OPENAPI_FIELDS,
        },
    ),
    **_SHARED,
}

_ONE = ("not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames",
        "unevaluatedItems", "unevaluatedProperties", "contentSchema")  # fmt: skip
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs")

SCHEMA_31: Table = {
    "schema": Row(
        _WORDS,
        {
            **dict.fromkeys(_ONE, _EITHER),
            **dict.fromkeys(_LISTS, ListOf(_EITHER)),
            **dict.fromkeys(_MAPS, MapOf(_EITHER)),
            **_OPENAPI_FIELDS,
        },
        closed=False,
        keeps_reference=True,
    ),
    **_SHARED,
}
