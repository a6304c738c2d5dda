"""Calls under way on this machine: a row for each limit of calls at once, with a word for each process that has some.

The law: a place is taken while the row is held, and only where those of all processes that live leave one; so there are
never more than the limit, on any number of workers. It is given back without a lock, because a word is written by its
own process alone. What a killed process held is free as soon as the kernel has buried it: whoever looks next finds
nobody in its seat (seats.py) and wipes its word.

A row that nobody took a place in for a month may be given to another limit: a call that lasts longer holds nothing.
"""

import os
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

from gateway.counters.seats import SEATS, Seat, Seats
from gateway.counters.segments import Slot
from gateway.counters.table import Otherwise, Table
from gateway.domain.plans import Budget, Charge, Left, Stay

KEPT_SECONDS = 2_678_400

_TERM_BEGINS = 32
_CALLS = (1 << _TERM_BEGINS) - 1


class Flights:
    """Counts calls under way in one file. All of it but `leave` may raise OSError; no two charges have one key."""

    def __init__(self, path: Path, now: Callable[[], float], patience: float) -> None:
        """Name the file; each process opens it at its first call that is bound so, and again after a fork."""
        self._table = Table(path, SEATS, now, patience)
        self._seats = Seats(path.with_suffix(".seats"))
        self._now = now
        self._mutex = Lock()
        _FLIGHTS.add(self)

    def enter(self, charges: Sequence[Charge]) -> Stay:
        """Take a place of each charge, or none where one has no place left."""
        return self._table.hold_all(_keys(charges), self._enter, charges)

    def enter_at_once(self, charges: Sequence[Charge], otherwise: Otherwise) -> Stay | Otherwise:
        """The same for a thread that must not wait; `otherwise`, with nothing taken, when it would have to."""
        return self._table.hold_all_at_once(_keys(charges), self._enter, charges, otherwise)

    def leave(self, stay: Stay) -> None:
        """Give the places back; at once."""
        with self._mutex:
            for words, at, term in stay.places:
                if words[at] >> _TERM_BEGINS == term and words[at] & _CALLS:
                    words[at] -= 1

    def left(self, charge: Charge) -> Left:
        """How many places are left."""
        if not self._table.has(charge.key):
            return Left(charge.windows[0], charge.windows[0].limit, 0)
        return self._table.hold(charge.key, self._left, charge)

    def close(self) -> None:
        """Close what this process opened; the next call opens again."""
        self._table.close()
        self._seats.close()

    def _enter(self, slots: Sequence[Slot], charges: Sequence[Charge]) -> Stay:
        number, term = self._seats.own()
        with self._mutex:
            left = [self._left(slot, charge) for slot, charge in zip(slots, charges, strict=True)]
            if not all(line.remaining for line in left):
                return Stay(Budget(admitted=False, left=tuple(left)))
            until = int(self._now()) + KEPT_SECONDS
            for slot in slots:
                at = slot.first + number
                slot.words[slot.until] = until
                slot.words[at] = (term << _TERM_BEGINS) + (slot.words[at] & _CALLS) + 1
        places = tuple((slot.words, slot.first + number, term) for slot in slots)
        return Stay(
            Budget(admitted=True, left=tuple(line._replace(remaining=line.remaining - 1) for line in left)), places
        )

    def _left(self, slot: Slot, charge: Charge) -> Left:
        window = charge.windows[0]
        return Left(window, max(window.limit - self._under_way(slot), 0), 0)

    def _under_way(self, slot: Slot) -> int:
        """The calls of all who live; what the dead left is wiped."""
        found = 0
        for number, word in enumerate(slot.words[slot.first : slot.first + SEATS].tolist()):
            if word and self._seats.is_taken(Seat(number, word >> _TERM_BEGINS)):
                found += word & _CALLS
            elif word:
                slot.words[slot.first + number] = 0
        return found


def _keys(charges: Sequence[Charge]) -> list[str]:
    return [charge.key for charge in charges]


def _begin_anew() -> None:
    for flights in _FLIGHTS:
        flights._seats.close()  # noqa: SLF001 - our own
        flights._mutex = Lock()  # noqa: SLF001 - our own


_FLIGHTS: "weakref.WeakSet[Flights]" = weakref.WeakSet()

os.register_at_fork(after_in_child=_begin_anew)
