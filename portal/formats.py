"""Dates, times, numbers and sizes as the reader's language writes them.

The law: every time is given, aware, and shown in UTC, which is said; nothing here reads a clock.
Canadian habits: `November 22, 2026, 23:57 UTC`, `22 novembre 2026, 23 h 57 UTC`, `1er novembre`, `1 234,5`, `12 %`.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from babel import Locale, dates, numbers, units
from flask_babel import get_locale
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def day(value: date) -> str:
    """A day in full: `November 22, 2026`, `1er novembre 2026`."""
    if isinstance(value, datetime):
        value = _utc(value).date()
    text = dates.format_date(value, "long", _locale())
    if _french() and value.day == 1:
        text = text.replace("1", "1er", 1)
    return text.replace(" ", NO_BREAK_SPACE, 1)


def clock(value: datetime) -> str:
    """A time of day in UTC: `23:57 UTC`, `23 h 57 UTC`."""
    pattern = "HH 'h' mm 'UTC'" if _french() else "HH:mm 'UTC'"
    return dates.format_time(_utc(value), pattern, locale=_locale()).replace(" ", NO_BREAK_SPACE)


def clock_to_the_second(value: datetime) -> str:
    """A time of day in UTC, for telling calls apart: `23:57:04 UTC`, `23 h 57 min 4 s UTC`."""
    pattern = "HH 'h' mm 'min' s 's UTC'" if _french() else "HH:mm:ss 'UTC'"
    return dates.format_time(_utc(value), pattern, locale=_locale()).replace(" ", NO_BREAK_SPACE)


def day_element(value: date) -> Markup:
    """A day, readable by people and machines: `<time datetime="2026-11-22">…</time>`."""
    exact = _utc(value).date() if isinstance(value, datetime) else value
    return Markup('<time datetime="{}">{}</time>').format(exact.isoformat(), day(value))


def moment(value: datetime) -> Markup:
    """A day and a time in UTC, readable by people and machines."""
    exact = _utc(value).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}">{}, {}</time>').format(exact, day(value), clock(value))


def instant(value: datetime) -> Markup:
    """A day and a time to the second in UTC, readable by people and machines."""
    exact = _utc(value).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}">{}, {}</time>').format(exact, day(value), clock_to_the_second(value))


def number(value: float) -> str:
    """A number with its groups and decimals: `1,234.5`, `1 234,5`."""
    return numbers.format_decimal(value, locale=_locale())


def percent(value: float) -> str:
    """A share of one, as a percentage with at most one decimal: `0.125` is `12.5%`, `12,5 %`."""
    pattern = f"#,##0.#{NO_BREAK_SPACE}%" if _french() else "#,##0.#%"
    return numbers.format_percent(value, pattern, locale=_locale())


def duration(value: float | timedelta) -> str:
    """How long, in its largest fitting unit: `42 seconds`, `3 heures`. A bare number is in seconds."""
    length = value if isinstance(value, timedelta) else timedelta(seconds=value)
    return dates.format_timedelta(length, granularity="second", threshold=1, locale=_locale())


def relative(value: datetime, now: datetime) -> Markup:
    """How long ago, or how soon, seen from a given now: `3 hours ago`, `dans 3 heures`."""
    text = dates.format_timedelta(_utc(value) - _utc(now), threshold=1, add_direction=True, locale=_locale())
    exact = _utc(value).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}" title="{}, {}">{}</time>').format(exact, day(value), clock(value), text)


def file_size(value: int) -> str:
    """A size from bytes, in powers of 1,024 as limits are set (IEC 80000-13): `10 MiB`, `10 Mio`."""
    byte = "o" if _locale().language == "fr" else "B"
    for prefix, size in (("Gi", 1024**3), ("Mi", 1024**2), ("Ki", 1024)):
        if value >= size:
            amount = numbers.format_decimal(round(value / size, 1), locale=_locale())
            return f"{amount}{NO_BREAK_SPACE}{prefix}{byte}"
    return units.format_unit(value, "byte", "long", locale=_locale())


def _locale() -> Locale:
    return get_locale() or Locale.parse("en_CA")


def _french() -> bool:
    return _locale().language == "fr"


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time without a zone cannot be shown: give it in UTC")
    return value.astimezone(UTC)


def spoken(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose answer depends on the language: else Jinja works out `60|number` once, as it compiles."""

    @pass_context
    def with_context(_context: Context, *values: Any) -> Any:
        return function(*values)

    return with_context


FILTERS: dict[str, Callable[..., Any]] = {
    "day": spoken(day_element),
    "clock": spoken(clock),
    "moment": spoken(moment),
    "instant": spoken(instant),
    "number": spoken(number),
    "percent": spoken(percent),
    "duration": spoken(duration),
    "relative": spoken(relative),
    "file_size": spoken(file_size),
}
"""What templates may write after `|`."""
