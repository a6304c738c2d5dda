import pytest

from openapi.schemas import MAX_PROPERTIES, merge, types_of
from tests.openapi.samples import with_schemas


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def test_all_of_is_merged_with_the_schemas_own_keywords_first():
    document = with_schemas(
        Base={"type": "object", "description": "base", "required": ["a"], "properties": {"a": {"type": "string"}}}
    )
    schema = {"description": "own", "required": ["b"], "allOf": [_ref("Base"), {"properties": {"b": {}, "a": {}}}]}

    merged = merge(schema, document)

    assert merged.node == {
        "type": "object",
        "description": "own",
        "required": ["b", "a"],
        "properties": {"a": {"type": "string"}, "b": {}},
    }
    assert not merged.recursive


def test_a_reference_on_the_way_back_is_recursive():
    document = with_schemas(A={"properties": {"a": _ref("A")}})
    first = merge(_ref("A"), document)

    assert not first.recursive
    assert merge(first.node["properties"]["a"], document, first.chain).recursive


@pytest.mark.parametrize(
    "schemas",
    [
        {"A": _ref("A")},
        {"A": {"allOf": [_ref("A")], "type": "object"}},
        {"A": {"allOf": [_ref("B"), _ref("B")]}, "B": {"allOf": [_ref("A"), _ref("A")]}},
        {
            "A": {"allOf": [_ref("S0")]},
            **{f"S{n}": {"allOf": [_ref(f"S{n + 1}"), _ref(f"S{n + 1}")]} for n in range(500)},
        },
        {"A": _ref("Nowhere")},
    ],
)
def test_merging_always_ends(schemas):
    assert isinstance(merge(_ref("A"), with_schemas(**schemas)).node, dict)


def test_a_giant_schema_is_cut():
    document = with_schemas(A={"properties": {f"p{number}": {} for number in range(5000)}})

    assert len(merge(_ref("A"), document).node["properties"]) == MAX_PROPERTIES


@pytest.mark.parametrize(
    ("node", "types"),
    [
        ({"type": "string"}, ["string"]),
        ({"type": "string", "nullable": True}, ["string", "null"]),
        ({"type": ["integer", "null"]}, ["integer", "null"]),
        ({"properties": {}}, ["object"]),
        ({"items": {}}, ["array"]),
        ({"enum": ["a", "b"]}, ["string"]),
        ({"const": "a"}, ["string"]),
        ({"enum": ["a", 1]}, []),
        ({}, []),
    ],
)
def test_types_are_read_or_inferred(node, types):
    assert types_of(node) == types


def test_the_french_of_words_that_were_replaced_goes_with_them():
    document = with_schemas(
        Base={"title": "Base", "x-title-fr": "Base (fr)", "description": "any", "x-description-fr": "quelconque"}
    )
    schema = {"description": "own", "x-title-fr": "À soi", "allOf": [_ref("Base")]}

    assert merge(schema, document).node == {"description": "own", "title": "Base", "x-title-fr": "À soi"}
