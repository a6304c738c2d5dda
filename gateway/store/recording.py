"""Who answers Record: a line in the journal at once, sums in the database about every second.

The law: a call counts once. What is in the journal is counted sooner or later, by the process of this machine that is
on duty (duty.py), or by one whose page must show it; while the database is away the journal grows on disk, and memory
does not.
"""

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, TimeoutError  # noqa: A004 - the pool's own

from gateway.pipeline.ports import Finished, Recorder
from gateway.store.away import is_away
from gateway.store.counting import count_batch, forget_batches
from gateway.store.database import Database
from gateway.store.duty import Duty
from gateway.store.journal import Journal, Segment
from gateway.store.missed import Missed
from gateway.store.retention import USUAL, Retention, age, is_anything_old
from gateway.store.rollup import line_of, roll_up

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 0.5
"""How often a process hands on what it wrote, and looks whether there is something to count."""

_SHOWN_SECONDS = 1.0
"""How long a page waits for what somebody else is just counting."""

_GLANCE_SECONDS = 0.005
_AGES_EVERY_SECONDS = 60.0


class UsageRecorder:
    """Keeps usage in a folder and a database (ports.Recorder), for a time. `now` gives seconds since the epoch."""

    _thread: threading.Thread | None
    _missed: Missed
    _starting: threading.Lock
    _counting: threading.Lock
    _stopping: threading.Event
    _gone: list[str]
    _waits: bool
    _ages_at: float

    def __init__(
        self,
        database: Database,
        folder: Path,
        now: Callable[[], float],
        keep: Retention = USUAL,
        lose: Callable[[int], object] = int,
        begin: Callable[[], object] = object,
    ) -> None:
        """Nothing is opened and no thread runs before the first call; a forked child begins anew.

        `lose` is told of calls that the journal could not take. `begin` is asked for by the first call of each
        process: a worker whose every call is for an API has no other sign that it works.
        """
        self._database = database
        self._now = now
        self.keep = keep
        self._lose = lose
        self._begin_others = begin
        self._journal = Journal(folder, now)
        self.duty = Duty(folder.with_name("duty"))
        self._begin()
        forget = weakref.WeakMethod(self._begin_in_child)
        os.register_at_fork(after_in_child=lambda: (method := forget()) and method())

    def record(self, finished: Finished) -> None:
        """Keep one; returns at once, and what it wrote survives the process. A full disk refuses no call."""
        missed = self._missed
        if missed.calls and not missed.tries_again():
            missed.one(finished.event.request_id)
            return
        try:
            self._journal.append(line_of(finished))
        except OSError as error:
            missed.one(finished.event.request_id, error)
        else:
            if missed.calls:
                missed.end()
        if self._thread is None:
            self.start()

    def start(self) -> None:
        """Count from now on, if this process has the duty, and have it hand on what it writes."""
        with self._starting:
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="guichet-usage", daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """Count what is in the journal now, so that a page shows it; lines of other live processes come in a second.

        Call it outside any transaction. While the database is away it leaves everything in the journal.
        """
        self._unless_away(self._count)

    def age(self) -> None:
        """Sum up and delete what is old, if anything is; a bounded part of it, for it is called again and again.

        Call it outside any transaction.
        """
        self._unless_away(self._age)

    def waits(self) -> float:
        """For how many seconds the oldest that is not in the database has been in the journal, of any process."""
        return self._journal.waits()

    def close(self) -> None:
        """Stop the thread and count what is left."""
        self._stopping.set()
        if self._thread:
            self._thread.join()
            self._thread = None
        self.flush()

    def _unless_away(self, work: Callable[[], None]) -> None:
        try:
            work()
            self._waits = False
        except (DBAPIError, TimeoutError) as error:
            if not is_away(error):
                raise
            if not self._waits:
                log.warning("the database does not answer; usage waits in the journal", error=str(error))
            self._waits = True

    def _begin(self) -> None:
        self._thread = None
        self._missed = Missed(self._lose, time.monotonic)
        self._starting = threading.Lock()
        self._counting = threading.Lock()
        self._stopping = threading.Event()
        self._gone = []
        self._waits = False
        self._ages_at = 0.0

    def _begin_in_child(self) -> None:
        # The thread did not come along, and its locks may be held by it for ever.
        self._journal.forget()
        self._begin()

    def _run(self) -> None:
        self._begin_others()
        while not self._stopping.wait(_EVERY_SECONDS):
            try:
                self._journal.hand_on()
                with self.duty.taken() as is_ours:
                    if is_ours:
                        self._unless_away(self._count_orphans)
                        self.age()
            except Exception:  # the thread outlives whatever went wrong this time
                log.exception("usage is not counted")

    def _count(self) -> None:
        # Orphans first: while the database is away this fails before another segment is begun.
        self._count_orphans()
        self._count_all(filter(None, [self._journal.take()]))
        until = time.monotonic() + _SHOWN_SECONDS
        while self._journal.left() and time.monotonic() < until:
            time.sleep(_GLANCE_SECONDS)

    def _count_orphans(self) -> None:
        self._count_all(self._journal.orphans())

    def _count_all(self, segments: Iterable[Segment]) -> None:
        with self._counting:
            for segment in segments:
                try:
                    self._count_segment(segment)
                except (DataError, IntegrityError):
                    log.exception("a batch of usage cannot be counted; it is set aside", batch=segment.name)
                    segment.set_aside()
                except BaseException:
                    segment.release()
                    raise

    def _age(self) -> None:
        now = self._now()
        if now < self._ages_at:
            return
        with self._database.read() as session:
            is_due = is_anything_old(session, self.keep, now)
        if is_due:  # most of the time it is not, and whoever writes keeps others waiting
            with self._database.begin() as session:
                age(session, self.keep, now)
        else:
            self._ages_at = now + _AGES_EVERY_SECONDS

    def _count_segment(self, segment: Segment) -> None:
        rollup = roll_up(segment.lines(), segment.name)
        with self._database.begin() as session:
            forget_batches(session, self._gone)
            if not count_batch(session, segment.name, rollup, datetime.fromtimestamp(self._now(), UTC)):
                log.info("a batch of usage was counted before a crash; not again", batch=segment.name)
        segment.delete()
        self._gone = [segment.name]  # not before: a segment that comes back must find its name


if TYPE_CHECKING:
    _: Recorder = UsageRecorder(Database(""), Path(), float)
