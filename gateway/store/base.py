"""What all tables share: names of constraints, times in UTC, prefixed ids, a version for optimistic locking.

Naming constraints lets Alembic change them on both databases; a time without a zone is refused at the door.
"""

import secrets
import time
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, ForeignKey, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from gateway.domain.ids import make_id


class UtcTime(TypeDecorator[datetime]):
    """A point in time, stored in UTC (SQLite keeps no zone, so it is put back on the way out)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Refuse a naive time; turn any other into UTC."""
        if value is not None and value.tzinfo is None:
            raise ValueError("times carry their zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Put the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The declarative base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcTime()}  # noqa: RUF012 - read by SQLAlchemy when the class is made


def new_id(kind: str) -> str:
    """A fresh id of one kind."""
    return make_id(kind, time.time_ns() // 1_000_000, secrets.token_bytes(16))


def id_column(kind: str) -> Mapped[str]:
    """A primary key that makes its own id."""
    return mapped_column(String(40), primary_key=True, default=lambda: new_id(kind))


def reference(target: str, *, nullable: bool = False, index: bool = True) -> Mapped[Any]:
    """A column that points at another table's id."""
    return mapped_column(String(40), ForeignKey(f"{target}.id"), nullable=nullable, index=index)
