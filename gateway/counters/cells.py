"""What a row holds: for each period, a ring of cells, one for each window that may still be asked for.

A cell is one word, so it is written whole or not at all: when its window began, in minutes since the epoch, and the
calls counted in it. A cell that holds another beginning than the one asked for counts nothing. The rings are just long
enough that a clock which is set back by an hour finds every window as it was.

Nothing here knows where rows are, or who else may touch them; a row is held while it is in these hands.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from gateway.counters.segments import Slot
from gateway.domain.plans import PERIOD_SECONDS, Budget, Left, Period, Window

KEPT_AFTER_END = 3_600
"""How long a window's count is kept after its end, in seconds: a clock that is set back must find it again."""

_RINGS: dict[Period, int] = {"minute": 62, "hour": 3, "day": 2, "month": 2}
"""Windows of each period that an hour may touch, its first and its last second included, and the present one."""

ROW = 72
"""Words in a row: those of the rings, and three to spare; nine lines of a processor's cache."""

_COUNT_BITS = 36
"""28 bits of minutes last until the year 2480; 36 bits of calls are 68 for each one that a plan may allow."""

_MOST = 1 << _COUNT_BITS


class Place(NamedTuple):
    """Where a window's cell is in its row, what the cell holds while nothing is spent, when the window ends."""

    cell: int
    unspent: int
    ends: int


class Calendar(NamedTuple):
    """The windows that hold every moment from `since` to before `until`."""

    since: int
    until: int
    places: dict[Period, Place]


def calendar(now: float) -> Calendar:
    """The present windows; good until the minute ends."""
    places: dict[Period, Place] = {}
    first = 0
    for period, length in _RINGS.items():
        began, ends = Window(period, 0).bounds(now)
        places[period] = Place(first + _ordinal(period, began) % length, began // 60 << _COUNT_BITS, ends)
        first += length
    return Calendar(int(now) // 60 * 60, places["minute"].ends, places)


def _ordinal(period: Period, began: int) -> int:
    if period != "month":
        return began // PERIOD_SECONDS[period]
    month = datetime.fromtimestamp(began, UTC)
    return month.year * 12 + month.month


def spend(slot: Slot, windows: Sequence[Window], now: float, present: Calendar) -> Budget:
    """Spend one call on all windows, or on none when one of them has nothing left; two of a period are one count."""
    words, first, places = slot.words, slot.first, present.places
    second, admitted = int(now), 1
    found = []
    for window in windows:
        cell, unspent, ends = places[window.period]
        used = words[first + cell] - unspent
        if not 0 <= used < _MOST:  # another window's
            used = 0
            _keep(slot, ends)
        if used >= window.limit:
            admitted = 0
        found.append((window, window.limit - used, ends - second, first + cell, unspent + used + 1))
    lines = []
    for window, remaining, wait, at, cell in found:
        if admitted:
            words[at] = cell
        lines.append(Left(window, max(remaining, 0) - admitted, wait))
    return Budget(admitted == 1, tuple(lines))


def left(words: Sequence[int], first: int, windows: Sequence[Window], now: float, present: Calendar) -> Budget:
    """What is left, spending nothing; `admitted` says whether a call would pass now."""
    lines = []
    for window in windows:
        cell, unspent, ends = present.places[window.period]
        used = words[first + cell] - unspent
        remaining = max(window.limit - (used if 0 <= used < _MOST else 0), 0)
        lines.append(Left(window, remaining, ends - int(now)))
    return Budget(all(line.remaining > 0 for line in lines), tuple(lines))


def _keep(slot: Slot, ends: int) -> None:
    # Before anything is counted, so that what is counted is kept.
    slot.words[slot.until] = max(slot.words[slot.until], ends + KEPT_AFTER_END)
