"""Usage: calls rolled up per minute, and a short list of each application's latest calls.

No query, no body, no address, no person. `usage_batches` remembers which batches are in, so that a batch read twice
(after a crash) counts once.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.store.base import Base

LATENCY_BUCKETS = (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000)
"""Upper bounds in milliseconds; anything slower falls into the bucket after the last."""

RECENT_CALLS_KEPT = 100
"""How many of an application's latest calls are kept."""

_BIG = BigInteger().with_variant(Integer, "sqlite")


class UsageMinute(Base):
    """How many calls of one kind fell in one minute (`minute` is its first second since the epoch, UTC)."""

    __tablename__ = "usage_minutes"
    __table_args__ = (
        Index("ix_usage_minutes_application", "application_id", "minute"),
        Index("ix_usage_minutes_api", "api_id", "minute"),
    )

    minute: Mapped[int] = mapped_column(_BIG, primary_key=True)
    api_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    version_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    operation: Mapped[str] = mapped_column(Text, primary_key=True)
    application_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    subscription_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    plan_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    status_class: Mapped[int] = mapped_column(primary_key=True)
    refusal: Mapped[str] = mapped_column(String(60), primary_key=True)
    latency_bucket: Mapped[int] = mapped_column(primary_key=True)
    calls: Mapped[int] = mapped_column(_BIG)
    sent_bytes: Mapped[int] = mapped_column(_BIG)


class RecentCall(Base):
    """One of an application's latest calls, to answer "why was my call refused?"."""

    __tablename__ = "recent_calls"

    request_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    application_id: Mapped[str] = mapped_column(String(40), index=True)
    api_id: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(index=True)
    operation: Mapped[str] = mapped_column(Text)
    status: Mapped[int]
    refusal: Mapped[str] = mapped_column(String(60))
    latency_ms: Mapped[int]


class UsageBatch(Base):
    """A batch that has been counted."""

    __tablename__ = "usage_batches"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    counted_at: Mapped[datetime]
