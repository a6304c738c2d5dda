"""A rate in two words, by the generic cell rate algorithm (GCRA; ITU-T I.371, annex A).

The first word is when the rate would be whole again, the *theoretical arrival time*, in ticks since the epoch; the
second is what a call cost when that was written. A call costs `interval` ticks and passes if it stays within `burst`
of them. So in any stretch of `s` seconds at most `burst` + `s` × `limit` / period calls pass, and never one more.

- When the plan changes, the calls that are owed stay owed, each at the new price, up to the new burst.
- A clock that is set back finds at most a whole burst owed: what is owed counts for the time that really passes.
"""

from gateway.counters.look import Look
from gateway.domain.plans import TICKS, Window

WORDS = 2


def look(words: memoryview, at: int, window: Window, cost: int, now: float) -> Look:
    """How a rate stands; what the plan or the clock changed since is put right first."""
    moment, interval = int(now * TICKS), window.interval
    tolerance = interval * window.most
    if words[at + 1] != interval:
        _reprice(words, at, window, moment)
    owed = max(words[at] - moment, 0)
    if owed > tolerance:
        owed = tolerance
        words[at] = moment + owed
    after = owed + cost * interval
    return Look(
        room=(tolerance - owed) // interval,
        resets=_seconds(owed),
        wait=_seconds(after - tolerance) if after > tolerance else 0,
        then=_seconds(after),
        at=at,
        word=moment + after,
    )


def _reprice(words: memoryview, at: int, window: Window, moment: int) -> None:
    # Whoever is killed between the two writes leaves more owed, never less.
    before, interval = words[at + 1], window.interval
    owed = max(words[at] - moment, 0)
    repriced = -(-owed * interval // before) if before else 0
    arrival = moment + min(repriced, interval * window.most)
    if interval > before:
        words[at] = arrival
    words[at + 1] = interval
    words[at] = arrival


def _seconds(ticks: int) -> int:
    return -(-ticks // TICKS)
