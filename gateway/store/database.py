"""The engine, its two kinds of session, and what SQLite must be told.

`begin()` is for changes: one transaction, committed at the end or rolled back whole. On SQLite it takes the write lock
at once (BEGIN IMMEDIATE), so that what was read in it cannot be changed under it. `read()` never writes, and all that
is read in it is of one moment, on both databases.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gateway.store.bell import Bell

_PRAGMAS = ("busy_timeout=5000", "synchronous=NORMAL", "foreign_keys=ON")
_MOST_TRIES = 10

ANNOUNCED = "guichet announced"
"""The key in a session's info that says: ring when this is committed."""

# What SQLite's WAL gives by itself: PostgreSQL's default would show each query the changes committed before it.
_ONE_MOMENT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class Database:
    """A database by its URL: `sqlite:///var/guichet.db` or `postgresql://…`."""

    def __init__(self, url: str, bell: Bell | None = None) -> None:
        """Prepare the engine; nothing is opened yet. The bell is rung after a change that was announced."""
        self.url = url
        self.bell = bell or Bell()
        self.engine = _engine(url)
        self._writer = self.engine.execution_options(guichet_writes=True)
        self._reader = self.engine if self.is_sqlite else self.engine.execution_options(**_ONE_MOMENT)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A session whose changes are committed together, or not at all."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session
        if session.info.pop(ANNOUNCED, False):
            self.bell.ring()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session to read with."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    def dispose(self) -> None:
        """Close every connection, as before a fork or at the end."""
        self.engine.dispose()


@contextmanager
def looking(session: Session) -> Iterator[Session]:
    """A look at the database of a session, outside its transaction: it takes no lock, and sees what is committed."""
    engine = session.get_bind().execution_options(guichet_writes=False)
    with Session(engine, expire_on_commit=False) as look:
        yield look


@contextmanager
def unless_taken(session: Session, error: Exception) -> Iterator[None]:
    """Raise `error` where the database finds that a unique value is taken.

    A look beforehand gives the better message; this closes the race between two requests at once.
    """
    try:
        with session.begin_nested():
            yield
            session.flush()
    except IntegrityError:
        raise error from None


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        # A server that hangs must not hang whoever asks it: seconds to connect, milliseconds for a statement.
        patience = {"connect_timeout": 3, "options": "-c statement_timeout=10000", "tcp_user_timeout": 5_000}
        return create_engine(url, pool_pre_ping=True, pool_timeout=3, hide_parameters=True, connect_args=patience)
    # What people entered stays out of error texts, and so out of logs.
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own BEGIN is deferred and late; None leaves transactions to `_begin_sqlite`.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    _keep_wal(connection)


def _keep_wal(connection: sqlite3.Connection) -> None:
    # For a new file this takes a lock that SQLite does not wait for: wait for its holder, who is doing the same.
    for _ in range(_MOST_TRIES):
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode=WAL")
            return
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("COMMIT")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("guichet_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
