"""Usage as people see it: sums of what was counted, and what is left of a plan.

All sums come from `usage_minutes`; the hours are whole calendar hours in UTC, the present one included, so that the
bars of a chart add up to the totals. What is left comes from the ledger itself, as the headers of a call do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, case, func, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from gateway.domain.ids import SubscriptionId
from gateway.domain.lifecycle import SubscriptionState
from gateway.domain.plans import Budget
from gateway.domain.roles import Permission
from gateway.pipeline.ports import Ledger
from gateway.services import applications, subscriptions
from gateway.services.actor import Actor
from gateway.services.apis import find_api, require_signed_in
from gateway.services.plans import windows_of
from gateway.store.applications import Application, Subscription
from gateway.store.catalogue import Api
from gateway.store.usage import RECENT_CALLS_KEPT, RecentCall, UsageMinute

MOST_HOURS = 24 * 31
"""The longest time that is summed at once."""

_HOUR = 3_600


class Hour(NamedTuple):
    """The calls of one calendar hour; `refused` of them were refused."""

    start: datetime
    calls: int
    refused: int


class RefusalCount(NamedTuple):
    """How many calls were refused for one reason (a code of refusals.py or of a plugin)."""

    code: str
    calls: int


class Share(NamedTuple):
    """The calls of one application or API. `id` and `name` are empty for calls that nobody could be named for."""

    id: str
    name: str
    calls: int
    refused: int


class OperationShare(NamedTuple):
    """The calls of one operation, such as `GET /stations/{id}`; empty where none was found."""

    operation: str
    calls: int
    refused: int


@dataclass(frozen=True, slots=True)
class Totals:
    """All calls since `since`; `refusals` of them were refused."""

    since: datetime
    calls: int
    refusals: int
    by_hour: tuple[Hour, ...]
    by_refusal: tuple[RefusalCount, ...]


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
    unidentified: tuple[RefusalCount, ...]


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
    return ApplicationUsage(*_totals(session, own, span), by_api=_by_api(session, own))


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
        *_totals(session, own, span),
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
        *_totals(session, own, span),
        by_api=_by_api(session, own),
        by_application=_by_application(session, own),
        unidentified=_by_refusal(session, nobody),
    )


def left_of_plans(
    session: Session, actor: Actor, ledger: Ledger, application_id: str
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
        (subscription, ledger.left(SubscriptionId(subscription.id), windows_of(subscription.plan)))
        for subscription in session.scalars(query)
    )


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
_REFUSED = func.sum(case((UsageMinute.refusal != "", UsageMinute.calls), else_=0))
# Spelled out rather than bound: PostgreSQL must see one expression in SELECT and GROUP BY.
_BEGAN = UsageMinute.minute - UsageMinute.minute % literal_column(str(_HOUR), Integer)


def _hours(now: datetime, hours: int) -> range:
    """The beginnings of the last `hours` calendar hours, the present one among them."""
    present = int(now.timestamp()) // _HOUR * _HOUR
    return range(present - (min(max(hours, 1), MOST_HOURS) - 1) * _HOUR, present + 1, _HOUR)


def _within(hours: range) -> ColumnElement[bool]:
    return UsageMinute.minute.between(hours.start, hours[-1] + _HOUR - 1)


def _totals(
    session: Session, own: _Filter, hours: range
) -> tuple[datetime, int, int, tuple[Hour, ...], tuple[RefusalCount, ...]]:
    by_hour = _by_hour(session, own, hours)
    calls, refused = sum(hour.calls for hour in by_hour), sum(hour.refused for hour in by_hour)
    return by_hour[0].start, calls, refused, by_hour, _by_refusal(session, own)


def _by_hour(session: Session, own: _Filter, hours: range) -> tuple[Hour, ...]:
    found = {began: counts for began, *counts in _grouped(session, own, _BEGAN)}
    return tuple(Hour(datetime.fromtimestamp(began, UTC), *found.get(began, (0, 0))) for began in hours)


def _by_refusal(session: Session, own: _Filter) -> tuple[RefusalCount, ...]:
    refused = (*own, UsageMinute.refusal != "")
    return tuple(RefusalCount(code, calls) for code, calls, _ in _grouped(session, refused, UsageMinute.refusal))


def _by_operation(session: Session, own: _Filter) -> tuple[OperationShare, ...]:
    return tuple(OperationShare(*row) for row in _grouped(session, own, UsageMinute.operation))


def _by_api(session: Session, own: _Filter) -> tuple[Share, ...]:
    return _shares(session, own, UsageMinute.api_id, Api)


def _by_application(session: Session, own: _Filter) -> tuple[Share, ...]:
    return _shares(session, own, UsageMinute.application_id, Application)


def _shares(session: Session, own: _Filter, by: _Column, model: type[Api | Application]) -> tuple[Share, ...]:
    query = select(by, model.name, _CALLS, _REFUSED).select_from(UsageMinute).outerjoin(model, model.id == by)
    rows = session.execute(query.where(*own).group_by(by, model.name).order_by(_CALLS.desc(), by))
    return tuple(Share(key, name or "", int(calls), int(refused)) for key, name, calls, refused in rows)


def _grouped(session: Session, own: _Filter, by: _Column) -> list[tuple[Any, int, int]]:
    """(what it is grouped by, calls, refused), the most called first."""
    query = select(by, _CALLS, _REFUSED).where(*own).group_by(by).order_by(_CALLS.desc(), by)
    # PostgreSQL sums integers to a decimal.
    return [(key, int(calls), int(refused)) for key, calls, refused in session.execute(query)]
