"""The document that the API serves of itself."""

import re

import pytest
from flask import Flask
from openapi_spec_validator import validate

import openapi
from gateway.management.api import install_management
from gateway.management.resources import DOCUMENTS
from tests.gateway.management.test_protection import as_routed, routes
from tests.gateway.management.who_may import ROWS, VISITORS
from tests.gateway.management.world import make_house

_METHODS = {"get", "put", "post", "patch", "delete"}


@pytest.fixture
def told(world):
    return world.get("/v1/openapi.json")


@pytest.fixture
def operations(told):
    return {
        (method.upper(), path): operation
        for path, item in told["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    }


def test_our_own_reader_finds_nothing_wrong_with_it(world):
    checked = openapi.check(world.ask("GET", "/v1/openapi.json").data)

    assert checked.good
    assert not checked.findings


def test_the_oracle_finds_nothing_wrong_with_it(told):
    validate(told)

    assert told["openapi"] == "3.1.0"


def test_it_lists_every_route_and_nothing_else(management, operations):
    served = {(method, re.sub(r"<(?:int:)?(\w+)>", r"{\1}", path)) for method, path in routes(management)}

    assert set(operations) == served - {("GET", "/v1/openapi.json")}


def test_every_operation_has_its_summary_in_both_languages(operations):
    for key, operation in operations.items():
        assert operation["summary"].endswith((".", ")")), key
        assert operation["x-summary-fr"], key
        assert operation["summary"] != operation["x-summary-fr"], key


def test_a_summary_is_short_enough_to_be_a_heading_and_the_rest_is_said_in_both_languages(operations):
    for key, operation in operations.items():
        assert max(len(operation["summary"]), len(operation["x-summary-fr"])) <= 60, key
        assert ";" not in operation["summary"], key
        assert ("description" in operation) is ("x-description-fr" in operation), key


def test_everything_that_is_described_is_described_in_french_too(told):
    def lacking(node, place):
        if isinstance(node, dict):
            if isinstance(node.get("description"), str) and not isinstance(node.get("x-description-fr"), str):
                yield place
            for key, inner in node.items():
                yield from lacking(inner, f"{place}/{key}")

    assert list(lacking(told | {"tags": dict(enumerate(told["tags"]))}, "")) == []
    assert all(tag["x-name-fr"] for tag in told["tags"])


def test_every_operation_names_the_scope_that_it_asks_for(told, operations):
    for (method, path), row in ROWS.items():
        operation = operations[method, re.sub(r"<(?:int:)?(\w+)>", r"{\1}", as_routed(path))]
        wanted = [{"token": [str(row.scope)]}] if row.scope else None
        assert operation.get("security") == wanted, (method, path)


def test_every_operation_has_an_id_of_its_own_and_belongs_to_a_group(told, operations):
    groups = {tag["name"] for tag in told["tags"]}

    assert len({operation["operationId"] for operation in operations.values()}) == len(operations)
    assert {tag for operation in operations.values() for tag in operation["tags"]} == groups
    assert operations["POST", "/v1/tokens"]["operationId"] == "tokens-create"


def test_it_says_what_needs_no_token(told, operations):
    named = {(method, re.sub(r"<(?:int:)?(\w+)>", r"{\1}", path)) for method, path in VISITORS}

    assert told["security"] == [{"token": []}]
    assert {key for key, operation in operations.items() if operation.get("security") == []} == named & set(operations)


def test_it_says_which_changes_are_conditional(operations):
    conditional = {
        key for key, operation in operations.items()
        if any(parameter.get("name") == "If-Match" for parameter in operation.get("parameters", []))
    }  # fmt: skip

    assert conditional == {
        key
        for key in operations
        if (key[0] in {"PATCH", "PUT"} and not key[1].endswith("/document"))
        or (key[0] == "POST" and key[1].endswith(("/limits", "/limits/reset")))
    }


def test_it_says_where_asking_twice_can_be_made_harmless(operations):
    told = {
        key for key, operation in operations.items()
        if any(parameter.get("name") == "Idempotency-Key" for parameter in operation.get("parameters", []))
    }  # fmt: skip

    public = {key for key, operation in operations.items() if operation.get("security") == []}
    assert told == {key for key in operations if key[0] == "POST"} - public


def test_it_says_how_a_document_leaves_and_what_became_of_one_that_arrived(operations):
    read = operations["GET", "/v1/catalogue/{name}/v{major}/document"]["responses"]["200"]["content"]
    kept = operations["PUT", "/v1/versions/{version_id}/document"]

    assert set(read) == {"application/yaml", "application/json"}
    assert {"200", "201"} <= set(kept["responses"])
    assert set(kept["requestBody"]["content"]) == set(DOCUMENTS)


def test_errors_have_their_media_type_and_their_schema(told, operations):
    default = told["components"]["responses"]["DEFAULT_ERROR"]

    assert list(default["content"]) == ["application/problem+json"]
    assert all("default" in operation["responses"] for operation in operations.values())


def test_no_schema_of_a_body_takes_what_it_does_not_name(told, operations):
    for key, operation in operations.items():
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        if "$ref" in schema:
            named = told["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            assert named["additionalProperties"] is False, key


def test_nothing_of_it_is_a_page(world):
    for path in ("/v1/", "/v1/swagger-ui", "/v1/redoc", "/v1/rapidoc", "/v1/docs"):
        assert world.ask("GET", path).status_code == 404


def test_it_is_the_same_in_a_second_application(built, told):
    app = Flask("second", static_folder=None)
    house, recorder = make_house(built.folder)
    app.extensions["guichet"] = house

    install_management(app, house)

    assert app.test_client().get("/v1/openapi.json").json == told
    recorder.close()
    house.ledger.close()  # type: ignore[attr-defined]  # the port says nothing of closing


def test_what_lies_elsewhere_is_for_others_to_tell(world):
    assert world.ask("GET", "/elsewhere").mimetype == "text/html"
