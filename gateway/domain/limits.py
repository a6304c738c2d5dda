"""Which limits are in force, and how they are written down.

Precedence, in one line: subscription override > plan > API default > system default; the lowest of the application's
and the API-wide caps wins. It is asked for each limit by itself: of one kind and period, per the same one, the first
that names it is in force. Caps are no level: they are spent beside whatever is in force.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from gateway.domain.calendars import UTC
from gateway.domain.plans import PERIODS, PERS, Kind, Per, Period, Window

_WRITTEN = re.compile(r"(?:(calendar|rolling|rate|concurrency):)?(\d{1,10})/([a-z]+)(?::(\d{1,10}))?")

_SHOWN: tuple[Kind, ...] = ("calendar", "rate", "rolling", "concurrency")


def in_force(*levels: Iterable[Window]) -> tuple[Window, ...]:
    """The windows that bind, those of the strongest level first given; sorted as they are shown."""
    found: dict[tuple[Per, Kind, Period], Window] = {}
    for level in levels:
        for window in level:
            found.setdefault((window.per, window.kind, window.period), window)
    return in_order(found.values())


def in_order(windows: Iterable[Window]) -> tuple[Window, ...]:
    """By whom they bind, then the calendar, rates, rolling windows, calls at once; the shortest period first."""
    return tuple(sorted(windows, key=_place))


def _place(window: Window) -> tuple[int, int, int]:
    return PERS.index(window.per), _SHOWN.index(window.kind), PERIODS[window.kind].index(window.period)


def stored(windows: Iterable[Window]) -> list[dict[str, Any]]:
    """As a database keeps them; the time zone is not kept, because it is the department's."""
    return [
        {
            "period": window.period,
            "limit": window.limit,
            "kind": window.kind,
            "per": window.per,
            **({"burst": window.burst} if window.burst else {}),
        }
        for window in windows
    ]


def from_stored(rows: Sequence[Mapping[str, Any]], zone: str = UTC) -> tuple[Window, ...]:
    """The windows that were kept, in the time zone of their department."""
    return tuple(
        _window(row["period"], row["limit"], row["kind"], row.get("burst", 0), row["per"], zone) for row in rows
    )


# A memo of a pure function: the thousands of subscribers of a plan share its windows.
_window = lru_cache(maxsize=4_096)(Window)


def parse(text: str) -> tuple[Window, ...]:
    """Limits as a setting writes them: `60/minute rate:10/second:20` (20 is the burst), `concurrency:5/call`.

    Raises:
        ValueError: with the part that cannot be read.
    """
    return in_order(_parsed(part) for part in text.replace(",", " ").split())


def _parsed(part: str) -> Window:
    read = _WRITTEN.fullmatch(part)
    kind: Any = (read and read[1]) or "calendar"
    period: Any = read[3] if read else ""
    if not read or period not in PERIODS[kind] or not int(read[2]) or (read[4] and kind != "rate"):
        raise ValueError(part)
    return Window(period, int(read[2]), kind, int(read[4] or 0))
