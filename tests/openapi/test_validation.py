import json
import time
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from openapi import check, validate
from tests.openapi.samples import OK, a_document, a_tree

ORACLES = {"3.0.3": OpenAPIV30SpecValidator, "3.1.0": OpenAPIV31SpecValidator}
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}

GOOD: dict[str, dict[str, Any]] = {
    "the least": {},
    "servers": {"servers": [{"url": "/{v}", "variables": {"v": {"default": "1", "enum": ["1"]}}}]},
    "a path parameter": {"paths": {"/a/{id}": {"get": {"parameters": [_ID], "responses": OK}}}},
    "a shared path parameter": {"paths": {"/a/{id}": {"parameters": [_ID], "get": {"responses": OK}}}},
    "security": {
        "components": {"securitySchemes": {"k": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}},
        "security": [{"k": []}, {}],
    },
    "a recursive schema": {"components": {"schemas": {"A": {"properties": {"a": {"$ref": "#/components/schemas/A"}}}}}},
    "content of a parameter": {
        "paths": {
            "/a": {"get": {"parameters": [{"name": "q", "in": "query", "content": {"a/b": {}}}], "responses": OK}}
        }
    },
    "extensions": {"x-any": {"$ref": "nowhere"}},
}
BAD: dict[str, dict[str, Any]] = {
    "no title": {"info": {"version": "1"}},
    "an unknown field": {"hosts": []},
    "a response without words": {"paths": {"/a": {"get": {"responses": {"200": {}}}}}},
    "a bad status": {"paths": {"/a": {"get": {"responses": {"ok": {"description": "d"}}}}}},
    "an undeclared path parameter": {"paths": {"/a/{id}": {"get": {"responses": OK}}}},
    "a repeated operationId": {
        "paths": {"/a": {"get": {"operationId": "x", "responses": OK}, "put": {"operationId": "x", "responses": OK}}}
    },
    "a repeated parameter": {
        "paths": {"/a": {"get": {"parameters": [{"name": "q", "in": "query", "schema": {}}] * 2, "responses": OK}}}
    },
    "an optional path parameter": {
        "paths": {"/a/{id}": {"get": {"parameters": [{**_ID, "required": False}], "responses": OK}}}
    },
    "a parameter in the body": {
        "paths": {"/a": {"get": {"parameters": [{"name": "q", "in": "body", "schema": {}}], "responses": OK}}}
    },
    "a schema with a bad type": {"components": {"schemas": {"A": {"type": "text"}}}},
    "a server without address": {"servers": [{"description": "d"}]},
    "tags as text": {"paths": {"/a": {"get": {"tags": "x", "responses": OK}}}},
}


@pytest.mark.parametrize("version", ORACLES)
@pytest.mark.parametrize("changes", GOOD.values(), ids=GOOD)
def test_we_and_the_reference_validator_accept_the_same_good_documents(version, changes):
    tree = a_tree(version, **changes)

    assert list(ORACLES[version](tree).iter_errors()) == []
    assert check(json.dumps(tree).encode()).findings == ()


@pytest.mark.parametrize("version", ORACLES)
@pytest.mark.parametrize("changes", BAD.values(), ids=BAD)
def test_we_and_the_reference_validator_refuse_the_same_bad_documents(version, changes):
    tree = a_tree(version, **changes)

    assert list(ORACLES[version](tree).iter_errors()) != []
    assert not check(json.dumps(tree).encode()).good


def test_a_document_that_does_not_load_is_checked_as_such():
    checked = check(b"hello")

    assert checked.document is None
    assert not checked.good
    assert [one.rule for one in checked.findings] == ["not-an-object"]


def test_warnings_do_not_make_a_document_bad():
    checked = check(json.dumps(a_tree(security=[{"key": []}])).encode())

    assert checked.findings
    assert checked.good


def test_a_thousand_faults_give_a_hundred_findings_and_a_last_word():
    findings = validate(a_document(**{f"field{number}": 1 for number in range(1200)}))

    assert len(findings) == 101
    assert findings[-1].rule == "too-many-findings"
    assert [one.line for one in findings] == sorted(one.line for one in findings)


def test_a_large_document_is_checked_in_good_time():
    schemas = {
        f"S{n}": {
            "type": "object",
            "properties": {f"p{i}": {"type": "string", "description": "d" * 40} for i in range(20)},
        }
        for n in range(400)
    }
    data = json.dumps(a_tree(components={"schemas": schemas})).encode()
    began = time.perf_counter()

    checked = check(data)

    assert checked.good
    assert time.perf_counter() - began < 3
