import re

from hypothesis import given
from hypothesis import strategies as st

from openapi import OperationKey, operations
from openapi.operations import entries, parameters_of
from tests.openapi.samples import OK, a_document


def test_operations_are_listed_in_document_order():
    paths = {
        "/b": {"post": {"operationId": "makeB", "summary": "Make", "responses": OK}, "x-any": {}, "parameters": []},
        "/a/{id}": {"get": {"responses": OK}},
    }

    assert operations(a_document(paths=paths)) == (
        OperationKey("POST", "/b", "makeB", "Make", "makeB"),
        OperationKey("GET", "/a/{id}", "", "", "get-a-id"),
    )


STORABLE = st.characters(exclude_characters="\0", exclude_categories=["Cs"])


@given(st.lists(st.text(STORABLE, min_size=1, max_size=8), max_size=8))
def test_slugs_are_unique_and_safe_in_an_address(names):
    paths = {f"/{number}": {"get": {"operationId": name, "responses": OK}} for number, name in enumerate(names)}

    slugs = [key.slug for key in operations(a_document(paths=paths))]

    assert len({slug.lower() for slug in slugs}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", slug) for slug in slugs)


def test_accents_are_kept_as_letters():
    (key,) = operations(a_document(paths={"/a": {"get": {"operationId": "obtenirMétéo", "responses": OK}}}))

    assert key.slug == "obtenirMeteo"


def test_a_path_item_may_be_a_reference():
    paths = {"/a": {"get": {"responses": OK}}, "/b": {"$ref": "#/paths/~1a"}}

    assert [(key.method, key.path) for key in operations(a_document(paths=paths))] == [("GET", "/a"), ("GET", "/b")]


def test_an_operation_replaces_a_parameter_of_its_path():
    shared = [{"name": "a", "in": "query", "description": "shared"}, {"name": "a", "in": "header"}]
    own = [{"name": "a", "in": "query", "description": "own"}]
    document = a_document(paths={"/a": {"parameters": shared, "get": {"parameters": own, "responses": OK}}})
    (entry,) = entries(document)

    parameters = parameters_of(entry, document)

    assert [(node["in"], node.get("description")) for node in parameters] == [("query", "own"), ("header", None)]
