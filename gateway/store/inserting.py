"""INSERT with ON CONFLICT, which both databases know and SQLAlchemy's own INSERT does not."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def insert_into(session: Session, model: Any) -> Any:
    """An INSERT in the dialect of the session's database."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(table_of(model))


def table_of(model: Any) -> Table:
    """The table of a model."""
    table: Table = model.__table__
    return table
