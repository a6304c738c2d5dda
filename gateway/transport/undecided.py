"""What a transport answers by itself: there was no decision, or it broke."""

from dataclasses import replace

from gateway.http.headers import Headers
from gateway.http.languages import preferred_language
from gateway.http.messages import Call, Reply
from gateway.pipeline.effects import UsageEvent
from gateway.pipeline.refusals import Refused
from gateway.transport.arrival import Arrival

ANYWHERE = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
"""What `OPTIONS *` is told: the methods that some address here takes (RFC 9110 §9.3.7)."""


def answer(
    refused: Refused, method: str, accept_language: str | None, arrival: Arrival, documentation: str
) -> tuple[Reply, UsageEvent]:
    """The reply, and the usage event of a call of which nothing else is known."""
    call = Call(
        method=method,
        path="",
        query=None,
        headers=Headers(),
        received_at=arrival.received_at,
        request_id=arrival.request_id,
        client_address="",
        language=preferred_language(accept_language),
    )
    reply = refused.reply(call, documentation)
    reply = replace(reply, headers=reply.headers.plus(("X-Request-Id", call.request_id)))
    row = reply.status, refused.row.code
    return reply, UsageEvent(call.received_at, call.request_id, method, *row, "", "", "", "", "", "")
