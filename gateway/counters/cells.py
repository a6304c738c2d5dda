"""What a row holds: rings of cells for the calendar, and two words for each rate.

Each period of the calendar has a ring, with one cell for each window that may still be asked for. A rolling window has
a row of its own (rolling.py).

A cell is one word, so it is written whole or not at all: when its window began, in minutes since the epoch, and the
calls counted in it. A cell that holds another beginning than the one asked for counts nothing. The rings are just long
enough that a clock which is set back by an hour finds every window as it was. No limit is kept here: what was used is
used, whatever the plan says next.

Nothing here knows where rows are, or who else may touch them; a row is held while it is in these hands.
"""

from collections.abc import Sequence
from typing import NamedTuple

from gateway.counters import rates, rolling
from gateway.counters.look import Look
from gateway.counters.segments import Slot
from gateway.domain.calendars import UTC, Period, bounds, ordinal
from gateway.domain.plans import PERIODS, Budget, Left, Window

KEPT_AFTER_END = 3_600
"""How long a window's count is kept after its end, in seconds: a clock that is set back must find it again."""

_RINGS: dict[Period, int] = {"minute": 62, "hour": 3, "day": 2, "week": 2, "month": 2}
"""Windows of each period that an hour may touch, its first and its last second included, and the present one."""

_RATES = {
    f"rate-{period}": sum(_RINGS.values()) + number * rates.WORDS for number, period in enumerate(PERIODS["rate"])
}
"""Where the words of each rate are."""

ROW = 80
"""Words in a row: those of the rings and the rates, and three to spare; ten lines of a processor's cache."""

_COUNT_BITS = 36
"""28 bits of minutes last until the year 2480; 36 bits of calls are 68 for each one that a plan may allow."""

_MOST = 1 << _COUNT_BITS

Row = tuple[Slot, Sequence[Window], int]
"""A row, the windows that are counted in it, and how many calls are to be spent."""


class Place(NamedTuple):
    """Where a window's cell is in its row, what the cell holds while nothing is spent, when the window ends."""

    cell: int
    unspent: int
    ends: int


class Calendar(NamedTuple):
    """The windows that hold every moment from `since` to before `until`, by their measures, as they are asked for."""

    since: int
    until: int
    places: dict[str, Place]


def calendar(now: float) -> Calendar:
    """The present windows; good until the minute ends."""
    began, ends = bounds("minute", UTC, now)
    return Calendar(began, ends, {})


def place(window: Window, present: Calendar) -> Place:
    """Where a window of the calendar is counted."""
    found = present.places.get(window.measure)
    if found is None:
        first = 0
        for period, length in _RINGS.items():
            if period == window.period:
                began, ends = bounds(period, window.zone, present.since)
                cell = first + ordinal(period, began, window.zone) % length
                found = present.places[window.measure] = Place(cell, began // 60 << _COUNT_BITS, ends)
            first += length
    if found is None:
        raise LookupError(window)
    return found


def spend(rows: Sequence[Row], now: float, present: Calendar) -> Budget:
    """Spend on all windows of all rows, or on none when one of them has not enough; of a measure there is one count."""
    places, second, admitted = present.places, int(now), True
    found = []
    for slot, windows, cost in rows:
        words, first = slot.words, slot.first
        for window in windows:
            if window.kind == "calendar":
                cell, unspent, ends = places.get(window.measure) or place(window, present)
                at = first + cell
                used = words[at] - unspent
                if not 0 <= used < _MOST:  # another window's
                    used = 0
                    _keep(slot, ends)
                resets = then = ends - second
                room, word = window.limit - used, unspent + used + cost
                wait = resets if room < cost else 0
            else:
                room, resets, wait, then, at, word = _look(slot, window, cost, now)
            admitted = admitted and not wait
            found.append((window, room, resets, wait, then, cost, words, at, word))
    lines = []
    for window, room, resets, wait, then, cost, words, at, word in found:
        if admitted:
            words[at] = word
            lines.append(Left(window, room - cost, then))
        else:
            lines.append(Left(window, max(room, 0), resets, wait))
    return Budget(admitted, tuple(lines))


def left(rows: Sequence[Row], now: float, present: Calendar) -> Budget:
    """What is left, spending nothing; `admitted` says whether a call would pass now."""
    lines = [_left(slot, window, cost, now, present) for slot, windows, cost in rows for window in windows]
    return Budget(not any(line.wait for line in lines), tuple(lines))


def _left(slot: Slot, window: Window, cost: int, now: float, present: Calendar) -> Left:
    if window.kind != "calendar":
        return _look(slot, window, cost, now).left(window)
    cell, unspent, ends = place(window, present)
    used = slot.words[slot.first + cell] - unspent
    room, resets = window.limit - (used if 0 <= used < _MOST else 0), ends - int(now)
    return Left(window, max(room, 0), resets, resets if room < cost else 0)


def _look(slot: Slot, window: Window, cost: int, now: float) -> Look:
    if window.kind == "rolling":
        look = rolling.look(slot.words, slot.first, window, cost, now)
    else:
        look = rates.look(slot.words, slot.first + _RATES[window.measure], window, cost, now)
    if look.wait == 0:
        _keep(slot, int(now) + look.then)
    return look


def _keep(slot: Slot, ends: int) -> None:
    # Before anything is counted, so that what is counted is kept.
    slot.words[slot.until] = max(slot.words[slot.until], ends + KEPT_AFTER_END)
