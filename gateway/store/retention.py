"""How long usage is kept: by the minute, then by the hour, then by the day, then no longer.

The law: what ages is moved, never copied. Rows leave one table and join the next in one transaction, a bounded number
at a time, so that whatever was moved before a crash is moved, and the rest is where it was; sums stay what they were.
Any number of processes may do it at once: each takes rows that no other has.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import delete, exists, or_, select, tuple_
from sqlalchemy.orm import Session

from gateway.store.counting import add_sums
from gateway.store.rollup import Kind, Sum
from gateway.store.usage import RecentCall, UsageDay, UsageHour, UsageMinute, UsageSums

ROWS_AT_ONCE = 1_000

_HOUR = 3_600
_DAY = 24 * _HOUR
_MONTH = 31 * _DAY


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long usage is kept by the minute, by the hour and by the day, and single calls are; in seconds."""

    minutes: int = 48 * _HOUR
    hours: int = 90 * _DAY
    days: int = 13 * _MONTH
    calls: int = 90 * _DAY

    @classmethod
    def of(cls, *, hours: int, days: int, months: int, call_days: int) -> "Retention":
        """Minutes for so many hours, hours for so many days, days for so many months (of 31 days), calls for days."""
        return cls(hours * _HOUR, days * _DAY, months * _MONTH, call_days * _DAY)


USUAL = Retention()
"""What the settings say, unless they are set."""


class _Ageing(NamedTuple):
    """Rows of one table that began before a time join another one, in stretches of so many seconds; or none."""

    table: type[UsageSums]
    before: int
    joins: type[UsageSums] | None
    seconds: int


def is_anything_old(session: Session, keep: Retention, now: float) -> bool:
    """Whether something is to be moved or deleted."""
    old = (exists().where(each.table.minute < each.before) for each in _ageings(keep, now))
    return bool(session.scalar(select(or_(*old, exists().where(RecentCall.at < _moment(now - keep.calls))))))


def age(session: Session, keep: Retention, now: float) -> None:
    """Move and delete what is old, no more of it than a transaction should hold; there may be more."""
    for each in _ageings(keep, now):
        _move(session, each)
    _forget_calls(session, _moment(now - keep.calls))


def _ageings(keep: Retention, now: float) -> tuple[_Ageing, ...]:
    # Whole hours and whole days move, so that a span that begins with one has all of it.
    return (
        _Ageing(UsageDay, _whole(now - keep.days, _DAY), None, _DAY),
        _Ageing(UsageHour, _whole(now - keep.hours, _DAY), UsageDay, _DAY),
        _Ageing(UsageMinute, _whole(now - keep.minutes, _HOUR), UsageHour, _HOUR),
    )


def _move(session: Session, ageing: _Ageing) -> None:
    columns = [getattr(ageing.table, name) for name in Kind._fields]
    old = select(*columns).where(ageing.table.minute < ageing.before).order_by(ageing.table.minute)
    taken = old.limit(ROWS_AT_ONCE).with_for_update(skip_locked=True)  # SQLite has one writer, and no such words
    gone = delete(ageing.table).where(tuple_(*columns).in_(taken))
    rows = session.execute(gone.returning(*columns, ageing.table.calls, ageing.table.sent_bytes)).all()
    if not ageing.joins:
        return
    sums: defaultdict[Kind, Sum] = defaultdict(Sum)
    for minute, *alike, calls, sent_bytes in rows:
        total = sums[Kind(_whole(minute, ageing.seconds), *alike)]
        total.calls += calls
        total.sent_bytes += sent_bytes
    add_sums(session, ageing.joins, sums)


def _forget_calls(session: Session, before: datetime) -> None:
    old = select(RecentCall.request_id).where(RecentCall.at < before).order_by(RecentCall.at)
    taken = old.limit(ROWS_AT_ONCE).with_for_update(skip_locked=True)
    gone = delete(RecentCall).where(RecentCall.request_id.in_(taken))
    session.execute(gone, execution_options={"synchronize_session": False})


def _whole(seconds: float, length: int) -> int:
    return int(seconds // length) * length


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(max(seconds, 0), UTC)
