from marshmallow import Schema, fields

from gateway.management.plugins import schema_of
from plugins import BUILT_IN


def test_each_plugin_is_told_in_both_languages_with_what_may_be_set(world):
    listed = world.get("/v1/plugins", by="developer")["items"]

    assert [each["name"] for each in listed] == [plugin.name for plugin in BUILT_IN]
    size = next(each for each in listed if each["name"] == "request-size")
    assert set(size["purpose"]) == {"en", "fr"}
    assert size["config"] == {
        "type": "object",
        "properties": {
            "max_bytes": {
                "type": "integer",
                "default": 1_048_576,
                "minimum": 0,
                "title": "Longest body, in bytes",
                "x-title-fr": "Longueur maximale du corps, en octets",
                "description": "1,048,576 bytes are one mebibyte.",
                "x-description-fr": "Un mébioctet compte 1\u00a0048\u00a0576 octets.",
            }
        },
        "additionalProperties": False,
    }


def test_what_must_be_set_is_said_so(world):
    maintenance = next(
        each for each in world.get("/v1/plugins", by="developer")["items"] if each["name"] == "maintenance"
    )

    assert maintenance["config"]["required"] == ["until"]
    until = maintenance["config"]["properties"]["until"]
    assert until == {"type": "string", "format": "date-time", "title": "Until", "x-title-fr": "Jusqu’à"}


def test_what_a_plugin_nests_is_written_out_in_place():
    class Inner(Schema):
        limit = fields.Integer(required=True)

    class Outer(Schema):
        rules = fields.List(fields.Nested(Inner))

    assert schema_of(Outer)["properties"]["rules"]["items"] == {
        "type": "object",
        "properties": {"limit": {"type": "integer"}},
        "required": ["limit"],
        "additionalProperties": False,
    }
