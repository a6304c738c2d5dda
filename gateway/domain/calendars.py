"""When the windows of the calendar begin and end, in a time zone.

- A minute begins at second 0, an hour at minute 0 of the zone's standard time: both are always as long as they say.
- A day begins at its first midnight, a week on Monday (ISO 8601), a month on its first day. On the days when clocks are
  changed a day has 23 or 25 hours, or what the zone's law makes of it; where midnight is skipped, the day begins at the
  change.

Offsets are taken to be whole minutes, as they have been everywhere since 1972.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

Period = Literal["minute", "hour", "day", "week", "month"]

PERIOD_SECONDS: dict[Period, int] = {
    "minute": 60,
    "hour": 3_600,
    "day": 86_400,
    "week": 604_800,
    "month": 2_678_400,
}
"""The nominal length of each period; a month is counted as its longest, 31 days."""

UTC = "UTC"

_LONGEST_MONTH = timedelta(days=31)


def bounds(period: Period, zone: str, now: float) -> tuple[int, int]:
    """When the window that holds `now` began and when the next begins, in seconds since the epoch."""
    if period == "minute" or (zone == UTC and period in ("hour", "day")):
        length = PERIOD_SECONDS[period]
        began = int(now) // length * length
        return began, began + length
    place = _zone(zone)
    if period == "hour":
        return _hour(place, now)
    first, following = _days(period, datetime.fromtimestamp(now, place).date())
    return _midnight(first, place), _midnight(following, place)


def ordinal(period: Period, began: int, zone: str) -> int:
    """The number of a window among those of its period: the next one's is greater by one."""
    if period in ("minute", "hour"):
        return began // PERIOD_SECONDS[period]
    day = datetime.fromtimestamp(began, _zone(zone)).date()
    if period == "month":
        return day.year * 12 + day.month
    return day.toordinal() // (7 if period == "week" else 1)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _hour(place: ZoneInfo, now: float) -> tuple[int, int]:
    # Standard time, because where summer time differs by half an hour two hours would overlap at the change.
    local = datetime.fromtimestamp(now, place)
    standard = (local.utcoffset() or timedelta()) - (local.dst() or timedelta())
    minutes = int(standard.total_seconds()) % 3_600
    began = (int(now) + minutes) // 3_600 * 3_600 - minutes
    return began, began + 3_600


def _days(period: Period, day: date) -> tuple[date, date]:
    if period == "day":
        return day, day + timedelta(days=1)
    if period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    first = day.replace(day=1)
    return first, (first + _LONGEST_MONTH).replace(day=1)


def _midnight(day: date, place: ZoneInfo) -> int:
    # `fold` is 0: the first of two midnights; of one that is skipped, the moment of the change.
    return int(datetime(day.year, day.month, day.day, tzinfo=place).timestamp())
