"""The same document, hosted elsewhere."""

import json

import pytest

from openapi import hosted_at, load, rehosted, validate
from openapi.validation import check
from tests.openapi.samples import OK, a_document

INSIDE = "http://internal.example"
SCHEMES = {"token": {"type": "http", "scheme": "bearer"}}
SERVERS = [{"url": INSIDE}]
LINKS = {"next": {"operationId": "list", "server": SERVERS[0]}}
ITEM = {
    "servers": SERVERS,
    "get": {"operationId": "list", "servers": SERVERS, "security": [{"own": []}], "responses": OK},
    "post": {
        "responses": {"200": {"description": "Fine.", "links": LINKS}},
        "callbacks": {"done": {"{$request.body#/url}": {"servers": SERVERS, "put": {
            "servers": SERVERS, "security": [{"own": []}], "responses": OK,
        }}}},
    },
}  # fmt: skip
OWN = {"own": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": f"{INSIDE}/token", "scopes": {}}}}}


def moved(document):
    return rehosted(
        document, url="https://store.example/api/a/v1", schemes=SCHEMES, security=lambda method: [{"token": [method]}]
    )


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_nothing_names_the_service_behind_any_more(version):
    components = {
        "securitySchemes": OWN, "links": LINKS, "responses": {"r": {"description": "R", "links": LINKS}},
        "callbacks": {"c": {"{$url}": {"servers": SERVERS, "post": {"responses": OK}}}},
        **({"pathItems": {"p": ITEM}} if version == "3.1.0" else {}),
    }  # fmt: skip
    more = {"webhooks": {"w": {"servers": SERVERS, "post": {"responses": OK}}}} if version == "3.1.0" else {}
    document = a_document(
        version, servers=SERVERS, security=[{"own": []}], paths={"/a": ITEM}, components=components, **more
    )
    before = json.dumps(document.tree)

    tree = moved(document)

    text = json.dumps(tree)
    assert "internal" not in text
    assert "own" not in text
    assert tree["servers"] == [{"url": "https://store.example/api/a/v1"}]
    assert not check(text.encode()).findings
    assert json.dumps(document.tree) == before


def test_each_operation_asks_for_what_its_method_needs_and_a_callback_for_nothing():
    tree = moved(a_document(paths={"/a": ITEM}))

    item = tree["paths"]["/a"]
    assert item["get"]["security"] == [{"token": ["GET"]}]
    assert item["post"]["security"] == [{"token": ["POST"]}]
    assert "security" not in item["post"]["callbacks"]["done"]["{$request.body#/url}"]["put"]
    assert "security" not in tree


def test_a_path_item_behind_a_reference_is_written_out():
    document = a_document("3.1.0", paths={"/a": {"$ref": "#/x-shared"}}, **{"x-shared": {"get": ITEM["get"]}})

    item = moved(document)["paths"]["/a"]

    assert (set(item), item["get"]["security"]) == ({"get"}, [{"token": ["GET"]}])


def test_fields_called_servers_elsewhere_are_the_authors():
    schema = {"type": "object", "properties": {"servers": {"type": "string"}, "security": {"type": "string"}}}

    tree = moved(a_document(components={"schemas": {"s": schema}}))

    assert tree["components"]["schemas"]["s"] == schema
    assert tree["components"]["securitySchemes"] == SCHEMES


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({}, ""),
        ({"servers": SERVERS}, "/servers"),
        ({"paths": {"/a": {"servers": SERVERS, "get": {"responses": OK}}}}, "/paths/~1a/servers"),
        ({"paths": {"/a": {"get": {"servers": SERVERS, "responses": OK}}}}, "/paths/~1a/get/servers"),
        ({"components": {"securitySchemes": OWN}}, "/components/securitySchemes"),
    ],
)
def test_what_will_be_replaced_first_is_pointed_at(changes, pointer):
    assert hosted_at(a_document(**changes)) == pointer


def test_a_good_document_stays_good():
    loaded = load(json.dumps(moved(a_document(paths={"/a": ITEM}))).encode())

    assert loaded.document is not None
    assert not validate(loaded.document)
