"""Usage as people see it: sums of what was counted, and what is left of a plan.

All sums come from `usage_minutes`; the hours are whole calendar hours in UTC, the present one included, so that the
bars of a chart add up to the totals. What is left comes from the ledger itself, as the headers of a call do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, and_, case, func, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from gateway.domain.lifecycle import SubscriptionState
from gateway.domain.plans import Budget, Charge, Window
from gateway.domain.roles import Permission
from gateway.pipeline.ports import Ledger
from gateway.pipeline.refusals import FAILURES
from gateway.services import applications, subscriptions
from gateway.services.actor import Actor
from gateway.services.apis import find_api, require_signed_in
from gateway.services.limits import limits_in_force
from gateway.store.applications import Application, Subscription
from gateway.store.catalogue import Api
from gateway.store.usage import RECENT_CALLS_KEPT, RecentCall, UsageMinute

MOST_HOURS = 24 * 31
"""The longest time that is summed at once."""

_HOUR = 3_600


class Hour(NamedTuple):
    """The calls of one calendar hour; `refused` and `failed` of them got no answer of the service."""

    start: datetime
    calls: int
    refused: int
    failed: int

    @property
    def answered(self) -> int:
        """Those that the department's service answered, whatever it said."""
        return self.calls - self.refused - self.failed


class ReasonCount(NamedTuple):
    """How many calls were refused, or failed, for one reason (a code of refusals.py or of a plugin)."""

    code: str
    calls: int


class Share(NamedTuple):
    """The calls of one application or API. `id` and `name` are empty for calls that nobody could be named for."""

    id: str
    name: str
    calls: int
    refused: int
    failed: int


class OperationShare(NamedTuple):
    """The calls of one operation, such as `GET /stations/{id}`; empty where none was found."""

    operation: str
    calls: int
    refused: int
    failed: int


@dataclass(frozen=True, slots=True)
class Totals:
    """All calls since `since`: `refusals` are the callers' matter, `failures` the service's behind or the gateway's."""

    since: datetime
    calls: int
    refusals: int
    failures: int
    by_hour: tuple[Hour, ...]
    by_refusal: tuple[ReasonCount, ...]
    by_failure: tuple[ReasonCount, ...]

    @property
    def answered(self) -> int:
        """Those that a department's service answered, whatever it said."""
        return self.calls - self.refusals - self.failures


@dataclass(frozen=True, slots=True)
class ApplicationUsage(Totals):
    """The usage of one application."""

    by_api: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class ApiUsage(Totals):
    """The usage of one API."""

    by_application: tuple[Share, ...]
    by_operation: tuple[OperationShare, ...]


@dataclass(frozen=True, slots=True)
class StoreUsage(Totals):
    """The usage of everything; `unidentified` are the refusals of callers that could not be told."""

    by_api: tuple[Share, ...]
    by_application: tuple[Share, ...]
    unidentified: tuple[ReasonCount, ...]


def of_application(
    session: Session, actor: Actor, application_id: str, *, now: datetime, hours: int = 24
) -> ApplicationUsage:
    """What an application called, for its organisation.

    Raises:
        DomainError: who may not.
    """
    application = applications.get(session, actor, application_id, Permission.READ_USAGE)
    span = _hours(now, hours)
    own = (UsageMinute.application_id == application.id, _within(span))
    return ApplicationUsage(**_totals(session, own, span), by_api=_by_api(session, own))


def of_api(session: Session, actor: Actor, api_id: str, *, now: datetime, hours: int = 24) -> ApiUsage:
    """Who called an API and what, for its department.

    Raises:
        DomainError: who may not.
    """
    require_signed_in(actor)
    api = find_api(session, api_id)
    actor.require(Permission.READ_USAGE, api.organisation_id)
    span = _hours(now, hours)
    own = (UsageMinute.api_id == api.id, _within(span))
    return ApiUsage(
        **_totals(session, own, span),
        by_application=_by_application(session, own),
        by_operation=_by_operation(session, own),
    )


def of_everything(session: Session, actor: Actor, *, now: datetime, hours: int = 24) -> StoreUsage:
    """All that was called, for the operator.

    Raises:
        DomainError: who may not.
    """
    actor.require(Permission.READ_USAGE, "")
    span = _hours(now, hours)
    own = (_within(span),)
    nobody = (*own, UsageMinute.application_id == "")
    return StoreUsage(
        **_totals(session, own, span),
        by_api=_by_api(session, own),
        by_application=_by_application(session, own),
        unidentified=_by_reason(session, nobody)[0],
    )


def left_of_plans(
    session: Session, actor: Actor, ledger: Ledger, application_id: str, system: Sequence[Window] = ()
) -> tuple[tuple[Subscription, Budget], ...]:
    """What each subscription has left now, from the ledger: the same numbers as in the headers of a call.

    Raises:
        DomainError: who may not.
        Failure: the ledger is away.
    """
    application = applications.get(session, actor, application_id, Permission.READ_USAGE)
    query = subscriptions.listed().where(
        Subscription.application_id == application.id,
        Subscription.state.in_((SubscriptionState.ACTIVE, SubscriptionState.SUSPENDED)),
    )
    return tuple(
        (subscription, ledger.left((Charge(subscription.id, _own(limits_in_force(subscription, system))),)))
        for subscription in session.scalars(query)
    )


