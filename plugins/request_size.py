"""Refuses bodies that are longer than the department's service wants to see."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from marshmallow import Schema, fields, validate

from gateway.plugin import Body, BodyRefused, Call, Plugin, Problem, Reply, Words


class RequestSize(Plugin):
    """Compares the announced length at once, and counts on the way where none was announced."""

    name = "request-size"
    purpose = Words(
        "Refuses request bodies longer than a number of bytes.",
        "Refuse les corps de requête plus longs qu’un nombre d’octets.",
    )

    class Config(Schema):
        """The longest body, in bytes."""

        max_bytes = fields.Integer(load_default=1_048_576, strict=True, validate=validate.Range(min=0))

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
    return Problem(
        code="body-too-large",
        status=413,
        title=Words("The body is too large", "Le corps est trop volumineux"),
        detail=Words(
            f"This API takes bodies of up to {most} bytes.", f"Cette API accepte des corps d’au plus {most} octets."
        ),
        members={"max-bytes": most},
    )
