"""The ledger of this machine: a table in a mapped file, shared by all workers, exact, kept through restarts.

The law: all windows of all charges of a call are spent while their rows are held or none is, and the time is read
inside it. A process that is killed between two windows has counted a call that it never answered, in some of them;
never the other way round. What a power cut may cost is told in table.py; what each kind of window promises in cells.py,
rates.py and rolling.py.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.counters import cells
from gateway.counters.cells import ROW, Calendar, calendar
from gateway.counters.flights import Flights
from gateway.counters.segments import Slot
from gateway.counters.table import Table
from gateway.domain.away import USUAL, WhenAway
from gateway.domain.plans import Budget, Charge, Left, Stay, Window
from gateway.pipeline.ports import Ledger, LedgerStanding, Otherwise
from gateway.pipeline.refusals import LEDGER_AWAY, Failure


class LocalLedger:
    """Counts calls in one file. `now` gives seconds since the epoch; `patience` is the longest wait, in seconds."""

    is_shared = False

    def __init__(self, path: Path, now: Callable[[], float], patience: float = 2.0) -> None:
        """Name the file; each process opens it at its first call, and again after a fork."""
        self._table = Table(path, ROW, now, patience)
        self._flights = Flights(path.with_suffix(".flights"), now, patience)
        self._now = now
        self._place = path.name
        self._present = calendar(0)

    def spend(
        self,
        charges: Sequence[Charge],
        when_away: WhenAway = USUAL,  # noqa: ARG002 - nothing is leased here
    ) -> Budget:
        """Spend all charges on all of their windows, or nothing when one of them has not enough left."""
        rows = _rows(charges)
        try:
            if len(rows) == 1:
                return self._table.hold(rows[0].key, self._spend, rows[0])
            return self._table.hold_all([row.key for row in rows], self._spend_all, rows)
        except OSError as error:
            raise Failure(LEDGER_AWAY) from error

    def spend_at_once(
        self,
        charges: Sequence[Charge],
        otherwise: Otherwise,
        when_away: WhenAway = USUAL,  # noqa: ARG002 - nothing is leased here
    ) -> Budget | Otherwise:
        """The same for a thread that must not wait; `otherwise`, with nothing spent, when that might take a while."""
        rows = _rows(charges)
        try:
            if len(rows) == 1:
                return self._table.hold_at_once(rows[0].key, self._spend, rows[0], otherwise)
            return self._table.hold_all_at_once([row.key for row in rows], self._spend_all, rows, otherwise)
        except OSError as error:
            raise Failure(LEDGER_AWAY) from error

    def enter(
        self,
        charges: Sequence[Charge],
        when_away: WhenAway = USUAL,  # noqa: ARG002 - nothing is leased here
    ) -> Stay:
        """Take a place of each charge among the calls under way, or none when one of them has no place left."""
        try:
            return self._flights.enter(charges)
        except OSError as error:
            raise Failure(LEDGER_AWAY) from error

    def enter_at_once(
        self,
        charges: Sequence[Charge],
        otherwise: Otherwise,
        when_away: WhenAway = USUAL,  # noqa: ARG002 - nothing is leased here
    ) -> Stay | Otherwise:
        """The same for a thread that must not wait; `otherwise`, with nothing taken, when that might take a while."""
        try:
            return self._flights.enter_at_once(charges, otherwise)
        except OSError as error:
            raise Failure(LEDGER_AWAY) from error

    def leave(self, stay: Stay) -> None:
        """Give places back; at once."""
        self._flights.leave(stay)

    def left(self, charges: Sequence[Charge]) -> Budget:
        """What is left, each row by itself, spending nothing; `admitted` says whether such a call would pass now."""
        try:
            found = [self._left_of(row) for row in _rows(charges)]
        except OSError as error:
            raise Failure(LEDGER_AWAY) from error
        lines: list[Left] = [line for budget in found for line in budget.left]
        return Budget(all(budget.admitted for budget in found), tuple(lines))

    def standing(self) -> LedgerStanding:
        """How it stands, looked at now; it has no memory of when it last answered."""
        try:
            self._table.has("")
        except OSError:
            return LedgerStanding(self._place, self.is_shared, 0.0)
        return LedgerStanding(self._place, self.is_shared)

    def close(self) -> None:
        """Close what this process opened; the next call opens again."""
        self._table.close()
        self._flights.close()

    def _spend(self, slot: Slot, row: Charge) -> Budget:
        now = self._now()
        return cells.spend(((slot, row.windows, row.cost),), now, self._calendar(now))

    def _spend_all(self, slots: list[Slot], rows: Sequence[Charge]) -> Budget:
        now = self._now()
        found = [(slot, row.windows, row.cost) for slot, row in zip(slots, rows, strict=True)]
        return cells.spend(found, now, self._calendar(now))

    def _left_of(self, row: Charge) -> Budget:
        if row.windows and row.windows[0].kind == "concurrency":
            line = self._flights.left(row)
            return Budget(line.remaining > 0, (line,))
        if self._table.has(row.key):
            return self._table.hold(row.key, self._left, row)
        return self._left(_untouched(), row)

    def _left(self, slot: Slot, row: Charge) -> Budget:
        now = self._now()
        return cells.left(((slot, row.windows, row.cost),), now, self._calendar(now))

    def _calendar(self, now: float) -> Calendar:
        present = self._present
        if not present.since <= now < present.until:
            present = self._present = calendar(now)
        return present


def _rows(charges: Sequence[Charge]) -> Sequence[Charge]:
    """The charges by the rows that they are counted in: a rolling window, and calls at once, have their own."""
    for charge in charges:
        for window in charge.windows:
            if window.kind in ("rolling", "concurrency"):
                return tuple(_split(charges))
    return charges


def _split(charges: Sequence[Charge]) -> Iterator[Charge]:
    for charge in charges:
        for suffix, windows in groupby(charge.windows, key=_suffix):
            yield Charge(charge.key + (suffix or ""), tuple(windows), charge.cost)


def _suffix(window: Window) -> str | None:
    if window.kind == "concurrency":  # it has a table of its own
        return None
    return f"~{window.measure}" if window.kind == "rolling" else ""


def _untouched() -> Slot:
    words = memoryview(bytearray((ROW + 1) * 8)).cast("Q")
    return Slot(number=0, words=words, first=1, until=0, owner=0, mark=0)


if TYPE_CHECKING:
    _: Ledger = LocalLedger(Path(), float)