def _own(windows: Sequence[Window]) -> tuple[Window, ...]:
    """Those that bind the whole application: of the others there is one count for each credential or operation."""
    return tuple(window for window in windows if window.per == "application")


def recent_calls(session: Session, actor: Actor, application_id: str, limit: int = 50) -> list[RecentCall]:
    """The application's latest calls, the latest first: why was my call refused?

    Raises:
        DomainError: who may not.
    """
    application = applications.get(session, actor, application_id, Permission.READ_USAGE)
    query = select(RecentCall).where(RecentCall.application_id == application.id)
    latest = query.order_by(RecentCall.at.desc(), RecentCall.request_id.desc())
    return list(session.scalars(latest.limit(min(max(limit, 1), RECENT_CALLS_KEPT))))


_Filter = Sequence[ColumnElement[bool]]
_Column = ColumnElement[Any] | InstrumentedAttribute[Any]

_CALLS = func.sum(UsageMinute.calls)
_IS_FAILURE = UsageMinute.refusal.in_(sorted(FAILURES))
_IS_REFUSAL = and_(UsageMinute.refusal != "", ~_IS_FAILURE)
_REFUSED = func.sum(case((_IS_REFUSAL, UsageMinute.calls), else_=0))
_FAILED = func.sum(case((_IS_FAILURE, UsageMinute.calls), else_=0))
# Spelled out rather than bound: PostgreSQL must see one expression in SELECT and GROUP BY.
_BEGAN = UsageMinute.minute - UsageMinute.minute % literal_column(str(_HOUR), Integer)


def _hours(now: datetime, hours: int) -> range:
    """The beginnings of the last `hours` calendar hours, the present one among them."""
    present = int(now.timestamp()) // _HOUR * _HOUR
    return range(present - (min(max(hours, 1), MOST_HOURS) - 1) * _HOUR, present + 1, _HOUR)


def _within(hours: range) -> ColumnElement[bool]:
    return UsageMinute.minute.between(hours.start, hours[-1] + _HOUR - 1)


def _totals(session: Session, own: _Filter, hours: range) -> dict[str, Any]:
    """The parts of `Totals`."""
    by_hour = _by_hour(session, own, hours)
    by_refusal, by_failure = _by_reason(session, own)
    return {
        "since": by_hour[0].start,
        "calls": sum(hour.calls for hour in by_hour),
        "refusals": sum(hour.refused for hour in by_hour),
        "failures": sum(hour.failed for hour in by_hour),
        "by_hour": by_hour,
        "by_refusal": by_refusal,
        "by_failure": by_failure,
    }


def _by_hour(session: Session, own: _Filter, hours: range) -> tuple[Hour, ...]:
    found = {began: counts for began, *counts in _grouped(session, own, _BEGAN)}
    return tuple(Hour(datetime.fromtimestamp(began, UTC), *found.get(began, (0, 0, 0))) for began in hours)


def _by_reason(session: Session, own: _Filter) -> tuple[tuple[ReasonCount, ...], tuple[ReasonCount, ...]]:
    """Why calls were refused, and why they failed."""
    unanswered = _grouped(session, (*own, UsageMinute.refusal != ""), UsageMinute.refusal)
    counts = [ReasonCount(code, calls) for code, calls, *_ in unanswered]
    refused, failed = (tuple(row for row in counts if (row.code in FAILURES) is let_down) for let_down in (False, True))
    return refused, failed


def _by_operation(session: Session, own: _Filter) -> tuple[OperationShare, ...]:
    return tuple(OperationShare(*row) for row in _grouped(session, own, UsageMinute.operation))


def _by_api(session: Session, own: _Filter) -> tuple[Share, ...]:
    return _shares(session, own, UsageMinute.api_id, Api)


def _by_application(session: Session, own: _Filter) -> tuple[Share, ...]:
    return _shares(session, own, UsageMinute.application_id, Application)


def _shares(session: Session, own: _Filter, by: _Column, model: type[Api | Application]) -> tuple[Share, ...]:
    query = select(by, model.name, _CALLS, _REFUSED, _FAILED).select_from(UsageMinute).outerjoin(model, model.id == by)
    rows = session.execute(query.where(*own).group_by(by, model.name).order_by(_CALLS.desc(), by))
    return tuple(Share(key, name or "", *map(int, counts)) for key, name, *counts in rows)


def _grouped(session: Session, own: _Filter, by: _Column) -> list[tuple[Any, int, int, int]]:
    """(what it is grouped by, calls, refused, failed), the most called first."""
    query = select(by, _CALLS, _REFUSED, _FAILED).where(*own).group_by(by).order_by(_CALLS.desc(), by)
    # PostgreSQL sums integers to a decimal.
    return [(key, int(calls), int(refused), int(failed)) for key, calls, refused, failed in session.execute(query)]
