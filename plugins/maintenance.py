"""Answers 503 in both languages while an API is being worked on, until the moment that was announced."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from marshmallow import Schema, fields

from gateway.plugin import Call, Headers, Plugin, Problem, Reply, Row, Words

UNDER_MAINTENANCE = Row(
    "under-maintenance", 503,
    Words("The API is being worked on", "L’API est en entretien"),
    Words("It answers again from {moment_en}.", "Elle répondra de nouveau à partir du {moment_fr}."),
    Words("Wait until the moment that the Retry-After field names, then send the call again.",
          "Attendez le moment indiqué par le champ Retry-After, puis refaites l’appel."),
)  # fmt: skip


class Maintenance(Plugin):
    """Answers every call while the time in `until` has not come."""

    name = "maintenance"
    purpose = Words(
        "Answers that the API is being worked on, until a moment you choose.",
        "Répond que l’API est en entretien, jusqu’au moment que vous choisissez.",
    )
    refusals = (UNDER_MAINTENANCE,)

    class Config(Schema):
        """Until when: a date and time with its offset, such as 2026-12-01T06:00:00-05:00."""

        until = fields.AwareDateTime(required=True, metadata={"label": Words("Until", "Jusqu’à")})

    def on_arrival(self, call: Call, config: Mapping[str, Any]) -> Call | Reply | Problem:
        """Answer at once, or pass the call on when the work is over."""
        until: datetime = config["until"]
        if call.received_at >= until.timestamp():
            return call
        moment = until.astimezone(UTC)
        return UNDER_MAINTENANCE.problem(
            moment_en=f"{moment:%Y-%m-%d %H:%M} UTC",
            moment_fr=f"{moment:%Y-%m-%d} à {moment:%H} h {moment:%M} (UTC)",
            headers=Headers((("Retry-After", format_datetime(moment, usegmt=True)),)),  # RFC 9110 §10.2.3
        )
