"""The outbox: a message is a row, written in the transaction of what it tells, and sent afterwards."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.store.base import Base, id_column


class Mail(Base):
    """A message to one person, in their language. `body` is emptied once it is sent: it may hold a link."""

    __tablename__ = "mails"

    id: Mapped[str] = id_column("mail")
    recipient: Mapped[str] = mapped_column(String(320))
    language: Mapped[str] = mapped_column(String(2))
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
