"""Small documents for the tests of `openapi`: a sane one, and ways to change it."""

from __future__ import annotations

import json
from typing import Any

from openapi import Document, Finding, load, validate

OK = {"200": {"description": "Fine."}}


def a_tree(version: str = "3.0.3", /, **changes: Any) -> dict[str, Any]:
    """A good document as plain data; keywords replace its top fields."""
    return {
        "openapi": version,
        "info": {"title": "Weather", "version": "1.0.0"},
        "paths": {"/stations": {"get": {"operationId": "listStations", "responses": OK}}},
        **changes,
    }


def a_document(version: str = "3.0.3", /, **changes: Any) -> Document:
    """The same, loaded from JSON."""
    loaded = load(json.dumps(a_tree(version, **changes), indent=1).encode())
    assert loaded.document is not None, loaded.findings
    return loaded.document


def with_schemas(version: str = "3.0.3", /, **schemas: Any) -> Document:
    """A good document with these schemas among its components."""
    return a_document(version, components={"schemas": schemas})


def with_operation(version: str = "3.0.3", /, path: str = "/stations", **fields: Any) -> Document:
    """A good document whose one operation has these fields."""
    return a_document(version, paths={path: {"get": {"responses": OK, **fields}}})


def found(document: Document) -> list[tuple[str, str]]:
    """(rule, pointer) of each finding."""
    return [(one.rule, one.pointer) for one in validate(document)]


def one_finding(data: bytes) -> Finding:
    """The only finding of a text that does not load."""
    loaded = load(data)
    assert loaded.document is None
    (finding,) = loaded.findings
    return finding
