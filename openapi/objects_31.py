"""The objects of OpenAPI 3.1, as a table: that of 3.0 with some rows changed.

Law: written from the specification (OpenAPI 3.1.1 §4.8); what is not named here is as in 3.0.
"""

from __future__ import annotations

from dataclasses import replace

from openapi.kinds import STRING, Kind, ListOf, MapOf, Object, Row, Table, one_of
from openapi.objects import OPENAPI_30, SECTIONS, named_section
from openapi.schema_objects import SCHEMA_31

_SCHEMA = Object("schema", boolean=True)


_SECTIONS = {
    **{name: Object(held, reference=True) for name, held in SECTIONS.items()},
    "schemas": _SCHEMA,
    "pathItems": Object("path-item", reference=True),
}


def _more(name: str, **fields: Kind) -> Row:
    """A row of 3.0 with fields added or replaced."""
    row = OPENAPI_30[name]
    return replace(row, fields={**row.fields, **fields})


OPENAPI_31: Table = {
    **OPENAPI_30,
    **SCHEMA_31,
    # `paths` may be absent from a 3.1 document; that nothing can be called is then the finding "no-operations".
    "document": replace(
        _more("document", jsonSchemaDialect=STRING, webhooks=MapOf(Object("path-item", reference=True))),
        required=("openapi", "info"),
    ),
    "info": _more("info", summary=STRING),
    "license": replace(_more("license", identifier=STRING), exclusive=(("identifier", "url"),)),
    "server-variable": _more("server-variable", enum=ListOf(STRING, filled=True)),
    "components": _more(
        "components", **{name: named_section(held, "name-not-allowed") for name, held in _SECTIONS.items()}
    ),
    "operation": replace(OPENAPI_30["operation"], required=()),
    "parameter": _more("parameter", schema=_SCHEMA),
    "header": _more("header", schema=_SCHEMA),
    "media-type": _more("media-type", schema=_SCHEMA),
    "security-scheme": _more("security-scheme", type=one_of("apiKey", "http", "mutualTLS", "oauth2", "openIdConnect")),
}
