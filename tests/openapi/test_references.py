import pytest

from tests.openapi.samples import OK, a_document, found, with_operation, with_schemas

REMOTE = [
    "http://example.ca/x.yaml",
    "https://169.254.169.254/",
    "file:///etc/passwd",
    "other.yaml#/A",
    "//host/x",
    "x",
]


@pytest.mark.parametrize("target", REMOTE)
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_what_is_outside_the_document_is_refused_and_not_fetched(target, version):
    document = with_schemas(version, A={"properties": {"a": {"$ref": target}}})

    assert found(document) == [("reference-remote", "/components/schemas/A/properties/a/$ref")]


def test_a_remote_path_item_is_refused():
    assert found(a_document(paths={"/b": {"get": {"responses": OK}}, "/a": {"$ref": "a.yaml"}})) == [
        ("reference-remote", "/paths/~1a/$ref")
    ]


def test_a_reference_to_nothing_is_found_where_it_stands():
    document = with_operation(responses={"200": {"$ref": "#/components/responses/Gone"}})

    assert found(document) == [("reference-missing", "/paths/~1stations/get/responses/200/$ref")]


def test_an_anchor_is_no_pointer():
    assert found(with_schemas("3.1.0", A={"$ref": "#name"})) == [
        ("reference-not-pointer", "/components/schemas/A/$ref")
    ]


def test_references_that_only_lead_to_each_other_are_a_circle():
    document = with_schemas(
        A={"$ref": "#/components/schemas/B"}, B={"$ref": "#/components/schemas/A"}, C={"$ref": "#/components/schemas/C"}
    )

    assert found(document) == [("reference-circle", f"/components/schemas/{name}/$ref") for name in "ABC"]


def test_a_recursive_schema_is_fine():
    document = with_schemas(Node={"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}})

    assert found(document) == []


def test_a_chain_of_references_has_a_bearable_length():
    schemas = {f"s{n}": {"$ref": f"#/components/schemas/s{n + 1}"} for n in range(40)}

    assert ("reference-chain", "/components/schemas/s0/$ref") in found(with_schemas(**schemas, s40={"type": "string"}))


def test_the_target_of_a_reference_is_checked_as_what_it_stands_for():
    document = with_operation(parameters=[{"$ref": "#/info"}])

    rules = found(document)

    assert ("field-missing", "/info") in rules
    assert ("field-unknown", "/info/title") in rules


def test_a_target_outside_the_components_is_checked_too():
    document = a_document(
        **{"x-shared": {"A": {"type": "text"}}}, components={"schemas": {"B": {"$ref": "#/x-shared/A"}}}
    )

    assert found(document) == [("value-not-allowed", "/x-shared/A/type")]


def test_what_looks_like_a_reference_in_an_example_is_data():
    assert (
        found(with_schemas(A={"type": "object", "example": {"$ref": "http://example.ca"}, "enum": [{"$ref": "x"}]}))
        == []
    )
