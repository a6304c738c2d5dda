"""Refuses bodies that are longer than the department's service wants to see."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from marshmallow import Schema, fields, validate

from gateway.plugin import Body, BodyRefused, Call, Plugin, Problem, Reply, Row, Words

BODY_TOO_LARGE = Row(
    "body-too-large", 413,
    Words("The body is too large", "Le corps est trop volumineux"),
    Words("This API takes bodies of up to {most} bytes.", "Cette API accepte des corps d’au plus {most} octets."),
    Words("Send less in one call; the member “max-bytes” of the answer says how much is taken.",
          "Envoyez-en moins par appel; le membre « max-bytes » de la réponse indique la taille acceptée."),
)  # fmt: skip


class RequestSize(Plugin):
    """Compares the announced length at once, and counts on the way where none was announced."""

    name = "request-size"
    purpose = Words(
        "Refuses request bodies longer than a number of bytes.",
        "Refuse les corps de requête plus longs qu’un nombre d’octets.",
    )
    refusals = (BODY_TOO_LARGE,)

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

    def on_call(self, call: Call, config: Mapping[str, Any]) -> Call | Reply | Problem:
        """Refuse, pass on, or pass on under watch."""
        most: int = config["max_bytes"]
        if call.body is None:
            return call
        if call.body.length is None:
            return replace(call, body=Body(_counted(call.body.chunks, most)))
        return _too_large(most) if call.body.length > most else call


def _counted(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    left = most
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise BodyRefused(_too_large(most))
        yield chunk


def _too_large(most: int) -> Problem:
    return BODY_TOO_LARGE.problem(most=most, members={"max-bytes": most})
