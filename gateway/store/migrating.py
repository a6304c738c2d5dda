"""Bringing a database to the present shape, and telling whether it is there. The steps are in migrations/."""

import logging
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from gateway.store.database import Database
from gateway.store.tables import METADATA

_MIGRATIONS = Path(__file__).parent / "migrations"


# Any number, as long as nobody else's: processes that start at once wait here for the first one. A step may take long.
_ALONE_AND_UNHURRIED = text("SELECT pg_advisory_xact_lock(7483648), set_config('statement_timeout', '0', true)")


def migrate(database: Database) -> None:
    """Apply the steps that are missing; nothing is done to a database that is up to date.

    Several may do it at once: one does, the others wait (on SQLite for the write lock) and find nothing left to do.
    """
    if database.is_sqlite and (path := make_url(database.url).database):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    config = _config()
    with database.begin() as session:
        if not database.is_sqlite:
            session.execute(_ALONE_AND_UNHURRIED)
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "head")


def is_current(database: Database) -> bool:
    """Whether every step was applied."""
    with database.engine.connect() as connection:
        applied = _context(connection).get_current_revision()
    return applied == ScriptDirectory.from_config(_config()).get_current_head()


def drift(database: Database) -> list[object]:
    """Where the tables differ from the models; empty when the migrations tell the whole story."""
    with database.engine.connect() as connection:
        return list(compare_metadata(_context(connection), METADATA))


def _config() -> Config:
    _quiet()
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def _context(connection: Connection) -> MigrationContext:
    _quiet()
    return MigrationContext.configure(connection)


def _quiet() -> None:
    # What is done is told by whoever asked for it, not by Alembic's own lines.
    logging.getLogger("alembic").setLevel(logging.WARNING)
