"""Leases: how many calls a process may serve before it asks the ledger again. Pure: no IO, and time is given.

The law:

- **Never over.** A call passes on a unit that the store has already counted in all windows of its charge, and while the
  store's clock, at its latest, still stands in those windows. So in every calendar window, by the store's clock,
  admitted calls ≤ leased units ≤ limit; whatever dies, stops, or is cut off. (The call for which the store was asked
  passes on its answer, however late that comes: the store admitted it, in that window.)
- A lease belongs to the windows that were running when it was given, and ends with the first of them: with a part of a
  rolling window, and with a second of a rate (script.py). Units that are left then go back to the windows that still
  run, as do those of a lease that nobody called on for half a second, and all of them when the process ends well.
- A rate's unit passes at most a second after it was counted: in any stretch of `s` seconds a rate admits at most
  `burst` + (`s` + 1) × `limit` / period calls.
- A unit goes back at most once, and only to a store that still counts it. Where it is not known whether one arrived,
  it is lost.
- **Stranded.** What a process holds when it is killed, or when a give-back is lost, stays counted until its windows
  end. A process holds a quarter of a second of recent calls, and at most a 32nd of what was left; a share
  (domain/away.py) is half a minute of recent calls, and at most a 16th. Where few calls come or few are left, one call
  at a time is leased, and nothing is stranded but the call itself.
- What is left, as one process tells it, is what the store has not leased and what it holds itself; so two processes
  may differ by what others hold, for half a second after the last call.

The clocks: the process's own must go on while the machine sleeps (CLOCK_BOOTTIME), and drift from the store's by less
than one part in two thousand, or a call may be counted in the window before its own.
"""

from collections.abc import Sequence
from math import ceil, exp, inf
from threading import Lock
from typing import NamedTuple

from gateway.counters.script import Bounds, Said, Wish
from gateway.domain.away import WhenAway
from gateway.domain.plans import Left, Window

QUIET_SECONDS = 0.5
"""After so long without a call, what is held goes back."""

CONTACT_SECONDS = 1.0
"""So often, at least, the store is asked about what is held: it may have been emptied."""

REFUSED_SECONDS = 0.1
"""For so long the store is not asked again once it refused: another process may give back."""

IDLE_SECONDS = 2.0
"""After so long without a call, how many came is forgotten too."""

_DRIFT = 0.000_5


class Manner(NamedTuple):
    """How much is held: in seconds of recent calls, and at most as one in `fraction` of what is left."""

    seconds: float
    fraction: int


_ORDINARY = Manner(0.25, 32)
_SHARE = Manner(30.0, 16)


class Terms(NamedTuple):
    """What the store said of these `bounds` when it was asked for at `least` so many calls.

    `asked` and `heard` are moments of our clock, in seconds.
    """

    asked: float
    heard: float
    bounds: tuple[Bounds, ...]
    least: int
    said: Said


class Return(NamedTuple):
    """Units that go back, to the counts that they were taken from; `since` when, by the store's clock in seconds."""

    windows: tuple[Window, ...]
    bounds: tuple[Bounds, ...]
    birth: str
    units: int
    since: float


