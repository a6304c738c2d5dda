"""What one subscription was granted beside its limits: more calls for a time, and counts that began anew.

The law of a reset: a count is never set back. The window goes on being counted under another key, which tells the
moment of the reset, so that there is nothing to agree on: whoever has not heard of the reset yet spends under the old
key, of which no more than the limit was ever spent. What a reset gives back is what the old key holds in the end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Any, NamedTuple

from gateway.domain.plans import Window

_MARK = "~"


class Extra(NamedTuple):
    """So many more calls in each window of this name that is asked for before `until`, in seconds since the epoch."""

    window: str
    calls: int
    until: int
    reason: str


class Reset(NamedTuple):
    """From `at` on, in seconds since the epoch, the window of this name is counted anew.

    No two resets of a subscription have one moment, unless they are of the same windows of one reset.
    """

    window: str
    at: int
    reason: str


Part = tuple[str, tuple[Window, ...]]
"""A key, and the windows that are counted under it."""


def extras_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Extra, ...]:
    """As a database keeps them."""
    return tuple(Extra(**row) for row in rows)


def resets_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Reset, ...]:
    """As a database keeps them."""
    return tuple(Reset(**row) for row in rows)


def with_extras(windows: Iterable[Window], extras: Iterable[Extra], now: float) -> tuple[Window, ...]:
    """The windows as they bind at a moment."""
    more = {extra.window: extra.calls for extra in extras if now < extra.until}
    return tuple(
        replace(window, limit=window.limit + more[window.name]) if window.name in more else window for window in windows
    )


def spans(windows: Sequence[Window], extras: Sequence[Extra]) -> list[tuple[float, tuple[Window, ...]]]:
    """How the windows bind until when, in the order of time; the last holds for ever."""
    ends = sorted({float(extra.until) for extra in extras})
    before = [-inf, *ends]
    return [(until, with_extras(windows, extras, since)) for since, until in zip(before, [*ends, inf], strict=True)]


def parts(key: str, windows: Iterable[Window], since: Mapping[str, int]) -> tuple[Part, ...]:
    """The keys that a subscription's windows are counted under; `since` has the moments of their resets, by name."""
    found: dict[str, list[Window]] = {}
    for window in windows:
        at = since.get(window.name)
        found.setdefault(f"{key}{_MARK}{at}" if at else key, []).append(window)
    return tuple((part, tuple(counted)) for part, counted in found.items())


def begun_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The moment of each window's last reset, by its name."""
    return {row["window"]: row["at"] for row in rows}


def plain(key: str) -> tuple[str, int]:
    """A key of the ledger as it would be without a reset, and the moment of the reset; 0 where there was none."""
    owner, mark, part = key.partition("/")
    owner, _, at = owner.partition(_MARK)
    return f"{owner}{mark}{part}", int(at or 0)
