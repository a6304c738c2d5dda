"""The ledger of this machine: a table in a mapped file, shared by all workers, exact, kept through restarts.

The law: all windows of a call are spent while its subscription is held or none is, and the time is read inside it. A
process that is killed between two windows has counted a call that it never answered, in some of them; never the other
way round. What a power cut may cost is told in table.py.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.counters import cells
from gateway.counters.cells import ROW, Calendar, calendar
from gateway.counters.segments import Slot
from gateway.counters.table import Table
from gateway.domain.away import USUAL, WhenAway
from gateway.domain.ids import SubscriptionId
from gateway.domain.plans import Budget, Window
from gateway.pipeline.ports import Ledger, Otherwise
from gateway.pipeline.refusals import LEDGER_AWAY, Failure

_UNTOUCHED = (0,) * ROW


class LocalLedger:
    """Counts calls in one file. `now` gives seconds since the epoch; `patience` is the longest wait, in seconds."""

    is_shared = False

    def __init__(self, path: Path, now: Callable[[], float], patience: float = 2.0) -> None:
        """Name the file; each process opens it at its first call, and again after a fork."""
        self._table = Table(path, ROW, now, patience)
        self._now = now
        self._present = calendar(0)

    def spend(
        self,
        subscription_id: SubscriptionId,
        windows: Sequence[Window],
        when_away: WhenAway = USUAL,  # noqa: ARG002 - nothing is leased here
    ) -> Budget:
        """Spend one call on all windows, or on none when one of them has nothing left."""
        try:
            return self._table.hold(subscription_id, self._spend, windows)
        except OSError as error:
            raise Failure(LEDGER_AWAY) from error

    def spend_at_once(
        self,
        subscription_id: SubscriptionId,
        windows: Sequence[Window],
        otherwise: Otherwise,
        when_away: WhenAway = USUAL,  # noqa: ARG002 - nothing is leased here
    ) -> Budget | Otherwise:
        """The same for a thread that must not wait; `otherwise`, with nothing spent, when that might take a while."""
        try:
            return self._table.hold_at_once(subscription_id, self._spend, windows, otherwise)
        except OSError as error:
            raise Failure(LEDGER_AWAY) from error

    def left(self, subscription_id: SubscriptionId, windows: Sequence[Window]) -> Budget:
        """What is left, spending nothing; `admitted` says whether a call would pass now."""
        try:
            if self._table.has(subscription_id):
                return self._table.hold(subscription_id, self._left, windows)
        except OSError as error:
            raise Failure(LEDGER_AWAY) from error
        now = self._now()
        return cells.left(_UNTOUCHED, 0, windows, now, self._calendar(now))

    def close(self) -> None:
        """Close what this process opened; the next call opens again."""
        self._table.close()

    def _spend(self, slot: Slot, windows: Sequence[Window]) -> Budget:
        now = self._now()
        return cells.spend(slot, windows, now, self._calendar(now))

    def _left(self, slot: Slot, windows: Sequence[Window]) -> Budget:
        now = self._now()
        return cells.left(slot.words, slot.first, windows, now, self._calendar(now))

    def _calendar(self, now: float) -> Calendar:
        present = self._present
        if not present.since <= now < present.until:
            present = self._present = calendar(now)
        return present


if TYPE_CHECKING:
    _: Ledger = LocalLedger(Path(), float)
