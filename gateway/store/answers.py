"""What was answered to a form, or to a request with a key, for whoever sends it a second time."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from gateway.store.base import Base


class KeptAnswer(Base):
    """One that was sent, by its digest, and the digest of its body; `sealed` is empty while it is being answered."""

    __tablename__ = "kept_answers"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    body: Mapped[bytes]
    sent_at: Mapped[datetime]
    keep_until: Mapped[datetime] = mapped_column(index=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
