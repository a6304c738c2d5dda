"""A rolling window: a row of 61 cells, one for each sixtieth of its length that its calls may lie in, and one more.

A cell is one word: the number of its part since the epoch, and the calls counted in it. A part counts as long as any
moment of it may be within the length: so a call counts for at least the length and at most a sixtieth longer, and no
stretch of that length, wherever it begins, ever holds more calls than the limit.

The law holds for the time that really passes, too. A clock that is set back finds parts that have not begun: all that
is counted is then counted as if it were now, once. One that trembles at the edge of a part changes nothing.
"""

from gateway.counters.look import Look
from gateway.domain.plans import Window, seconds_of

PARTS = 60
CELLS = PARTS + 1

_COUNT_BITS = 31
"""33 bits of seconds, the shortest part, last until the year 2242; 31 bits of calls are two for each one allowed."""

_COUNT = (1 << _COUNT_BITS) - 1


def look(words: memoryview, first: int, window: Window, cost: int, now: float) -> Look:
    """How a rolling window stands; what a clock that was set back changed is put right first."""
    length = seconds_of(window.period) // PARTS
    present = int(now) // length
    counted = _counted(words, first, present)
    latest = counted[-1][0] if counted else present
    if latest > present + 1:
        counted = _gather(words, first, present, counted)
        latest = present
    present = max(present, latest)
    room = window.limit - sum(count for _, count in counted)
    at = first + present % CELLS
    here = counted[-1][1] if counted and latest == present else 0
    return Look(
        room=room,
        resets=(latest + CELLS) * length - int(now) if counted else 0,
        wait=_wait(counted, cost - room, length, now),
        then=(present + CELLS) * length - int(now),
        at=at,
        word=present << _COUNT_BITS | (here + cost),
    )


def _counted(words: memoryview, first: int, present: int) -> list[tuple[int, int]]:
    """The parts that count at present and what is in them, the oldest first."""
    oldest = present - PARTS << _COUNT_BITS
    cells = sorted(word for word in words[first : first + CELLS] if word >= oldest and word & _COUNT)
    return [(word >> _COUNT_BITS, word & _COUNT) for word in cells]


def _gather(words: memoryview, first: int, present: int, counted: list[tuple[int, int]]) -> list[tuple[int, int]]:
    # The sum first: whoever is killed here leaves calls that count twice, and none that count no more.
    here, together = present % CELLS, min(sum(count for _, count in counted), _COUNT >> 1)
    words[first + here] = present << _COUNT_BITS | together
    for cell in range(CELLS):
        if cell != here:
            words[first + cell] = 0
    return [(present, together)]


def _wait(counted: list[tuple[int, int]], lacking: int, length: int, now: float) -> int:
    """How long until as many calls count no more; until all do, where even that is too few."""
    if lacking <= 0:
        return 0
    wait = length
    for part, count in counted:
        wait = (part + CELLS) * length - int(now)
        lacking -= count
        if lacking <= 0:
            break
    return wait
