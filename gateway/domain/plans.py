"""Plans: how many calls in what time.

Four kinds of window bound the calls of whoever they are `per`:

- *calendar*: at most `limit` in each minute, hour, day, week or month of the calendar in the plan's time zone;
- *rolling*: at most `limit` in any stretch of that length, wherever it begins;
- *rate*: at most `burst` at once, and in any stretch of `s` seconds at most `burst` + `s` × `limit` / period;
- *concurrency*: at most `limit` under way at the same time. It is held while a call lasts, and not spent.

All the windows of a call are spent together or not at all; who keeps the count is not known here. Answers are named
tuples: one is made for each call, in half the time that a frozen dataclass takes.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

from gateway.domain import calendars
from gateway.domain.calendars import PERIOD_SECONDS, UTC
from gateway.domain.calendars import Period as CalendarPeriod

Kind = Literal["calendar", "rolling", "rate", "concurrency"]
Period = CalendarPeriod | Literal["second", "call"]
Per = Literal["application", "credential", "user", "address", "operation", "api"]

KINDS: tuple[Kind, ...] = get_args(Kind)
PERS: tuple[Per, ...] = get_args(Per)

PERIODS: dict[Kind, tuple[Period, ...]] = {
    "calendar": ("minute", "hour", "day", "week", "month"),
    "rolling": ("minute", "hour", "day", "week", "month"),
    "rate": ("second", "minute", "hour"),
    "concurrency": ("call",),
}
"""What each kind may be counted by, the shortest first."""

TICKS = 1 << 31
"""Of a rate's clock, in a second: a power of two, so that no moment is ever rounded. 64 bits of them last to 2242."""


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` calls of a `kind` and `period`, of each one that it is `per`.

    `burst` is a rate's; 0 means as many as the limit. `zone` is an IANA name, and matters to a calendar only.
    """

    period: Period
    limit: int
    kind: Kind = "calendar"
    burst: int = 0
    per: Per = "application"
    zone: str = UTC
    name: str = field(init=False, repr=False, compare=False)
    """What it is called in the fields of an answer; no two windows of a plan are called the same."""
    measure: str = field(init=False, repr=False, compare=False)
    """What is counted, whatever the limit is: two windows of one measure share their count."""
    most: int = field(init=False, repr=False, compare=False)
    """The most that it may have left."""
    interval: int = field(init=False, repr=False, compare=False, default=0)
    """What one call costs a rate, in ticks, rounded up: it never lets more through than it says."""
    policy: str = field(init=False, repr=False, compare=False)
    """As an item of RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-11 §2.2)."""

    def __post_init__(self) -> None:
        """Work out once what every call needs."""
        seconds = seconds_of(self.period)
        burst = (self.burst or self.limit) if self.kind == "rate" else 0
        measure = {"calendar": self.period, "concurrency": self.kind}.get(self.kind) or f"{self.kind}-{self.period}"
        name = measure if self.per == "application" else f"{self.per}-{measure}"
        of = f";w={seconds}" if seconds else ';qu="concurrent-requests"'
        policy = f'"{name}";q={self.limit}{of}' + (f";burst={burst}" if burst else "")
        zoned = f"{measure} {self.zone}" if self.kind == "calendar" and self.zone != UTC else measure
        interval = -(-seconds * TICKS // max(self.limit, 1)) if burst else 0
        made = {"burst": burst, "name": name, "measure": zoned, "policy": policy, "interval": interval}
        for attribute, worked_out in (made | {"most": burst or self.limit}).items():
            object.__setattr__(self, attribute, worked_out)

    @property
    def is_quota(self) -> bool:
        """Whether it is a number of calls in a stretch of time: neither a rate nor a number at once."""
        return self.kind in ("calendar", "rolling")

    def bounds(self, now: float) -> tuple[int, int]:
        """When the calendar's window that holds `now` began and when the next begins, in seconds since the epoch."""
        if self.period == "second" or self.period == "call":  # noqa: PLR1714 - so that the type is narrowed
            raise ValueError("no calendar is kept by the second, or by the call")
        return calendars.bounds(self.period, self.zone, now)


def seconds_of(period: Period) -> int:
    """The nominal length of a period; a call has none."""
    if period == "call":
        return 0
    return 1 if period == "second" else PERIOD_SECONDS[period]


class Charge(NamedTuple):
    """What one call costs whoever has the `key`: `cost` of each of the windows."""

    key: str
    windows: tuple[Window, ...]
    cost: int = 1


class Left(NamedTuple):
    """What one window has left, in whole seconds, rounded up.

    After `resets_in`, and no further call, it would be whole again. `wait` is how long a call that it refuses would
    have to wait for it: after as much it passes, a second sooner it does not. It is 0 where nothing is refused.
    """

    window: Window
    remaining: int
    resets_in: int
    wait: int = 0


class Budget(NamedTuple):
    """The ledger's answer: whether the call may pass, and what is left of each window."""

    admitted: bool
    left: tuple[Left, ...]

    def tightest(self) -> Left | None:
        """The window that stops the caller first: fewest calls left, then the longest wait."""
        return min(self.left, key=lambda line: (line.remaining, -line.resets_in), default=None)


class Stay(NamedTuple):
    """The answer to a call that asked for a place among those under way, and the places that it has until it leaves.

    Whose the places are is the ledger's own affair.
    """

    budget: Budget
    places: tuple[Any, ...] = ()
