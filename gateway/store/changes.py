"""What was edited lately, so that every worker notices: a change is a row, written in the transaction that makes it.

A worker keeps a cursor and asks for what came after it, which is one look into an index when nothing did. So the law:
changes become visible in the order of their numbers, or a worker's cursor would pass one that is still on its way.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Integer, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from gateway.domain.ids import ApplicationId
from gateway.pipeline.ports import Changed
from gateway.store.audit import AuditHead
from gateway.store.base import Base
from gateway.store.database import ANNOUNCED

CATALOGUE = "catalogue"


class Change(Base):
    """Something that decisions depend on was edited: the catalogue, or one application."""

    __tablename__ = "changes"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - a number is never used twice, even after sweeping

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]


def announce(session: Session, subject: str, at: datetime) -> None:
    """Say that the catalogue, or the application with this id, was edited; others who would say so wait for the end."""
    # The end of the audit trail is what everybody who changes something holds anyway, until they commit.
    session.execute(select(AuditHead.id).where(AuditHead.id == 1).with_for_update())
    session.add(Change(subject=subject, at=at))
    session.info[ANNOUNCED] = True


def changes_since(session: Session, cursor: int) -> Changed:
    """What was edited after the cursor."""
    rows = session.execute(select(Change.id, Change.subject).where(Change.id > cursor).order_by(Change.id)).all()
    applications = frozenset(ApplicationId(subject) for _, subject in rows if subject != CATALOGUE)
    return Changed(rows[-1].id if rows else cursor, any(subject == CATALOGUE for _, subject in rows), applications)


def latest(session: Session) -> int:
    """The number of the last change; 0 when there was none."""
    return session.scalar(select(func.max(Change.id))) or 0
