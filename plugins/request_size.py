"""Refuses bodies that are longer than the department's service wants to see."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from marshmallow import Schema, fields, validate

from gateway.plugin import Call, Plugin, Words


class RequestSize(Plugin):
    """Bounds the body; the gateway compares an announced length at once, and counts on the way where there is none."""

    name = "request-size"
    purpose = Words(
        "Refuses request bodies longer than a number of bytes.",
        "Refuse les corps de requête plus longs qu’un nombre d’octets.",
    )

    class Config(Schema):
        """The longest body, in bytes."""

        max_bytes = fields.Integer(
            load_default=1_048_576,
            strict=True,
            validate=validate.Range(min=0),
            metadata={
                "label": Words("Longest body, in bytes", "Longueur maximale du corps, en octets"),
                "hint": Words("1,048,576 bytes are one mebibyte.", "Un mébioctet compte 1 048 576 octets."),
            },
        )

    def on_call(self, call: Call, config: Mapping[str, Any]) -> Call:
        """Pass the call on with its bound."""
        return replace(call, body=call.body.at_most(config["max_bytes"])) if call.body else call
