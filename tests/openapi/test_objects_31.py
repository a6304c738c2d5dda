from typing import Any

import pytest

from tests.openapi.samples import OK, a_document, found

NEW_IN_31 = {
    "info.summary": {"info": {"title": "t", "version": "1", "summary": "s"}},
    "license.identifier": {"info": {"title": "t", "version": "1", "license": {"name": "n", "identifier": "MIT"}}},
    "webhooks": {"webhooks": {"new": {"post": {"responses": OK}}}},
    "jsonSchemaDialect": {"jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base"},
    "components.pathItems": {"components": {"pathItems": {"p": {"get": {"responses": OK}}}}},
    "mutualTLS": {"components": {"securitySchemes": {"tls": {"type": "mutualTLS"}}}},
    "no responses": {"paths": {"/a": {"get": {}}}},
    "type lists": {"components": {"schemas": {"A": {"type": ["string", "null"]}}}},
    "const": {"components": {"schemas": {"A": {"const": 1}}}},
    "boolean schemas": {"components": {"schemas": {"A": {"properties": {"b": True}}, "B": False}}},
}


@pytest.mark.parametrize("changes", NEW_IN_31.values(), ids=NEW_IN_31)
def test_what_3_1_adds_is_good_in_3_1_and_a_fault_in_3_0(changes):
    assert found(a_document("3.1.0", **changes)) == []
    assert found(a_document("3.0.3", **changes)) != []


def test_a_license_has_an_identifier_or_an_address():
    info = {"title": "t", "version": "1", "license": {"name": "n", "identifier": "MIT", "url": "https://example.ca"}}

    assert found(a_document("3.1.0", info=info)) == [("fields-exclusive", "/info/license/url")]


def test_a_bad_component_name_is_an_error_in_3_1_and_a_warning_in_3_0():
    components: dict[str, Any] = {"schemas": {"Page«User»": {}}}

    assert found(a_document("3.1.0", components=components)) == [("name-not-allowed", "/components/schemas/Page«User»")]
    assert found(a_document("3.0.3", components=components)) == [("component-name", "/components/schemas/Page«User»")]