class Lease:
    """What one process holds of one charge. Whoever calls holds the ledger's mutex."""

    __slots__ = ("_called", "_manner", "_pace", "_paced", "_peak", "_refused", "_refused_until", "_settling_until",
                 "_since", "_taken", "_terms", "_until", "asks", "door", "units", "when_away", "windows")  # fmt: skip

    def __init__(self, windows: tuple[Window, ...], when_away: WhenAway, at: float) -> None:
        """Nothing is held yet."""
        self.windows = windows
        self.when_away = when_away
        self.units = 0
        self.asks = False
        """Whether somebody was told to ask for more."""
        self.door = Lock()
        """Held by whoever asks the store for this lease."""
        self._manner = _SHARE if when_away == "share" else _ORDINARY
        self._terms: Terms | None = None
        self._until = self._refused_until = self._settling_until = -inf
        self._called = self._paced = at
        self._pace = self._since = 0.0
        self._taken = 0
        self._peak = 0
        self._refused = 0

    # --- a call

    def holds(self, cost: int, at: float) -> bool:
        """Whether a call of this cost passes on what is held."""
        return self.units >= cost and self._runs(at)

    def take(self, cost: int, at: float) -> None:
        """Serve a call."""
        self.units -= cost
        self._taken += cost
        self._called = at

    def refuses(self, cost: int, at: float) -> bool:
        """Whether the store refused just now what cost as much, or less."""
        return at < self._refused_until and cost >= self._refused and self._runs(at)

    def settles(self, at: float) -> bool:
        """Whether the store said just now that it cannot tell yet."""
        return at < self._settling_until

    def lines(self, at: float, cost: int = 0) -> list[Left]:
        """What is left of each window, and how long a call of this cost waits for those that have too little."""
        return lines_of(self.windows, self._terms, self.units, at, cost) if self._terms else []

    # --- what to ask for

    def needs_nothing(self, cost: int, at: float) -> bool:
        """Whether there is no use in asking: for a call of this cost, or, with 0, for those that may follow."""
        return self.holds(cost, at) or self.refuses(cost, at) if cost else self.is_quiet(at)

    def is_low(self) -> bool:
        """Whether more should be asked for before it is used up; a lease of a few calls is not worth it."""
        # A quarter is left, or a second's calls were taken off a share.
        return self._peak > 3 and self.units <= max(self._peak / 4, self._peak - self._pace)

    def wish(self, cost: int, at: float) -> Wish:
        """What to ask for: enough for this call (none, for a cost of 0), and for those that are likely to follow."""
        self._pace = self._recent(at)
        self._taken, self._paced = 0, at
        held = self.units if self._runs(at) else 0
        return Wish(cost, max(cost, int(self._pace * self._manner.seconds) - held), self._manner.fraction, held)

    def is_due(self, at: float) -> bool:
        """Whether the store should be asked, if only whether it still counts what is held."""
        return bool(self._terms and self.units and at - self._terms.asked >= CONTACT_SECONDS)

    # --- what the store says

    def settle(self, terms: Terms, granted: int, cost: int) -> Return | None:
        """Go on under these terms; what is held under others goes back. `cost` is what was needed."""
        old = self.give_back() if self._terms and not _alike(self._terms, terms) else None
        self._terms = terms
        if not self.units:
            self._since = terms.said.now
        self.units += granted
        self._peak = self.units
        # Of our clock's moments, those that are surely before the end; its millisecond may nearly be over.
        self._until = terms.asked + (min(end for _, end in terms.bounds) - terms.said.now - 0.001) * (1 - _DRIFT)
        if granted < cost:
            self._refused, self._refused_until = cost, terms.heard + REFUSED_SECONDS
        return old if old and old.birth == terms.said.birth else None

    def is_over(self, at: float) -> bool:
        """Whether what is held is of no more use: its windows ended, or nobody calls."""
        return not self._runs(at) or self.is_quiet(at)

    def is_quiet(self, at: float) -> bool:
        """Whether nobody calls."""
        return at - self._called >= QUIET_SECONDS

    def rests(self, at: float) -> bool:
        """Whether nothing is held, although calls came lately: there is nothing to do."""
        return not self.units and 0 <= at - self._called < IDLE_SECONDS

    def is_idle(self, at: float) -> bool:
        """Whether nothing is lost by forgetting it all."""
        return not self.units and not self.asks and not self.rests(at)

    def give_back(self) -> Return | None:
        """Hold nothing from now on; what was held goes back."""
        units, self.units = self.units, 0
        terms = self._terms
        return Return(self.windows, terms.bounds, terms.said.birth, units, self._since) if terms and units else None

    def forget(self, at: float) -> None:
        """Hold nothing: the store counts none of it any more, and cannot tell yet what it counts."""
        self.units = 0
        self._terms = None
        self._until = self._refused_until = -inf
        self._settling_until = at + REFUSED_SECONDS

    # --- within

    def _runs(self, at: float) -> bool:
        return self._terms is not None and self._terms.asked <= at < self._until

    def _recent(self, at: float) -> float:
        return self._pace * exp(min(self._paced - at, 0)) + self._taken


def lines_of(windows: Sequence[Window], terms: Terms, units: int, at: float, cost: int = 0) -> list[Left]:
    """What is left of each window, with units that are held; the waits, in whole seconds, are long enough."""
    said = terms.said
    now = said.now + (at - terms.heard) * (1 - _DRIFT)
    lines = []
    for window, used, whole, passes in zip(windows, said.used, said.whole, said.passes, strict=True):
        remaining = max(window.most - used + units, 0)
        resets = max(_seconds(whole - now), 1 if window.kind == "calendar" else 0)
        wait = 0
        if remaining < cost:
            # Of a call that costs more than was asked for, it is only known that it passes when all is whole.
            wait = max(_seconds(passes - now), 1) if cost <= terms.least else resets
        lines.append(Left(window, remaining, resets, wait))
    return lines


def _seconds(duration: float) -> int:
    """Whole seconds that are enough, by a clock of milliseconds."""
    return ceil(duration - 0.000_5)


def _alike(one: Terms, other: Terms) -> bool:
    return one.said.birth == other.said.birth and one.bounds == other.bounds
