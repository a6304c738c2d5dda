"""What was used of quotas, by the usage record: each function asks the database once, however many subscribe.

A quota is a window of the calendar or a rolling one, of an application or of all callers of an API. The record is some
two seconds behind the calls, and knows windows of other beginnings than whole minutes by the minute.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Integer, Text, case, cast, func, literal, select
from sqlalchemy.orm import Session, aliased

from gateway.domain import calendars
from gateway.domain.calendars import PERIOD_SECONDS
from gateway.domain.lifecycle import GRANTED
from gateway.domain.limits import from_stored, in_force
from gateway.domain.plans import Kind, Period, Window
from gateway.services.usage_counts import COUNTED, Filter
from gateway.store.accounts import Organisation
from gateway.store.applications import Application, Subscription
from gateway.store.catalogue import Api, Plan
from gateway.store.usage import USED
from gateway.store.used import SPENT

Measure = tuple[Kind, Period]
"""What is counted; of one there may be limits of many plans."""

CONSUMER = aliased(Organisation)
"""Whose application it is; `Organisation` is the department."""


_NONE = "[]"
_SECOND = 60


class Spent(NamedTuple):
    """A subscription that was called under, or an API that has caps; and its calls in each measure."""

    id: str
    kept: Any
    calls: Mapping[Measure, int]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the plans say, and the time zones that their windows are in."""

    plans: Mapping[str, tuple[str, tuple[tuple[Window, ...], ...]]]
    usual: Mapping[str, tuple[Window, ...]]
    measures: frozenset[Measure]
    zones: frozenset[str]

    def of(self, plan_id: str, own: Sequence[Mapping[str, Any]]) -> tuple[Window, ...]:
        """The limits in force for a subscription."""
        if not own:
            return self.usual[plan_id]
        zone, levels = self.plans[plan_id]
        return in_force(from_stored(own, zone), *levels)


def terms(session: Session, system: Sequence[Window]) -> Terms:
    """What all plans say, as the ledger is asked about it."""
    query = select(Plan.id, Plan.limits, Api.default_limits, Organisation.time_zone)
    rows = session.execute(query.join(Api, Api.id == Plan.api_id).join(Organisation)).all()
    plans = {
        each: (zone, (from_stored(limits, zone), from_stored(defaults, zone), tuple(system)))
        for each, limits, defaults, zone in rows
    }
    usual = {each: in_force(*levels) for each, (_zone, levels) in plans.items()}
    own = select(cast(Subscription.limits, Text)).where(cast(Subscription.limits, Text) != _NONE).distinct()
    alone = [from_stored(orjson.loads(text)) for text in session.scalars(own)]
    measures = measures_of(window for windows in (*usual.values(), *alone) for window in windows)
    return Terms(plans, usual, measures, frozenset(zone for zone, _levels in plans.values()))


def measures_of(windows: Iterable[Window]) -> frozenset[Measure]:
    """What must be summed up to know them; rates, and calls at once, are none."""
    return frozenset((window.kind, window.period) for window in windows if window.is_quota)


def of_subscriptions(session: Session, found: Terms, now: float, where: Filter) -> list[Spent]:
    """Every subscription in force that was called under lately: its plan, limits, extras and resets; and its calls."""
    sums, since = _sums(found.measures, found.zones, now)
    kept = (Subscription.plan_id, Subscription.limits, Subscription.extras, Subscription.resets)
    query = (
        select(Subscription.id, *kept, *sums.values())
        .select_from(USED)
        .join(Subscription, Subscription.id == COUNTED.subscription_id)
        .join(Plan, Plan.id == Subscription.plan_id)
        .join(Application, Application.id == Subscription.application_id)
        .join(CONSUMER, CONSUMER.id == Application.organisation_id)
        .join(Api, Api.id == Subscription.api_id)
        .join(Organisation, Organisation.id == Api.organisation_id)
        .where(COUNTED.minute >= since, Subscription.state.in_(GRANTED), *SPENT, *where)
        .group_by(Subscription.id)
    )
    return [_spent(row, len(kept), sums) for row in session.execute(query)]


def of_caps(session: Session, now: float, where: Filter) -> list[Spent]:
    """Every API that has caps: these and its time zone; and the calls of all its callers."""
    capped = (cast(Api.caps, Text) != _NONE, *where)
    apis = select(Api.id, Api.caps, Organisation.time_zone).join(Organisation).where(*capped)
    rows = {row.id: row for row in session.execute(apis)}
    measures = measures_of(window for row in rows.values() for window in from_stored(row.caps))
    sums, since = _sums(measures, {row.time_zone for row in rows.values()}, now)
    if not measures:
        return []
    query = (
        select(Api.id, *sums.values())
        .select_from(USED)
        .join(Api, Api.id == COUNTED.api_id)
        .join(Organisation, Organisation.id == Api.organisation_id)
        .join(Plan, Plan.id == COUNTED.plan_id)
        .where(COUNTED.minute >= since, *SPENT, *capped)
        .group_by(Api.id)
    )
    found = [_spent(row, 0, sums) for row in session.execute(query)]
    return [each._replace(kept=rows[each.id]) for each in found]


def _spent(row: Any, kept: int, measures: Iterable[Measure]) -> Spent:
    counts = [int(count or 0) for count in row[1 + kept :]]
    return Spent(row[0], row[1 : 1 + kept], dict(zip(measures, counts, strict=True)))


def _sums(
    measures: Collection[Measure], zones: Collection[str], now: float
) -> tuple[dict[Measure, ColumnElement[int]], int]:
    """The sum of each measure, and the earliest moment that any of them looks at."""
    began = {measure: _began(measure, zones, now) for measure in sorted(measures)}
    since = min((moment for moments in began.values() for moment in moments.values()), default=int(now))
    # What an operation costs is in the plan, by its name; `->>` is the same in SQLite and in PostgreSQL.
    cost = func.coalesce(cast(Plan.costs.op("->>", return_type=Text())(COUNTED.operation), Integer), 1)
    sums: dict[Measure, ColumnElement[int]] = {
        measure: func.sum(case((COUNTED.minute >= _by_zone(moments), COUNTED.calls * cost), else_=0))
        for measure, moments in began.items()
    }
    return sums, since


def _began(measure: Measure, zones: Collection[str], now: float) -> dict[str, int]:
    """When the present window began, in each time zone."""
    kind, period = measure
    if period == "second" or period == "call":  # noqa: PLR1714 - so that the type is narrowed
        return {}
    if kind == "rolling":
        return dict.fromkeys(zones, int(now - PERIOD_SECONDS[period]) // _SECOND * _SECOND)
    return {zone: calendars.bounds(period, zone, now)[0] for zone in zones}


def _by_zone(moments: Mapping[str, int]) -> ColumnElement[int]:
    different = set(moments.values())
    if len(different) == 1:
        return literal(different.pop())
    return case(dict(moments), value=Organisation.time_zone, else_=min(different, default=0))
