import pytest

from openapi import validate
from tests.openapi.samples import found, with_schemas

BAD_31 = {
    "an unknown type": ({"type": "text"}, ("value-not-allowed", "/type")),
    "an unknown type in a list": ({"type": ["string", "nil"]}, ("value-not-allowed", "/type")),
    "a negative length": ({"minLength": -1}, ("number-out-of-range", "/minLength")),
    "a multiple of zero": ({"multipleOf": 0}, ("number-out-of-range", "/multipleOf")),
    "a repeated required": ({"required": ["a", "a"]}, ("value-repeated", "/required")),
    "an empty allOf": ({"allOf": []}, ("too-few", "/allOf")),
    "properties as a list": ({"properties": []}, ("wrong-type", "/properties")),
    "an exclusive boolean": ({"exclusiveMinimum": True}, ("wrong-type", "/exclusiveMinimum")),
    "a schema that is a text": ({"items": "string"}, ("wrong-type", "/items")),
    "a fault beside a reference": ({"$ref": "#/components/schemas/B", "minLength": "3"}, ("wrong-type", "/minLength")),
    "a fault deep inside": ({"$defs": {"x": {"not": {"type": 3}}}}, ("value-not-allowed", "/$defs/x/not/type")),
    "a bad anchor": ({"$anchor": "#no"}, ("schema-keyword", "/$anchor")),
    "a bad xml": ({"xml": {"attribute": "yes"}}, ("wrong-type", "/xml/attribute")),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "fault"), BAD_31.values(), ids=BAD_31)
def test_a_fault_of_a_3_1_schema_is_found_once_and_where_it_is(schema, fault):
    rule, pointer = fault

    assert found(with_schemas("3.1.0", A=schema, B={})) == [(rule, "/components/schemas/A" + pointer)]


def test_the_words_are_ours_in_both_languages():
    (finding,) = validate(with_schemas("3.1.0", A={"minLength": "3"}))

    assert finding.words.en == "“minLength” must be an integer, not a string."
    assert finding.words.fr == "«\u00a0minLength\u00a0» doit être un nombre entier et non une chaîne."


def test_keywords_of_2020_12_and_unknown_ones_are_good_in_3_1():
    schema = {
        "prefixItems": [True],
        "if": {},
        "$dynamicRef": "#meta",
        "nullable": True,
        "examples": [1],
        "minimum": 10**300,
    }

    assert found(with_schemas("3.1.0", A=schema)) == []
