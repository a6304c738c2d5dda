"""Who may be near a quota, and what was told of it.

The law: a subscription that was called is noted in the transaction that counts its calls, so that no process that dies
lets a crossing go by unseen; and what is told has a row of its own, unique, so that of all who find the same crossing
one tells it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from gateway.store.base import Base
from gateway.store.inserting import insert_into, table_of

PAUSE = timedelta(seconds=3)
"""How long calls gather before somebody looks what they used: a busy subscription is not looked at every second."""

CLAIM = timedelta(seconds=30)
"""How long one who looks has, before another one may."""

_MOST_AT_ONCE = 100


class CalledSubscription(Base):
    """A subscription that was called since somebody looked what it has left. `batches` tells how often."""

    __tablename__ = "called_subscriptions"

    subscription_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    batches: Mapped[int] = mapped_column(default=1)
    due_at: Mapped[datetime] = mapped_column(index=True)


class QuotaNotice(Base):
    """That so many per cent of one window of a subscription were used: told once, whoever finds it."""

    __tablename__ = "quota_notices"

    subscription_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    window: Mapped[str] = mapped_column(String(40), primary_key=True)
    began_at: Mapped[datetime] = mapped_column(primary_key=True)
    most: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    percent: Mapped[int] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(index=True)


class Called(NamedTuple):
    """A claimed row."""

    subscription_id: str
    batches: int


def note_called(session: Session, subscriptions: Iterable[str], now: datetime) -> None:
    """Note who was called; it is looked at after a pause."""
    statement = insert_into(session, CalledSubscription)
    again = {"batches": CalledSubscription.batches + 1}
    upsert = statement.on_conflict_do_update(index_elements=["subscription_id"], set_=again)
    # In one order for everybody, as all that a batch adds.
    rows = [{"subscription_id": each, "batches": 1, "due_at": now + PAUSE} for each in sorted(subscriptions)]
    if rows:
        session.execute(upsert, rows)


def is_anybody_due(session: Session, now: datetime) -> bool:
    """Whether somebody is to be looked at."""
    return session.scalar(select(CalledSubscription.subscription_id).where(_due(now)).limit(1)) is not None


def claim_called(session: Session, now: datetime) -> list[Called]:
    """Take some whom nobody looks at; they are due again if they are not let go in time."""
    due = select(CalledSubscription).where(_due(now)).order_by(CalledSubscription.due_at).limit(_MOST_AT_ONCE)
    rows = session.scalars(due.with_for_update(skip_locked=True)).all()
    for row in rows:
        row.due_at = now + CLAIM
    return [Called(row.subscription_id, row.batches) for row in rows]


def let_go(session: Session, claimed: Iterable[Called], now: datetime) -> None:
    """Forget those that were looked at; those that were called meanwhile are looked at again."""
    row = table_of(CalledSubscription).c
    for each in sorted(claimed):
        own = row.subscription_id == each.subscription_id
        gone = session.execute(
            delete(CalledSubscription).where(own, row.batches == each.batches).returning(row.batches)
        )
        if gone.first() is None:
            session.execute(update(CalledSubscription).where(own).values(due_at=now + PAUSE))


def tell_once(session: Session, notice: QuotaNotice) -> bool:
    """Whether a notice is ours to tell: nobody did before. On PostgreSQL this waits for whoever is about to."""
    names = [column.name for column in table_of(QuotaNotice).columns]
    statement = insert_into(session, QuotaNotice).on_conflict_do_nothing()
    told = session.execute(statement.returning(QuotaNotice.percent), {name: getattr(notice, name) for name in names})
    return told.first() is not None


def forget_ended(session: Session, before: datetime) -> None:
    """Forget what was told of windows that ended."""
    session.execute(delete(QuotaNotice).where(QuotaNotice.ends_at < before))


def _due(now: datetime) -> ColumnElement[bool]:
    return CalledSubscription.due_at <= now
