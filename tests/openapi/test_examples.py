import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openapi import example_of
from openapi.examples import Examples
from tests.openapi.samples import a_document, with_schemas


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "example": "given", "default": "other"}, "given"),
        ({"type": "string", "examples": ["first", "second"]}, "first"),
        ({"type": "string", "default": None}, None),
        ({"type": "string", "default": "usual", "enum": ["a"]}, "usual"),
        ({"enum": ["a", "b"]}, "a"),
        ({"const": 4}, 4),
        ({"type": "string", "title": "Name of the station"}, "Name of the station"),
        ({"type": "string", "title": "Day", "format": "date"}, "2026-01-15"),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": ["null", "integer"]}, 1),
        ({"type": "string", "format": "date"}, "2026-01-15"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "string", "pattern": "^[A-Z]{3}$"}, "AAA"),
        ({"type": "integer", "minimum": 5, "exclusiveMinimum": True}, 6),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "number", "minimum": 0.5}, 0.5),
        ({"type": "integer", "minimum": 7, "multipleOf": 5}, 10),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"name": 1}),
        ({"oneOf": [{"anyOf": [{"type": "integer"}]}]}, 1),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        (
            {"oneOf": [{"properties": {"a": {"type": "integer"}}}], "properties": {"b": {"type": "integer"}}},
            {"a": 1, "b": 1},
        ),
        (
            {"allOf": [{"properties": {"a": {"type": "boolean"}}}, {"properties": {"b": {"example": 2}}}]},
            {"a": True, "b": 2},
        ),
    ],
)
def test_an_example_is_what_the_schema_gives_or_one_made_by_rule(schema, value):
    assert example_of(schema, a_document()) == value


def test_a_recursive_schema_has_an_example_that_ends():
    node = {
        "type": "object",
        "required": ["next"],
        "properties": {"id": {"type": "integer"}, "next": {"$ref": "#/components/schemas/Node"}},
    }

    assert example_of({"$ref": "#/components/schemas/Node"}, with_schemas(Node=node)) == {"id": 1, "next": {}}


def test_what_may_not_be_sent_is_left_out_when_sending():
    schema = {
        "properties": {"id": {"type": "integer", "readOnly": True}, "secret": {"type": "string", "writeOnly": True}}
    }

    assert example_of(schema, a_document(), sending=True) == {"secret": "text"}
    assert example_of(schema, a_document(), sending=False) == {"id": 1}


def test_a_media_type_gives_its_own_example_first():
    document = a_document(components={"examples": {"E": {"value": {"a": 1}}}})
    examples = Examples(document)

    assert examples.of_media({"example": None, "schema": {"type": "string"}}, sending=True) is None
    assert examples.of_media({"examples": {"x": {"$ref": "#/components/examples/E"}}}, sending=True) == {"a": 1}
    assert examples.of_media({"schema": {"type": "string"}}, sending=True) == "text"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 1e308, "multipleOf": 1e-300},
        {"type": "string", "minLength": 10**9},
        {"type": "array", "minItems": 10**9, "items": {"type": "null"}},
        {"minimum": "x", "type": "number"},
    ],
)
def test_limits_beyond_reason_are_borne(schema):
    assert len(str(example_of(schema, a_document()))) < 1000


_LIMITS = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number"]), "minimum": st.integers(-1000, 1000)},
    optional={"multipleOf": st.integers(1, 50), "maximum": st.integers(1100, 2000)},
) | st.fixed_dictionaries(
    {"type": st.just("string"), "minLength": st.integers(0, 30)}, optional={"maxLength": st.integers(30, 60)}
)
_SCHEMAS = st.recursive(
    _LIMITS | st.fixed_dictionaries({"type": st.sampled_from(["boolean", "null", "string"])}),
    lambda inside: (
        st.fixed_dictionaries({"type": st.just("array"), "items": inside, "minItems": st.integers(0, 3)})
        | st.dictionaries(st.sampled_from("abcd"), inside, max_size=3).map(
            lambda held: {"type": "object", "properties": held, "required": sorted(held)}
        )
    ),
    max_leaves=8,
)


@given(_SCHEMAS)
def test_a_made_example_is_valid_against_its_schema(schema):
    assert jsonschema_rs.is_valid(schema, example_of(schema, a_document("3.1.0")))
