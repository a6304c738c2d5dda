"""Adding up usage: each function asks the database once.

All sums come from `store/usage.py:USED`. The hours are whole calendar hours in UTC, the present one included, so that
the bars of a chart add up to the totals.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, and_, case, func, literal, literal_column, select
from sqlalchemy.orm import Session

from gateway.domain.ids import ANONYMOUS
from gateway.domain.lifecycle import SERVED
from gateway.pipeline.refusals import FAILURES
from gateway.services.usage_figures import Hour, OperationShare, Percentile, ReasonCount, Share, StatusCount, Unused
from gateway.store.applications import Application
from gateway.store.catalogue import Api, ApiVersion, Operation
from gateway.store.usage import LATENCY_BUCKETS, USED

MOST_HOURS = 24 * 31
"""The longest time that is summed at once."""

MOST_SHARES = 100
"""How many applications or APIs are told apart, those with the most calls."""

PERCENTS = (50, 95, 99)

HOUR = 3_600
DAY = 24 * HOUR

COUNTED = USED.c
Filter = Sequence[ColumnElement[bool]]
"""Which calls: conditions on what was counted."""

CALLS = func.sum(COUNTED.calls)
_WITHOUT_KEY = and_(COUNTED.plan_id != "", COUNTED.subscription_id == "")
CALLER = case((_WITHOUT_KEY, literal(ANONYMOUS, literal_execute=True)), else_=COUNTED.application_id)
"""Whom a call is counted to: an application, ANONYMOUS, or nobody who could be named."""

_IS_FAILURE = COUNTED.refusal.in_(sorted(FAILURES))
_IS_REFUSAL = and_(COUNTED.refusal != "", ~_IS_FAILURE)
_REFUSED = func.sum(case((_IS_REFUSAL, COUNTED.calls), else_=0))
_FAILED = func.sum(case((_IS_FAILURE, COUNTED.calls), else_=0))


class Ended(NamedTuple):
    """How many calls ended with a status of one class, for one reason if any, after so long (a bucket)."""

    status_class: int
    refusal: str
    bucket: int
    calls: int


def last_hours(now: datetime, hours: int) -> range:
    """The beginnings of the last `hours` calendar hours, the present one among them."""
    present = int(now.timestamp()) // HOUR * HOUR
    return range(present - (min(max(hours, 1), MOST_HOURS) - 1) * HOUR, present + 1, HOUR)


def within(hours: range) -> ColumnElement[bool]:
    """The calls of these hours."""
    return COUNTED.minute.between(hours.start, hours[-1] + HOUR - 1)


def beginning(seconds: int) -> ColumnElement[int]:
    """Where the stretch of so many seconds begins that a call is in."""
    # Spelled out rather than bound: PostgreSQL must see one expression in SELECT and GROUP BY.
    return COUNTED.minute - COUNTED.minute % literal_column(str(seconds), Integer)


def by_hour(session: Session, own: Filter, hours: range) -> tuple[Hour, ...]:
    """Each of the hours, those without calls too."""
    found = {began: counts for began, *counts in _grouped(session, own, beginning(HOUR))}
    return tuple(Hour(datetime.fromtimestamp(began, UTC), *found.get(began, (0, 0, 0))) for began in hours)


def by_ending(session: Session, own: Filter) -> tuple[Ended, ...]:
    """How calls ended: what the next functions sort."""
    alike = (COUNTED.status_class, COUNTED.refusal, COUNTED.latency_bucket)
    rows = session.execute(select(*alike, CALLS).where(*own).group_by(*alike))
    return tuple(Ended(status, refusal, bucket, int(calls)) for status, refusal, bucket, calls in rows)


def reasons(ended: Iterable[Ended], *, failed: bool) -> tuple[ReasonCount, ...]:
    """Why calls failed, or why they were refused; the most frequent first."""
    counts: Counter[str] = Counter()
    for each in ended:
        if each.refusal and (each.refusal in FAILURES) is failed:
            counts[each.refusal] += each.calls
    return tuple(ReasonCount(*pair) for pair in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def statuses(counted: Iterable[tuple[int, int]]) -> tuple[StatusCount, ...]:
    """(status class, calls) added up, the lowest class first."""
    counts: Counter[int] = Counter()
    for status_class, calls in counted:
        counts[status_class] += calls
    return tuple(StatusCount(*pair) for pair in sorted(counts.items()))


def percentiles(ended: Iterable[Ended]) -> tuple[Percentile, ...]:
    """How long the calls took that a service answered: the others say more of us than of it."""
    counts = [0] * (len(LATENCY_BUCKETS) + 1)
    for each in ended:
        counts[each.bucket] += 0 if each.refusal else each.calls
    sums = list(accumulate(counts))
    if not sums[-1]:
        return ()
    bounds = (*LATENCY_BUCKETS, None)
    reached = ((percent, next(i for i, so_far in enumerate(sums) if so_far * 100 >= percent * sums[-1]))
               for percent in PERCENTS)  # fmt: skip
    return tuple(Percentile(percent, bounds[bucket]) for percent, bucket in reached)


def by_operation(session: Session, own: Filter) -> tuple[OperationShare, ...]:
    """The operations, the most called first."""
    alike = (COUNTED.operation, COUNTED.status_class)
    rows = session.execute(select(*alike, CALLS, _REFUSED, _FAILED).where(*own).group_by(*alike)).all()
    found: defaultdict[str, list[tuple[int, ...]]] = defaultdict(list)
    for operation, *counts in rows:
        found[operation].append(tuple(map(int, counts)))
    return tuple(sorted((_operation(*each) for each in found.items()), key=lambda each: (-each.calls, each.operation)))


def by_api(session: Session, own: Filter) -> tuple[Share, ...]:
    """The APIs that were called the most."""
    return _shares(session, own, COUNTED.api_id, Api)


def by_application(session: Session, own: Filter) -> tuple[Share, ...]:
    """The applications that called the most; those who called without a key are one of them."""
    return _shares(session, own, CALLER, Application)


def unused(session: Session, api_id: str, own: Filter) -> tuple[Unused, ...]:
    """What the served versions of an API declare and nobody called, in the order of their documents."""
    name = Operation.method + " " + Operation.path  # as pipeline/snapshot.py names it
    called = select(COUNTED.version_id, COUNTED.operation).where(*own).subquery()
    was_called = select(1).where(called.c.version_id == ApiVersion.id, called.c.operation == name).exists()
    declared = (
        select(ApiVersion.major, name)
        .join(Operation, Operation.revision_id == ApiVersion.live_revision_id)
        .where(ApiVersion.api_id == api_id, ApiVersion.state.in_(SERVED), ~was_called)
        .order_by(ApiVersion.major, Operation.position)
    )
    return tuple(Unused(*row) for row in session.execute(declared))


def _operation(operation: str, counts: Sequence[tuple[int, ...]]) -> OperationShare:
    classes, calls, refused, failed = zip(*counts, strict=True)
    by_status = statuses(zip(classes, calls, strict=True))
    return OperationShare(operation, sum(calls), sum(refused), sum(failed), by_status)


def _shares(session: Session, own: Filter, by: ColumnElement[Any], model: type[Api | Application]) -> tuple[Share, ...]:
    query = select(by, model.name, CALLS, _REFUSED, _FAILED).select_from(USED).outerjoin(model, model.id == by)
    most = query.where(*own).group_by(by, model.name).order_by(CALLS.desc(), by).limit(MOST_SHARES)
    return tuple(Share(key, name or "", *map(int, counts)) for key, name, *counts in session.execute(most))


def _grouped(session: Session, own: Filter, by: ColumnElement[Any]) -> list[tuple[Any, int, int, int]]:
    """(what it is grouped by, calls, refused, failed)."""
    query = select(by, CALLS, _REFUSED, _FAILED).where(*own).group_by(by)
    # PostgreSQL sums integers to a decimal.
    return [(key, int(calls), int(refused), int(failed)) for key, calls, refused, failed in session.execute(query)]
