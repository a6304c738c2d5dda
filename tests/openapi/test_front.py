import pytest

from openapi import Document, Front, Severity, validate
from tests.openapi.samples import OK, a_document, with_operation

FRONT = Front(
    query_names=frozenset({"api_key"}), methods=frozenset({"TRACE"}), refuses_path=lambda template: ".." in template
)
IN_QUERY = {"name": "API_key", "in": "query", "required": True, "schema": {"type": "string"}}
KEY = {"type": "apiKey", "in": "query", "name": "api_key"}
TOKEN = {"type": "http", "scheme": "bearer"}


def refused(document: Document) -> list[tuple[str, str]]:
    """(rule, pointer) of each warning about what the front refuses."""
    findings = validate(document, FRONT)
    assert {finding.severity for finding in findings} <= {Severity.WARNING}
    return [(finding.rule, finding.pointer) for finding in findings]


def _secured(security: object, own: object = None, **schemes: object) -> Document:
    operation = {"responses": OK} if own is None else {"responses": OK, "security": own}
    return a_document(
        paths={"/a": {"get": operation}}, security=security, components={"securitySchemes": schemes or {"key": KEY}}
    )


def test_a_key_required_in_the_query_is_warned_about_where_it_stands():
    assert refused(with_operation(parameters=[IN_QUERY])) == [("key-in-query", "/paths/~1stations/get/parameters/0")]


def test_a_key_that_many_operations_require_is_warned_about_once_where_it_first_stands():
    get = {"get": {"responses": OK, "parameters": [IN_QUERY]}}

    (finding,) = validate(a_document(paths={"/a": get, "/b": get}), FRONT)

    assert finding.pointer == "/paths/~1a/get/parameters/0"
    assert "(operations: 2)" in finding.words.en
    assert "(opérations\u00a0: 2)" in finding.words.fr


def test_a_key_declared_among_the_components_is_warned_about_there():
    shared = {"$ref": "#/components/parameters/Key"}
    document = a_document(
        paths={"/a": {"get": {"responses": OK, "parameters": [shared]}}}, components={"parameters": {"Key": IN_QUERY}}
    )

    assert refused(document) == [("key-in-query", "/components/parameters/Key")]


def test_a_key_declared_for_a_whole_path_counts():
    document = a_document(paths={"/a": {"parameters": [IN_QUERY], "get": {"responses": OK}}})

    assert refused(document) == [("key-in-query", "/paths/~1a/parameters/0")]


@pytest.mark.parametrize("changes", [{"required": False}, {"in": "header"}, {"name": "key"}])
def test_what_may_be_left_out_or_stands_elsewhere_or_is_let_through_is_not_warned_about(changes):
    assert refused(with_operation(parameters=[{**IN_QUERY, **changes}])) == []


@pytest.mark.parametrize("document", [_secured([{"key": []}]), _secured([], [{"key": []}])])
def test_a_scheme_that_puts_the_key_in_the_query_is_warned_about_where_it_is_declared(document):
    assert refused(document) == [("scheme-in-query", "/components/securitySchemes/key")]


@pytest.mark.parametrize(
    "document",
    [
        _secured([{"key": []}, {"token": []}], key=KEY, token=TOKEN),
        _secured([{"key": []}, {}]),
        _secured([{"key": []}], []),
        _secured([{"key": []}], key={**KEY, "in": "header"}),
        _secured([{"key": []}], key={**KEY, "name": "key"}),
    ],
)
def test_a_scheme_that_calls_can_do_without_is_not_warned_about(document):
    assert refused(document) == []


def test_a_path_and_a_method_that_are_always_refused_are_warned_about():
    document = a_document(paths={"/a/../b": {"get": {"responses": OK}}, "/c": {"trace": {"responses": OK}}})

    assert refused(document) == [("path-refused", "/paths/~1a~1..~1b"), ("method-refused", "/paths/~1c/trace")]


def test_without_a_front_nothing_is_refused():
    assert validate(with_operation(path="/..", parameters=[IN_QUERY])) == ()
