"""Usage: sums of calls by minute, by hour and by day, and a short list of each application's latest calls.

No query, no body, no address, no person. `usage_batches` remembers which batches are in, so that a batch read twice
(after a crash) counts once.

The law: a call is in one row of one of the three tables; retention.py moves it to the next coarser one as it ages. So
`USED`, which is all three, always adds up to the same, and is as fine as what still exists.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, Text, literal, select, union_all
from sqlalchemy.orm import Mapped, declared_attr, mapped_column
from sqlalchemy.schema import SchemaItem

from gateway.store.base import Base

LATENCY_BUCKETS = (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000)
"""Upper bounds in milliseconds; anything slower falls into the bucket after the last."""

RECENT_CALLS_KEPT = 1_000
"""How many of an application's latest calls are kept."""

_BIG = BigInteger().with_variant(Integer, "sqlite")


class UsageSums:
    """How many calls of one kind began in one stretch of time.

    `minute` is the first second of the stretch since the epoch, UTC; its length is that of the table.
    """

    __tablename__: str

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

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[SchemaItem, ...]:
        """Whoever looks, looks at an application or an API in a span of time."""
        return (
            Index(f"ix_{cls.__tablename__}_application", "application_id", "minute"),
            Index(f"ix_{cls.__tablename__}_api", "api_id", "minute"),
        )


class UsageMinute(UsageSums, Base):
    """The calls of a minute."""

    __tablename__ = "usage_minutes"


class UsageHour(UsageSums, Base):
    """The calls of an hour, as far as they are no longer kept by the minute."""

    __tablename__ = "usage_hours"


class UsageDay(UsageSums, Base):
    """The calls of a day (UTC), as far as they are no longer kept by the hour."""

    __tablename__ = "usage_days"


_TABLES = zip((UsageMinute, UsageHour, UsageDay), (60, 3_600, 86_400), strict=True)

USED = union_all(*(select(*each.__table__.c, literal(length).label("seconds")) for each, length in _TABLES)).subquery(
    "used"
)
"""All that was counted, the finest that exists, and of how many `seconds` each row is; a condition on its columns
reaches the indexes of each table."""


class RecentCall(Base):
    """One of an application's latest calls, to answer "why was my call refused?"."""

    __tablename__ = "recent_calls"
    __table_args__ = (Index("ix_recent_calls_application", "application_id", "at", "request_id"),)

    request_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    application_id: Mapped[str] = mapped_column(String(40))
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
