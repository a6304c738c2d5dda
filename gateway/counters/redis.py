"""The ledger of many machines: calls pass on leases (leases.py) that Redis gives (counts.py).

The law of who waits: the thread that must not wait passes a call on what is held, is told that nothing is left, or is
told `otherwise`; another thread asks the store then, one for each charge at a time. A keeper asks for more before a
lease is used up, gives back what nobody uses, and, while the store is away, looks for its return: no call waits for a
store that is known to be away.

A call that has several charges takes a lease of each, wherever in a cluster their counts are, and passes when it holds
all of them. When one refuses, what was leased of the others for this call goes back at once.
"""

import atexit
import os
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from math import inf
from threading import Lock
from typing import TYPE_CHECKING

import structlog

from gateway.counters.addresses import parse
from gateway.counters.connecting import client_for
from gateway.counters.counts import Away, Counted, Counts, Settling
from gateway.counters.keeper import Keeper
from gateway.counters.leases import CONTACT_SECONDS, Lease, Return, lines_of
from gateway.counters.places import leave
from gateway.counters.script import Wish
from gateway.counters.shared_flights import SharedFlights, Store
from gateway.domain.away import USUAL, WhenAway
from gateway.domain.plans import Budget, Charge, Left, Stay
from gateway.http.headers import Headers
from gateway.pipeline.ports import Ledger, LedgerStanding, Otherwise
from gateway.pipeline.refusals import LEDGER_AWAY, RATIONED, Failure

log = structlog.get_logger(__name__)

WAIT_SECONDS = 2.0
"""How long a call waits for its turn to ask."""

_NOTHING_GIVEN: Mapping[str, int] = {}

_AGAIN = Headers((("Retry-After", "1"),))


