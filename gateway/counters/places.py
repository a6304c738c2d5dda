"""Calls under way on many machines: places among them, which Redis leases to processes.

The law:

- A call has a place from before it is passed on until its answer has left. A process serves calls on places that the
  store has leased to it, and all that are leased together are never more than the limit.
- A process asks for a place when a call finds none free, keeps as many as it used at once in the last quarter of a
  second, and gives the others back. So a place that nobody uses is kept from another process for half a
  second at most.
- A lease lasts `LASTS_SECONDS`, and is renewed each second while calls have places. A process that is killed leaves its
  places taken for so long. One that is cut off from the store lets no call in on a lease that ended; those that were
  let in before go on, and as many more than the limit may be under way until they end.
- A store that was emptied or began anew leases nothing new while it *settles*: who has calls under way has said so by
  then (script.py says what a birth is).
"""

from collections.abc import Sequence
from math import inf
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from gateway.counters.leases import CONTACT_SECONDS, IDLE_SECONDS, REFUSED_SECONDS
from gateway.counters.script import SHELF
from gateway.domain.plans import Budget, Charge, Left, Stay

LASTS_SECONDS = 5.0

TEXT = SHELF + Path(__file__).with_name("places.lua").read_text(encoding="utf-8")

_DRIFT = 0.000_5


class Granted(NamedTuple):
    """What the store said: how many places we have, how many the others; `asked` and `heard` by our clock."""

    settles: bool
    places: int
    others: int
    asked: float
    heard: float


class Flight:
    """The places of one process for one limit. Whoever calls holds the ledger's mutex."""

    __slots__ = ("_asked", "_called", "_others", "_peak", "_places", "_refused_until", "_settling_until", "_until",
                 "door", "limit", "used")  # fmt: skip

    def __init__(self, at: float) -> None:
        """No place is had yet."""
        self.limit = 0
        self.used = 0
        self.door = Lock()
        """Held by whoever asks the store for these."""
        self._places = self._others = self._peak = 0
        self._asked = self._until = self._refused_until = self._settling_until = -inf
        self._called = at

    def has_room(self, at: float) -> bool:
        """Whether one more call may come in on what is leased."""
        return self.used < min(self._places, self.limit) and at < self._until

    def refuses(self, at: float) -> bool:
        """Whether the store had no place a moment ago."""
        return at < self._refused_until

    def settles(self, at: float) -> bool:
        """Whether the store said just now that it cannot tell yet."""
        return at < self._settling_until

    def needs_nothing(self, at: float) -> bool:
        """Whether there is no use in asking for one more place."""
        return self.has_room(at) or self.refuses(at) or self.settles(at)

    def enter(self, at: float) -> None:
        """A call comes in."""
        self.used += 1
        self._peak = max(self._peak, self.used)
        self._called = at

    def holds(self) -> bool:
        """Whether places are leased."""
        return self._places > 0

    def left(self) -> int:
        """How many places are left, as far as is known."""
        return max(self.limit - self._others - self.used, 0)

    def wish(self, *, more: int) -> int:
        """How many to ask for. Those that are not wished for any more are let go of before the store is asked."""
        wish = max(self._peak, self.used + more)
        self._places = min(self._places, wish)
        return wish

    def settle(self, granted: Granted, wish: int) -> None:
        """Go on with what the store said of a wish."""
        self._places, self._others = granted.places, granted.others
        self._asked, self._until = granted.asked, granted.asked + LASTS_SECONDS * (1 - _DRIFT)
        self._peak = self.used
        if granted.settles:
            self._settling_until = granted.heard + REFUSED_SECONDS
        elif granted.places < wish:
            self._refused_until = granted.heard + REFUSED_SECONDS

    def look(self, at: float) -> bool:
        """Whether the store should be told: there are places to give back, or a lease to renew."""
        if self._places > self._peak or (self._places > 0 and at - self._asked >= CONTACT_SECONDS):
            return True
        self._peak = self.used
        return False

    def is_idle(self, at: float) -> bool:
        """Whether nothing is lost by forgetting it all."""
        return not (self.used or self._places or self.door.locked()) and at - self._called >= IDLE_SECONDS


def taken(charges: Sequence[Charge], flights: Sequence[Flight], at: float) -> Stay | None:
    """A place of each charge, or of none; None when the store is to be asked."""
    for flight in flights:
        if not flight.has_room(at):
            return Stay(Budget(admitted=False, left=_lines(charges, flights, at))) if flight.refuses(at) else None
    for flight in flights:
        flight.enter(at)
    return Stay(Budget(admitted=True, left=_lines(charges, flights, at)), tuple(flights))


def leave(stay: Stay) -> None:
    """The places are free again. Whoever calls holds the ledger's mutex."""
    for flight in stay.places:
        flight.used -= 1


def _lines(charges: Sequence[Charge], flights: Sequence[Flight], at: float) -> tuple[Left, ...]:
    return tuple(
        Left(charge.windows[0], 0 if flight.refuses(at) and not flight.has_room(at) else flight.left(), 0)
        for charge, flight in zip(charges, flights, strict=True)
    )
