"""The ledger of this machine: an SQLite file of its own, shared by all workers, exact, kept through restarts.

The law: all windows of a call are spent in one transaction or none is, and the time is read inside it. The write-ahead
log is not flushed at every commit (`synchronous=NORMAL`): a killed process loses nothing, a power cut may lose the last
moments, and then the count is that much lower.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.domain.ids import SubscriptionId
from gateway.domain.plans import Budget, Left, Period, Window
from gateway.pipeline.ports import Ledger
from gateway.pipeline.refusals import LEDGER_AWAY, Failure

_TABLE = """
    CREATE TABLE IF NOT EXISTS spent (
        subscription TEXT NOT NULL,
        period TEXT NOT NULL,
        began INTEGER NOT NULL,
        ends INTEGER NOT NULL,
        calls INTEGER NOT NULL,
        PRIMARY KEY (subscription, period, began)
    ) WITHOUT ROWID
"""
_READ = "SELECT calls FROM spent WHERE subscription = ? AND period = ? AND began = ?"
_ADD = """
    INSERT INTO spent VALUES (?, ?, ?, ?, 1)
    ON CONFLICT (subscription, period, began) DO UPDATE SET calls = calls + 1
"""
_SWEEP = "DELETE FROM spent WHERE ends < ?"

_KEPT_AFTER_END = 3_600
"""How long a window's count is kept after its end, in seconds: a clock that is set back must find it again."""

_SWEEP_EVERY = 600
_MOST_TRIES = 10


class LocalLedger:
    """Counts calls in one file. `now` gives seconds since the epoch; `patience` is the longest wait, in seconds."""

    def __init__(self, path: Path, now: Callable[[], float], patience: float = 2.0) -> None:
        """Name the file; it is opened by each thread at its first call, and again after a fork."""
        self._path = path
        self._now = now
        self._patience = patience
        self._mine = threading.local()
        self._opened: list[tuple[int, sqlite3.Connection]] = []
        self._next_sweep = 0.0

    def spend(self, subscription_id: SubscriptionId, windows: Sequence[Window]) -> Budget:
        """Spend one call on all windows, or on none when one of them has nothing left."""
        with self._transaction() as connection:
            now = self._now()
            used = _used(connection, subscription_id, windows, now)
            admitted = all(used[window.period] < window.limit for window in windows)
            if admitted:
                _add(connection, subscription_id, windows, now)
                used = {period: calls + 1 for period, calls in used.items()}
                self._sweep(connection, now)
        return Budget(admitted, tuple(_left(window, used[window.period], now) for window in windows))

    def left(self, subscription_id: SubscriptionId, windows: Sequence[Window]) -> Budget:
        """What is left, spending nothing; `admitted` says whether a call would pass now."""
        with _translated():
            now = self._now()
            used = _used(self._connection(), subscription_id, windows, now)
        lines = tuple(_left(window, used[window.period], now) for window in windows)
        return Budget(all(line.remaining > 0 for line in lines), lines)

    def close(self) -> None:
        """Close what this process opened; the next call opens again."""
        for owner, connection in self._opened:
            if owner == os.getpid():
                connection.close()
        self._opened = []
        self._mine = threading.local()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _translated():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _connection(self) -> sqlite3.Connection:
        # https://www.sqlite.org/howtocorrupt.html §2.6: a connection must not be used, nor closed, across a fork. The
        # parent's stay in `_opened` so that they are not collected, and so not closed, in the child.
        if getattr(self._mine, "process", None) != os.getpid():
            self._mine.connection = self._open()
            self._mine.process = os.getpid()
        connection: sqlite3.Connection = self._mine.connection
        return connection

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=self._patience, isolation_level=None, check_same_thread=False)
        self._opened.append((os.getpid(), connection))
        _keep_wal(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(_TABLE)
        return connection

    def _sweep(self, connection: sqlite3.Connection, now: float) -> None:
        if now >= self._next_sweep:
            self._next_sweep = now + _SWEEP_EVERY
            connection.execute(_SWEEP, (int(now) - _KEPT_AFTER_END,))


def _keep_wal(connection: sqlite3.Connection) -> None:
    # For a new file this takes a lock that SQLite does not wait for: wait for its holder, who is doing the same.
    for _ in range(_MOST_TRIES):
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode=WAL")
            return
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("COMMIT")


def _used(
    connection: sqlite3.Connection, subscription_id: SubscriptionId, windows: Sequence[Window], now: float
) -> dict[Period, int]:
    used: dict[Period, int] = {}
    for window in windows:
        row = connection.execute(_READ, (subscription_id, window.period, window.bounds(now)[0])).fetchone()
        used[window.period] = row[0] if row else 0
    return used


def _add(
    connection: sqlite3.Connection, subscription_id: SubscriptionId, windows: Sequence[Window], now: float
) -> None:
    # By period: two windows of one period are one count with two limits.
    for period, bounds in {window.period: window.bounds(now) for window in windows}.items():
        connection.execute(_ADD, (subscription_id, period, *bounds))


def _left(window: Window, used: int, now: float) -> Left:
    return Left(window, max(window.limit - used, 0), max(ceil(window.bounds(now)[1] - now), 1))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Failure(LEDGER_AWAY) from error


if TYPE_CHECKING:
    _: Ledger = LocalLedger(Path(), float)
