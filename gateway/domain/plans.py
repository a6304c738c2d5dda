"""Plans: how many calls in what time.

A window is a calendar one, in UTC: a minute begins at second 0, a day at midnight. All the windows of a plan are
spent together or not at all; who keeps the count is not known here. Answers are named tuples: one is made for each
call, in half the time that a frozen dataclass takes.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

Period = Literal["minute", "hour", "day", "month"]

PERIOD_SECONDS: dict[Period, int] = {"minute": 60, "hour": 3_600, "day": 86_400, "month": 2_678_400}
"""The nominal length of each period; a month is counted as its longest, 31 days."""


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` calls in each calendar `period`."""

    period: Period
    limit: int
    policy: str = field(init=False, repr=False, compare=False)
    """As an item of RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-11 §2.2)."""

    def __post_init__(self) -> None:
        told = f'"{self.period}";q={self.limit};w={PERIOD_SECONDS.get(self.period, 0)}'
        object.__setattr__(self, "policy", told)

    def bounds(self, now: float) -> tuple[int, int]:
        """When the window that holds `now` began and when the next begins, in seconds since the epoch."""
        if self.period != "month":
            length = PERIOD_SECONDS[self.period]
            start = int(now) // length * length
            return start, start + length
        first = datetime.fromtimestamp(now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        following = (first + timedelta(days=32)).replace(day=1)
        return int(first.timestamp()), int(following.timestamp())


class Left(NamedTuple):
    """What one window has left. `resets_in` is in whole seconds, rounded up."""

    window: Window
    remaining: int
    resets_in: int


class Budget(NamedTuple):
    """The ledger's answer: whether the call may pass, and what is left of each window."""

    admitted: bool
    left: tuple[Left, ...]

    def tightest(self) -> Left | None:
        """The window that stops the caller first: fewest calls left, then the longest wait."""
        return min(self.left, key=lambda line: (line.remaining, -line.resets_in), default=None)
