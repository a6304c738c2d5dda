"""The calls under way of one process, and who asks the store for their places (places.py says the law)."""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import NamedTuple

from gateway.counters.connecting import WAIT_SECONDS
from gateway.counters.counts import Away, Counts
from gateway.counters.places import Flight, taken
from gateway.domain.away import WhenAway
from gateway.domain.plans import Charge, Left, Stay
from gateway.http.headers import Headers
from gateway.pipeline.refusals import LEDGER_AWAY, RATIONED, Failure

_AGAIN = Headers((("Retry-After", "1"),))


class Store(NamedTuple):
    """The store as the ledger knows it; `mutex` is the ledger's, under which it decides."""

    counts: Counts
    mutex: Lock
    elapsed: Callable[[], float]
    is_away: Callable[[], bool]
    lose: Callable[[Away], None]


class SharedFlights:
    """Those of one process."""

    def __init__(self, store: Store) -> None:
        """No place is had yet."""
        self._store = store
        self._flights: dict[str, Flight] = {}

    def enter_now(self, charges: Sequence[Charge], when_away: WhenAway) -> Stay | None:
        """A place of each charge, or of none; None when the store is to be asked. Under the mutex."""
        is_away = self._store.is_away()
        if is_away and when_away == "refuse":
            raise Failure(LEDGER_AWAY, headers=_AGAIN)
        at = self._store.elapsed()
        flights = [self._of(charge, at) for charge in charges]
        stay = taken(charges, flights, at)
        if stay is None and (is_away or any(flight.settles(at) for flight in flights)):
            raise Failure(LEDGER_AWAY if when_away == "refuse" else RATIONED, headers=_AGAIN)
        return stay

    def lease(self, charges: Sequence[Charge]) -> None:
        """Ask for one more place wherever a call finds none."""
        for charge in charges:
            with self._store.mutex:
                flight = self._of(charge, self._store.elapsed())
            if flight.door.acquire(timeout=WAIT_SECONDS):
                try:
                    self._ask(charge.key, flight, more=1)
                finally:
                    flight.door.release()

    def look_after(self) -> None:
        """Give back what nobody uses, renew what calls have, forget those whom nobody calls under."""
        with self._store.mutex:
            at = self._store.elapsed()
            for key in [key for key, flight in self._flights.items() if flight.is_idle(at)]:
                del self._flights[key]
            due = [(key, flight) for key, flight in self._flights.items() if flight.look(at)]
        for key, flight in due:
            if flight.door.acquire(blocking=False):  # else somebody asks already
                try:
                    self._ask(key, flight, more=0)
                finally:
                    flight.door.release()

    def left(self, charge: Charge) -> Left:
        """How many places are left, by the store.

        Raises:
            Away: it cannot be asked.
        """
        others, window = self._store.counts.places_of_others(charge.key), charge.windows[0]
        with self._store.mutex:
            flight = self._flights.get(charge.key)
            used = flight.used if flight else 0
        return Left(window, max(window.limit - others - used, 0), 0)

    def give_back(self) -> None:
        """The process ends; raises `Away`."""
        for key, flight in self._flights.items():
            if flight.holds():
                self._store.counts.lease_places(key, 0, 0, flight.limit)

    def _of(self, charge: Charge, at: float) -> Flight:
        flight = self._flights.get(charge.key)
        if flight is None:
            flight = self._flights[charge.key] = Flight(at)
        flight.limit = charge.windows[0].limit
        return flight

    def _ask(self, key: str, flight: Flight, *, more: int) -> None:
        store = self._store
        with store.mutex:
            if store.is_away() or (more and flight.needs_nothing(store.elapsed())):
                return
            used, wish = flight.used, flight.wish(more=more)
        try:
            granted = store.counts.lease_places(key, used, wish, flight.limit)
        except Away as away:
            store.lose(away)
            return
        with store.mutex:
            flight.settle(granted, wish)
