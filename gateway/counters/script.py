"""What Redis does in one piece: lease calls of one charge, take back what was not used, say what was used.

The law of the store:

- A charge's counts are in one slot with the *birth* of their shelf, so one script sees all of them, on a cluster too.
  A shelf is one of 256 hash tags; only its birth never expires.
- The clock is the store's. The client names the windows, and the script leases nothing of a window that does not hold
  the store's present moment; nor after the moment until which somebody waits for the answer, as a store does that stood
  still.
- All windows of a charge are leased together, or none is.
- A birth names the run of the server and the moment when the shelf was first asked for in it. A server that started
  anew, a replica that was promoted, or a store that was emptied has no such birth, so nobody takes its counts for
  whole: a window that began before the birth is `unknown` until its count is given from the usage record, and a shelf
  that was just born is `settling` until that record can be complete.
- A count that began anew by a reset is on the shelf of the one before it, and is known from the moment of the reset.
- Nothing is written for who is refused or only asks.
- What is leased of a rolling window is of one part of it, a sixtieth of its length, and of a rate, of one second: when
  that is over, so is the lease. So a call of a rolling window counts from the part in which it passes; and of a rate at
  most a second's worth of calls may pass later than they were counted.
"""

from collections.abc import Sequence
from pathlib import Path
from sys import intern
from typing import NamedTuple
from zlib import crc32

from gateway.domain.allowances import plain
from gateway.domain.calendars import PERIOD_SECONDS
from gateway.domain.plans import Window, seconds_of

SHELVES = 256

PARTS = 60
"""How many parts a rolling window has; one more of them counts."""

SLACK_SECONDS = 1
"""How far the clock of who reset a count may be ahead of the store's."""

Bounds = tuple[int, int]
"""When something begins and when it ends, in seconds since the epoch."""


class Wish(NamedTuple):
    """How many calls to lease: `least` or none; up to `most`.

    Beyond the least, whoever asks shall not hold more than one in `fraction` of what is left with what it `held`.
    """

    least: int
    most: int
    fraction: int = 1
    held: int = 0


class Said(NamedTuple):
    """What the store answered, `now` by its clock, in seconds.

    Of each window, with what was leased by this: what is `used`; when it would be `whole` again; and
    when as many more as the least that was asked for have room.
    """

    status: str
    now: float
    birth: str
    granted: int
    used: tuple[int, ...]
    whole: tuple[float, ...]
    passes: tuple[float, ...]


NOTHING = Wish(0, 0)

SHELF, _LEASE = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("shelf.lua", "lease.lua"))
TEXT = SHELF + _LEASE


def bounds_of(window: Window, now: float) -> Bounds:
    """What a lease may be of, at a moment: a window of the calendar, a part of a rolling one, a rate's second."""
    if window.kind == "calendar":
        return window.bounds(now)
    length = seconds_of(window.period) // PARTS if window.kind == "rolling" else 1
    began = int(now) // length * length
    return began, began + length


def record_of(window: Window, bounds: Bounds) -> Bounds:
    """The stretch whose calls matter to a window in these bounds; it begins where lines of the usage record do."""
    began, ends = bounds
    if window.kind == "calendar":
        return bounds
    seconds = seconds_of(window.period)
    length = seconds if window.kind == "rolling" else -(-window.most * seconds // max(window.limit, 1))
    # Of what is older than two days there may be one line for an hour.
    line = PERIOD_SECONDS["hour" if length > PERIOD_SECONDS["day"] else "minute"]
    return (began - length) // line * line, ends


def keys_of(key: str, windows: Sequence[Window], bounds: Sequence[Bounds]) -> list[str]:
    """The birth of a charge's shelf, and where the counts of its windows are; all in one slot of a cluster."""
    shelf = _shelf(key)
    names = [
        f"{window.period}:{began}" if window.kind == "calendar" else window.measure
        for window, (began, _) in zip(windows, bounds, strict=True)
    ]
    return [f"{shelf}:birth", *(f"{shelf}:{key}:{name}" for name in names)]


def keys_of_places(key: str) -> list[str]:
    """The birth of a charge's shelf, and where its places among the calls under way are."""
    shelf = _shelf(key)
    return [f"{shelf}:birth", f"{shelf}:{key}:concurrency"]


def _shelf(key: str) -> str:
    return f"{{guichet-{crc32(plain(key)[0].encode()) % SHELVES}}}"


def known_from(key: str) -> str:
    """From when on all calls of a key are counted under it, in milliseconds: from its reset, if it had one."""
    _, reset_at = plain(key)
    return str(max(reset_at - SLACK_SECONDS, 0) * 1000)


def told(windows: Sequence[Window], bounds: Sequence[Bounds], recorded: Sequence[int] | None) -> list[str]:
    """The windows as the script reads them, in milliseconds; `recorded` are their counts in the usage record."""
    counts = [str(count) for count in recorded] if recorded else [""] * len(windows)
    parts: list[str] = []
    for window, (began, ends), count in zip(windows, bounds, counts, strict=True):
        numbers = (window.most, began * 1000, ends * 1000, count, window.limit, seconds_of(window.period) * 1000)
        parts += [window.kind, *map(str, numbers)]
    return parts


def read(reply: Sequence[bytes | int]) -> Said:
    """The script's reply."""
    status, now, birth = reply[:3]
    granted, *numbers = [int(number) for number in reply[3:]] or [0]
    used, whole, passes = (tuple(numbers[each::3]) for each in range(3))
    # Interned: there are few births, and each lease remembers one.
    return Said(_text(status), int(now) / 1000, intern(_text(birth)), granted, used, _seconds(whole), _seconds(passes))


def _seconds(milliseconds: Sequence[int]) -> tuple[float, ...]:
    return tuple([moment / 1000 for moment in milliseconds])


def _text(told: bytes | int) -> str:
    return told.decode() if isinstance(told, bytes) else str(told)
