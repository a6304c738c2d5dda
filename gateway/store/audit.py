"""The audit trail: append only, each event holding the hash of the one before.

Altering one byte of the past breaks the chain at that place. `audit_head` is the one row that appending locks, so that
two writers on PostgreSQL cannot both follow the same event.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import JSON, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from gateway.store.base import Base, id_column

GENESIS = "0" * 64


class AuditEvent(Base):
    """Who did what to which thing: before, after, when, in answer to which request."""

    __tablename__ = "audit_events"

    id: Mapped[str] = id_column("audit")
    sequence: Mapped[int] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(40), index=True)
    actor_name: Mapped[str] = mapped_column(String(320))
    command: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(40), index=True)
    organisation_id: Mapped[str] = mapped_column(String(40), index=True)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str] = mapped_column(String(40))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the chain: one row."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


def append(session: Session, event: AuditEvent) -> None:
    """Chain an event to the trail, in the caller's transaction."""
    head = session.scalars(select(AuditHead).where(AuditHead.id == 1).with_for_update()).one()
    event.sequence = head.sequence + 1
    event.previous_hash = head.hash
    event.hash = _hash(event)
    head.sequence, head.hash = event.sequence, event.hash
    session.add(event)


def broken_links(session: Session) -> Iterator[AuditEvent]:
    """The events whose content or place no longer agrees with the chain."""
    previous = GENESIS
    for event in session.scalars(select(AuditEvent).order_by(AuditEvent.sequence)).yield_per(1_000):
        if event.previous_hash != previous or event.hash != _hash(event):
            yield event
        previous = event.hash


def keeps_its_end(session: Session) -> bool:
    """Whether the last event that was written is still there: a chain cut at its end has no broken link."""
    last = select(AuditHead.hash, AuditEvent.hash).outerjoin(AuditEvent, AuditEvent.sequence == AuditHead.sequence)
    head, end = session.execute(last).one()
    return bool(head == (end or GENESIS))


def _hash(event: AuditEvent) -> str:
    told = [
        event.sequence, event.at.timestamp(), event.actor, event.actor_name, event.command, event.subject,
        event.organisation_id, event.before, event.after, event.reason, event.request_id, event.previous_hash,
    ]  # fmt: skip
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()
