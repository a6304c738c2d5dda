import pytest

from tests.openapi.samples import found, with_schemas

BAD_30 = {
    "an unknown keyword": ({"typ": "string"}, ("field-unknown", "/typ")),
    "a list of types": ({"type": ["string", "null"]}, ("wrong-type", "/type")),
    "an unknown type": ({"type": "text"}, ("value-not-allowed", "/type")),
    "a negative length": ({"minLength": -1}, ("number-out-of-range", "/minLength")),
    "a length with decimals": ({"minLength": 1.5}, ("wrong-type", "/minLength")),
    "a multiple of zero": ({"multipleOf": 0}, ("number-out-of-range", "/multipleOf")),
    "an empty required": ({"required": []}, ("too-few", "/required")),
    "a repeated required": ({"required": ["a", "a"]}, ("value-repeated", "/required")),
    "required as a boolean": ({"properties": {"a": {"required": True}}}, ("wrong-type", "/properties/a/required")),
    "an empty enum": ({"enum": []}, ("too-few", "/enum")),
    "items as a list": ({"type": "array", "items": [{}]}, ("wrong-type", "/items")),
    "an exclusive number": ({"exclusiveMinimum": 3}, ("wrong-type", "/exclusiveMinimum")),
    "a fault deep inside": (
        {"allOf": [{"properties": {"a": {"type": 3}}}]},
        ("wrong-type", "/allOf/0/properties/a/type"),
    ),
    "a discriminator without name": ({"discriminator": {}}, ("field-missing", "/discriminator")),
    "an unknown field of xml": ({"xml": {"tag": "a"}}, ("field-unknown", "/xml/tag")),
}


@pytest.mark.parametrize(("schema", "fault"), BAD_30.values(), ids=BAD_30)
def test_a_fault_of_a_3_0_schema_is_found_where_it_is(schema, fault):
    rule, pointer = fault

    assert found(with_schemas(A=schema)) == [(rule, "/components/schemas/A" + pointer)]


def test_a_full_3_0_schema_is_good():
    schema = {
        "type": "object",
        "nullable": True,
        "minimum": 1,
        "exclusiveMinimum": True,
        "multipleOf": 0.5,
        "maxLength": 2.0,
        "required": ["a"],
        "properties": {"a": {"$ref": "#/components/schemas/A"}, "$ref": {"type": "string"}},
        "additionalProperties": False,
        "enum": [None, 1, 1],
        "x-mine": {"$ref": 5},
        "example": {"$ref": "http://x"},
        "discriminator": {"propertyName": "a", "mapping": {"b": "#/x"}},
        "default": {"anything": []},
    }

    assert found(with_schemas(A=schema)) == []


def test_what_stands_beside_a_reference_in_3_0_is_ignored():
    assert found(with_schemas(A={"$ref": "#/components/schemas/B", "typ": 1}, B={"type": "string"})) == []