def awake() -> float:
    """Seconds that go on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class RedisLedger:
    """Counts calls in Redis. `elapsed` is our clock, in seconds."""

    is_shared = True

    def __init__(
        self, open_counts: Callable[[], Counts], elapsed: Callable[[], float] = awake, place: str = ""
    ) -> None:
        """Nothing is asked before the first call; a forked child begins anew, for no unit may be spent twice."""
        self._open_counts = open_counts
        self._elapsed = elapsed
        self._place = place
        self._begin()
        _LEDGERS.add(self)

    def _begin(self) -> None:
        self._counts = self._open_counts()
        self._mutex = Lock()
        self._leases: dict[str, Lease] = {}
        self._returns: list[tuple[str, Return]] = []
        self._away = False
        self._away_since = -inf
        self._heard = -inf
        store = Store(self._counts, self._mutex, self._elapsed, lambda: self._away, self._lose)
        self._flights = SharedFlights(store)
        self._keeper = Keeper(self.look_after, self._ask_for_more)

    def spend(self, charges: Sequence[Charge], when_away: WhenAway = USUAL) -> Budget:
        """Spend all charges on all of their windows, or nothing when one of them has not enough left."""
        charges = _counted(charges)
        until = self._elapsed() + WAIT_SECONDS
        budget = self._pass(charges, when_away)
        while budget is None:
            if self._elapsed() > until:
                raise Failure(LEDGER_AWAY, headers=_AGAIN)
            budget = self._ask(charges, when_away)
        return budget

    def spend_at_once(
        self, charges: Sequence[Charge], otherwise: Otherwise, when_away: WhenAway = USUAL
    ) -> Budget | Otherwise:
        """The same for a thread that must not wait; `otherwise`, with nothing spent, when the store is to be asked."""
        if not self._mutex.acquire(blocking=False):
            return otherwise
        try:
            budget = self._pass_now(_counted(charges), when_away, _NOTHING_GIVEN, self._elapsed())
        finally:
            self._mutex.release()
        return otherwise if budget is None else budget

    def enter(self, charges: Sequence[Charge], when_away: WhenAway = USUAL) -> Stay:
        """Take a place of each charge among the calls under way, or none when one of them has no place left."""
        until = self._elapsed() + WAIT_SECONDS
        with self._mutex:
            stay = self._flights.enter_now(charges, when_away)
        while stay is None:
            if self._elapsed() > until:
                raise Failure(LEDGER_AWAY, headers=_AGAIN)
            self._start()
            self._flights.lease(charges)
            with self._mutex:
                stay = self._flights.enter_now(charges, when_away)
        return stay

    def enter_at_once(
        self, charges: Sequence[Charge], otherwise: Otherwise, when_away: WhenAway = USUAL
    ) -> Stay | Otherwise:
        """The same for a thread that must not wait; `otherwise`, with nothing taken, when the store is to be asked."""
        if not self._mutex.acquire(blocking=False):
            return otherwise
        try:
            stay = self._flights.enter_now(charges, when_away)
        finally:
            self._mutex.release()
        return otherwise if stay is None else stay

    def leave(self, stay: Stay) -> None:
        """Give places back; at once."""
        with self._mutex:
            leave(stay)

    def left(self, charges: Sequence[Charge]) -> Budget:
        """What is left, spending nothing: by the store, and by what this process holds."""
        if self._start():  # nobody asked yet whether it is there
            self._prove()
        if self._away:
            raise Failure(LEDGER_AWAY, headers=_AGAIN)
        lines = [line for charge in _counted(charges) for part in _parted(charge) for line in self._left(part)]
        admitted = all(line.remaining if line.window.kind == "concurrency" else not line.wait for line in lines)
        return Budget(admitted, tuple(lines))

    def standing(self) -> LedgerStanding:
        """How it stands, as this process knows within a second."""
        if self._start():
            self._prove()
        away = self._elapsed() - self._away_since if self._away else None
        return LedgerStanding(self._place, self.is_shared, away, self.held())

    def held(self) -> int:
        """How many calls this process holds leased."""
        return sum(lease.units for lease in list(self._leases.values()))

    def close(self) -> None:
        """Give everything back, and the connections; the next call opens again."""
        atexit.unregister(self.close)
        self._keeper.stop()
        with self._mutex:
            for key, lease in self._leases.items():
                self._keep(key, lease.give_back())
        self._give_back()
        with suppress(Away):
            self._flights.give_back()
        self._counts.close()
        self._begin()

    # --- on what is held

    def _pass(
        self, charges: Sequence[Charge], when_away: WhenAway, given: Mapping[str, int] = _NOTHING_GIVEN
    ) -> Budget | None:
        """The answer, by what is held; None when the store is to be asked. `given` was leased for this very call."""
        with self._mutex:
            return self._pass_now(charges, when_away, given, self._elapsed())

    def _pass_now(
        self, charges: Sequence[Charge], when_away: WhenAway, given: Mapping[str, int], at: float
    ) -> Budget | None:
        if self._away and when_away == "refuse" and charges:
            raise Failure(LEDGER_AWAY, headers=_AGAIN)
        leases = [self._lease(charge, when_away, at) for charge in charges]
        for charge, lease in zip(charges, leases, strict=True):
            granted = given.get(charge.key)
            if lease.holds(charge.cost, at) or (granted and lease.units >= charge.cost):
                continue
            if lease.refuses(charge.cost, at) or granted == 0:
                return Budget(admitted=False, left=_refused(charges, leases, at))
            if self._away or lease.settles(at):
                raise Failure(LEDGER_AWAY if when_away == "refuse" else RATIONED, headers=_AGAIN)
            return None
        for charge, lease in zip(charges, leases, strict=True):
            lease.take(charge.cost, at)
            if lease.is_low() and not lease.asks:
                lease.asks = True
                self._keeper.ask(charge.key)
        return Budget(admitted=True, left=_lines(leases, at))

    def _lease(self, charge: Charge, when_away: WhenAway, at: float) -> Lease:
        lease = self._leases.get(charge.key)
        if lease and lease.windows == charge.windows and lease.when_away == when_away:
            return lease
        if lease:  # the plan was changed
            self._keep(charge.key, lease.give_back())
        lease = self._leases[charge.key] = Lease(charge.windows, when_away, at)
        return lease

    def _keep(self, key: str, back: Return | None) -> None:
        if back:
            self._returns.append((key, back))

    # --- asking the store

    def _ask(self, charges: Sequence[Charge], when_away: WhenAway) -> Budget | None:
        """Ask for what a call lacks; its answer then, or None when others took what came."""
        given: dict[str, int] = {}
        for charge in charges:
            with self._mutex:
                lease = self._lease(charge, when_away, self._elapsed())
            if lease.door.acquire(timeout=WAIT_SECONDS):
                try:
                    given |= self._lease_more(charge.key, lease, charge.cost)
                    budget = self._pass(charges, when_away, given)
                finally:
                    lease.door.release()
                if budget is not None:
                    return budget if budget.admitted else self._refuse(charges, given)
        return None

    def _refuse(self, charges: Sequence[Charge], given: Mapping[str, int]) -> Budget:
        """Give back at once what was leased for a call that another limit refused; how long it waits for each."""
        with self._mutex:
            for key, granted in given.items():
                if granted and (lease := self._leases.get(key)):
                    self._keep(key, lease.give_back())
        self._give_back()
        return Budget(admitted=False, left=tuple([line for charge in charges for line in self._left(charge)]))

    def _lease_more(self, key: str, lease: Lease, cost: int) -> dict[str, int]:
        """Ask for one lease: what came, where there was an answer. Whoever calls waited for its door, and holds it."""
        self._start()
        with self._mutex:
            at = self._elapsed()
            lease.asks = False
            if self._away or lease.settles(at) or lease.needs_nothing(cost, at):
                return {}
            wish = lease.wish(cost, at)
        try:
            granted, terms = self._counts.lease(key, lease.windows, wish)
        except Settling:
            with self._mutex:
                lease.forget(self._elapsed())
        except Away as away:
            self._lose(away)
        else:
            with self._mutex:
                self._heard = terms.heard
                self._keep(key, lease.settle(terms, granted, cost))
                if self._leases.get(key) is not lease:  # the plan was changed meanwhile
                    self._keep(key, lease.give_back())
            return {key: granted}
        return {}

    def _left(self, charge: Charge) -> list[Left]:
        key, windows, cost = charge
        try:
            if windows[0].kind == "concurrency":
                return [self._flights.left(charge)]
            _, terms = self._counts.lease(key, windows, Wish(cost, 0))
        except Settling as settling:
            raise Failure(LEDGER_AWAY, headers=_AGAIN) from settling
        except Away as away:
            self._lose(away)
            raise Failure(LEDGER_AWAY, headers=_AGAIN) from away
        with self._mutex:
            at, lease = self._elapsed(), self._leases.get(key)
            units = lease.units if lease and lease.windows == windows and lease.holds(1, at) else 0
            return lines_of(windows, terms, units, at, cost)

    # --- what the keeper does

    def look_after(self) -> None:
        """Give back what nobody uses, ask about what is held, and look for a store that was away."""
        if self._elapsed() - self._heard >= CONTACT_SECONDS:
            self._prove()
        if self._away:
            return
        begun = self._elapsed()
        for key, lease in list(self._leases.items()):
            if lease.rests(begun):  # most do, where many applications call
                continue
            with self._mutex:
                at = self._elapsed()
                if lease.units and lease.is_over(at):
                    self._keep(key, lease.give_back())
                elif lease.is_due(at):
                    self._keeper.ask(key)
                elif lease.is_idle(at) and not lease.door.locked():
                    self._leases.pop(key, None)
        self._give_back()
        self._flights.look_after()

    def _ask_for_more(self, key: str) -> None:
        lease = self._leases.get(key)
        if lease and lease.door.acquire(blocking=False):  # else somebody asks already
            try:
                self._lease_more(key, lease, 0)
            finally:
                lease.door.release()

    def _give_back(self) -> None:
        while self._returns and not self._away:
            key, back = self._returns.pop()
            try:
                self._counts.give_back(key, back)
            except Away as away:
                self._lose(away)

    def _lose(self, away: Away) -> None:
        if not self._away:
            log.warning("the shared ledger does not answer", error=str(away))
            self._away_since = self._elapsed()
        self._away, self._heard = True, -inf
        self._start()

    def _prove(self) -> None:
        try:
            self._counts.prove()
        except Away as away:
            self._lose(away)
            return
        self._heard = self._elapsed()
        if self._away:
            log.info("the shared ledger answers again")
        self._away = False

    def _start(self) -> bool:
        begins = self._keeper.start()
        if begins:
            atexit.register(self.close)
        return begins


def ledger_at(url: str, counted: Counted) -> RedisLedger:
    """The ledger at an address (addresses.py); `counted` is what the usage record says."""
    connect = client_for(url)
    place = ", ".join(f"{host}:{port}" for host, port in parse(url).hosts)
    return RedisLedger(lambda: Counts(connect, counted, awake), place=place)


def _counted(charges: Sequence[Charge]) -> Sequence[Charge]:
    """The charges that count something."""
    return [charge for charge in charges if charge.windows]


def _parted(charge: Charge) -> Iterator[Charge]:
    """What calls are spent on, and the calls under way, each by itself."""
    for _, windows in groupby(charge.windows, key=lambda window: window.kind == "concurrency"):
        yield charge._replace(windows=tuple(windows))


def _refused(charges: Sequence[Charge], leases: Sequence[Lease], at: float) -> tuple[Left, ...]:
    pairs = zip(charges, leases, strict=True)
    return tuple([line for charge, lease in pairs for line in lease.lines(at, charge.cost)])


def _lines(leases: Sequence[Lease], at: float) -> tuple[Left, ...]:
    return tuple([line for lease in leases for line in lease.lines(at)])


_LEDGERS: "weakref.WeakSet[RedisLedger]" = weakref.WeakSet()


def _begin_anew() -> None:
    for ledger in _LEDGERS:
        ledger._begin()  # noqa: SLF001 - our own


os.register_at_fork(after_in_child=_begin_anew)


if TYPE_CHECKING:
    _: type[Ledger] = RedisLedger
