"""Usage as people see it: sums of what was counted, and what is left of a plan.

What is left comes from the ledger itself, as the headers of a call do.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from gateway.domain.lifecycle import GRANTED
from gateway.domain.plans import Budget, Window
from gateway.domain.roles import Permission
from gateway.pipeline.ports import Ledger
from gateway.services import applications, subscriptions, usage_counts
from gateway.services.actor import Actor
from gateway.services.apis import find_api, require_signed_in
from gateway.services.limits import charges_now
from gateway.services.usage_counts import CALLER, CALLS, COUNTED, DAY, Filter, last_hours, within
from gateway.services.usage_figures import ApiUsage, ApplicationUsage, Lately, StoreUsage
from gateway.store.applications import Subscription
from gateway.store.catalogue import Api
from gateway.store.usage import USED

_LATELY_DAYS = 30


def of_application(
    session: Session, actor: Actor, application_id: str, *, now: datetime, hours: int = 24, api_id: str = ""
) -> ApplicationUsage:
    """What an application called, for its organisation; one API only, where one is named.

    Raises:
        DomainError: who may not.
    """
    span = last_hours(now, hours)
    own = calls_of_application(session, actor, application_id, span, api_id)
    return ApplicationUsage(
        **_totals(session, own, span),
        by_api=usage_counts.by_api(session, own),
        by_operation=usage_counts.by_operation(session, own),
    )


def of_api(session: Session, actor: Actor, api_id: str, *, now: datetime, hours: int = 24) -> ApiUsage:
    """Who called an API and what, for its department.

    Raises:
        DomainError: who may not.
    """
    span = last_hours(now, hours)
    api = observed_api(session, actor, api_id)
    own = (COUNTED.api_id == api.id, within(span))
    return ApiUsage(
        **_totals(session, own, span),
        by_application=usage_counts.by_application(session, own),
        by_operation=usage_counts.by_operation(session, own),
        unused=usage_counts.unused(session, api.id, own),
    )


def of_everything(session: Session, actor: Actor, *, now: datetime, hours: int = 24) -> StoreUsage:
    """All that was called, for the operator.

    Raises:
        DomainError: who may not.
    """
    actor.require(Permission.READ_USAGE, "")
    span = last_hours(now, hours)
    own = (within(span),)
    nobody = usage_counts.by_ending(session, (*own, CALLER == ""))
    return StoreUsage(
        **_totals(session, own, span),
        by_api=usage_counts.by_api(session, own),
        by_application=usage_counts.by_application(session, own),
        unidentified=usage_counts.reasons(nobody, failed=False),
    )


def lately(session: Session, actor: Actor, application_id: str, *, now: datetime) -> tuple[Lately, ...]:
    """How often an application called each API today and in 30 days, by the API's name.

    Raises:
        DomainError: who may not.
    """
    application = applications.get(session, actor, application_id, Permission.READ_USAGE)
    midnight = int(now.timestamp()) // DAY * DAY
    today = func.sum(case((COUNTED.minute >= midnight, COUNTED.calls), else_=0))
    since = midnight - (_LATELY_DAYS - 1) * DAY
    named = select(Api.id, Api.name, today, CALLS).select_from(USED).join(Api, Api.id == COUNTED.api_id)
    own = named.where(COUNTED.application_id == application.id, COUNTED.minute >= since)
    rows = session.execute(own.group_by(Api.id, Api.name).order_by(Api.name))
    return tuple(Lately(api_id, name, int(day), int(month)) for api_id, name, day, month in rows)


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
        Subscription.state.in_(GRANTED),
    )
    return tuple(
        (subscription, ledger.left(charges_now(subscription, system, actor.now)))
        for subscription in session.scalars(query)
    )


def calls_of_application(session: Session, actor: Actor, application_id: str, hours: range, api_id: str = "") -> Filter:
    """The calls of an application in these hours, for who may know of them.

    Raises:
        DomainError: who may not.
    """
    application = applications.get(session, actor, application_id, Permission.READ_USAGE)
    own = (COUNTED.application_id == application.id, within(hours))
    return (*own, COUNTED.api_id == api_id) if api_id else own


def observed_api(session: Session, actor: Actor, api_id: str) -> Api:
    """An API, for who may know how it is used.

    Raises:
        DomainError: who may not.
    """
    require_signed_in(actor)
    api = find_api(session, api_id)
    actor.require(Permission.READ_USAGE, api.organisation_id)
    return api


def _totals(session: Session, own: Filter, hours: range) -> dict[str, Any]:
    """The parts of `Totals`."""
    by_hour = usage_counts.by_hour(session, own, hours)
    ended = usage_counts.by_ending(session, own)
    return {
        "since": by_hour[0].start,
        "calls": sum(hour.calls for hour in by_hour),
        "refusals": sum(hour.refused for hour in by_hour),
        "failures": sum(hour.failed for hour in by_hour),
        "by_hour": by_hour,
        "by_refusal": usage_counts.reasons(ended, failed=False),
        "by_failure": usage_counts.reasons(ended, failed=True),
        "by_status": usage_counts.statuses((each.status_class, each.calls) for each in ended),
        "latency": usage_counts.percentiles(ended),
    }
