"""Bringing a database to the present shape, and telling whether it is there. The steps are in migrations/."""

import logging
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from gateway.store.database import Database
from gateway.store.tables import METADATA

_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Apply the steps that are missing; nothing is done to a database that is up to date."""
    if database.is_sqlite and (path := make_url(database.url).database):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    config = _config()
    with database.engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(database: Database) -> bool:
    """Whether every step was applied."""
    with database.engine.connect() as connection:
        applied = MigrationContext.configure(connection).get_current_revision()
    return applied == ScriptDirectory.from_config(_config()).get_current_head()


def drift(database: Database) -> list[object]:
    """Where the tables differ from the models; empty when the migrations tell the whole story."""
    with database.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    # What it does is told by whoever asked for it, not by Alembic's own lines.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    return config
