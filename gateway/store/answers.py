"""What was answered to a form, for whoever sends it a second time."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from gateway.store.base import Base


class FormAnswer(Base):
    """One form that was sent, by its digest; `sealed` is empty while it is being answered."""

    __tablename__ = "form_answers"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    sent_at: Mapped[datetime] = mapped_column(index=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
