import pytest

from openapi import validate
from tests.openapi.samples import OK, a_document, a_tree, found, with_operation

P = "/paths/~1stations/get"

BAD_OPERATIONS = {
    "tags as text": ({"tags": "a"}, ("wrong-type", P + "/tags")),
    "an unknown field": ({"sumary": "x"}, ("field-unknown", P + "/sumary")),
    "a reference where none may be": ({"$ref": "#/x"}, ("field-unknown", P + "/$ref")),
    "no responses at all": ({"responses": {}}, ("too-few", P + "/responses")),
    "a bad status": ({"responses": {"2000": {"description": "d"}}}, ("name-not-allowed", P + "/responses/2000")),
    "a response without words": ({"responses": {"200": {}}}, ("field-missing", P + "/responses/200")),
    "a response that is text": ({"responses": {"200": "fine"}}, ("wrong-type", P + "/responses/200")),
    "a reference that is no text": ({"responses": {"200": {"$ref": 3}}}, ("wrong-type", P + "/responses/200/$ref")),
    "a body without content": ({"requestBody": {}}, ("field-missing", P + "/requestBody")),
    "a parameter nowhere": ({"parameters": [{"name": "a", "schema": {}}]}, ("field-missing", P + "/parameters/0")),
    "a parameter in the body": (
        {"parameters": [{"name": "a", "in": "body", "schema": {}}]},
        ("value-not-allowed", P + "/parameters/0/in"),
    ),
    "a parameter without schema": (
        {"parameters": [{"name": "a", "in": "query"}]},
        ("one-of-fields-missing", P + "/parameters/0"),
    ),
    "a parameter with both": (
        {"parameters": [{"name": "a", "in": "query", "schema": {}, "content": {"text/plain": {}}}]},
        ("fields-exclusive", P + "/parameters/0/content"),
    ),
    "a parameter with two contents": (
        {"parameters": [{"name": "a", "in": "query", "content": {"text/plain": {}, "a/b": {}}}]},
        ("not-one", P + "/parameters/0/content"),
    ),
    "a style of another place": (
        {"parameters": [{"name": "a", "in": "query", "schema": {}, "style": "matrix"}]},
        ("value-not-allowed", P + "/parameters/0/style"),
    ),
    "a callback with a fault": (
        {"callbacks": {"done": {"{$request.body#/url}": {"post": {"responses": {"200": 1}}}}}},
        ("wrong-type", P + "/callbacks/done/{$request.body#~1url}/post/responses/200"),
    ),
}

BAD_DOCUMENTS = {
    "no title": ({"info": {"version": "1"}}, ("field-missing", "/info")),
    "a version as a number": ({"info": {"title": "t", "version": 1.0}}, ("wrong-type", "/info/version")),
    "info as null": ({"info": None}, ("wrong-type", "/info")),
    "an unknown top field": ({"host": "example.ca"}, ("field-unknown", "/host")),
    "a path without slash": ({"paths": {"a": {}, "/b": {"get": {"responses": OK}}}}, ("name-not-allowed", "/paths/a")),
    "an unknown method": (
        {"paths": {"/a": {"fetch": {}, "get": {"responses": OK}}}},
        ("field-unknown", "/paths/~1a/fetch"),
    ),
    "a server without address": ({"servers": [{}]}, ("field-missing", "/servers/0")),
    "a component with a bad name": (
        {"components": {"schemas": {"a b": {}}}},
        ("component-name", "/components/schemas/a b"),
    ),
    "an api key nowhere": (
        {"components": {"securitySchemes": {"k": {"type": "apiKey", "name": "X"}}}},
        ("field-missing", "/components/securitySchemes/k"),
    ),
    "a flow without address": (
        {"components": {"securitySchemes": {"o": {"type": "oauth2", "flows": {"clientCredentials": {"scopes": {}}}}}}},
        ("field-missing", "/components/securitySchemes/o/flows/clientCredentials"),
    ),
}


@pytest.mark.parametrize(("fields", "fault"), BAD_OPERATIONS.values(), ids=BAD_OPERATIONS)
def test_a_fault_in_an_operation_is_found_where_it_is(fields, fault):
    assert found(with_operation(**fields)) == [fault]


@pytest.mark.parametrize(("changes", "fault"), BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS)
def test_a_fault_in_a_document_is_found_where_it_is(changes, fault):
    assert found(a_document(**changes)) == [fault]


def test_extensions_are_welcome_everywhere_and_not_looked_into():
    tree = a_tree()
    tree["x-a"] = tree["info"]["x-b"] = tree["paths"]["x-c"] = tree["paths"]["/stations"]["get"]["x-d"] = {"$ref": 4}

    del tree["openapi"]

    assert found(a_document(**tree)) == []


def test_a_missing_field_is_said_in_both_languages():
    (finding,) = validate(a_document(info={"version": "1"}))

    assert finding.words.en == "The field “title” is required in “info”."
    assert finding.words.fr == "Le champ «\u00a0title\u00a0» est obligatoire dans «\u00a0info\u00a0»."
    assert finding.line == 3
