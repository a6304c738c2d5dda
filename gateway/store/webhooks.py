"""Webhooks of applications, and the messages that are sent to them: an outbox, as the mail's.

A secret must be read again to sign with, so it is sealed (sealing.py), not digested.
"""

from datetime import datetime

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gateway.store.applications import Application
from gateway.store.base import Base, id_column, reference


class Webhook(Base):
    """Where an application's messages go.

    `sealed_before` is the secret that the present one replaced, which signs as well until `before_ends_at`.
    `failing_since` is when the first of the failures came that no success has ended. While somebody sends to it,
    `busy_until` is when another one may: a receiver that hangs keeps one worker, not all.
    """

    __tablename__ = "webhooks"

    id: Mapped[str] = id_column("webhook")
    application_id: Mapped[str] = reference("applications")
    url: Mapped[str] = mapped_column(String(2000))
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_before: Mapped[bytes | None] = mapped_column(LargeBinary)
    before_ends_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(40))
    failing_since: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    busy_until: Mapped[datetime]

    application: Mapped[Application] = relationship()


class WebhookMessage(Base):
    """One message to one webhook. `due_at` is empty when nothing is left to do.

    `outcome` is what the last try came to: a status such as `200`, or a code of refusals.py.
    """

    __tablename__ = "webhook_messages"

    id: Mapped[str] = id_column("message")
    webhook_id: Mapped[str] = reference("webhooks")
    type: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    tried_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(60), default="")
