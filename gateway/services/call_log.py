"""An application's latest calls, one by one: those that fit what is asked for, the latest first.

The law: the log is the last `RECENT_CALLS_KEPT` calls of the application. What is asked for is looked for among those,
so that no question is dear, and a filter never shows an older call than no filter does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, aliased

from gateway.domain.roles import Permission
from gateway.services import applications
from gateway.services.actor import Actor
from gateway.services.paging import Page, paged
from gateway.store.catalogue import Api
from gateway.store.usage import RECENT_CALLS_KEPT, RecentCall

ANY = "any"
NONE = "none"
"""What may be asked for in place of a refusal's code: whichever it is, or calls that have none."""

COLUMNS = ("at", "request_id", "api_id", "operation", "status", "refusal", "latency_ms")
"""What a file of calls tells of each, in order."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls: all that are not said are all the same. Status classes are 1 to 5; times are exact."""

    status_class: int | None = None
    refusal: str = ""
    api_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What occurs in a log: the codes of refusals and failures, and the APIs by name."""

    refusals: Sequence[str]
    apis: Sequence[Api]


def browse(
    session: Session, actor: Actor, application_id: str, wanted: Wanted, *, page: int = 1, per_page: int = 20
) -> Page[RecentCall]:
    """One page of the log.

    Raises:
        DomainError: who may not.
    """
    return paged(session, _log(session, actor, application_id, wanted), page, per_page)


def rows(session: Session, actor: Actor, application_id: str, wanted: Wanted) -> list[dict[str, Any]]:
    """All of the log, as a file has it: by COLUMNS.

    Raises:
        DomainError: who may not.
    """
    calls = session.scalars(_log(session, actor, application_id, wanted))
    return [{column: getattr(call, column) for column in COLUMNS} for call in calls]


def choices(session: Session, actor: Actor, application_id: str) -> Choices:
    """What the log can be narrowed to.

    Raises:
        DomainError: who may not.
    """
    call = _latest(session, actor, application_id)
    refusals = session.scalars(select(call.refusal).where(call.refusal != "").distinct().order_by(call.refusal))
    called = select(call.api_id).distinct()
    return Choices(refusals.all(), session.scalars(select(Api).where(Api.id.in_(called)).order_by(Api.name)).all())


def _log(session: Session, actor: Actor, application_id: str, wanted: Wanted) -> Select[RecentCall]:
    call = _latest(session, actor, application_id)
    return select(call).where(*_conditions(call, wanted)).order_by(call.at.desc(), call.request_id.desc())


def _latest(session: Session, actor: Actor, application_id: str) -> type[RecentCall]:
    application = applications.get(session, actor, application_id, Permission.READ_USAGE)
    own = select(RecentCall).where(RecentCall.application_id == application.id)
    latest = own.order_by(RecentCall.at.desc(), RecentCall.request_id.desc()).limit(RECENT_CALLS_KEPT)
    return aliased(RecentCall, latest.subquery("latest"))


def _conditions(call: type[RecentCall], wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.status_class:
        yield call.status.between(wanted.status_class * 100, wanted.status_class * 100 + 99)
    if wanted.refusal in {ANY, NONE}:
        yield call.refusal == "" if wanted.refusal == NONE else call.refusal != ""
    elif wanted.refusal:
        yield call.refusal == wanted.refusal
    if wanted.api_id:
        yield call.api_id == wanted.api_id
    if wanted.since:
        yield call.at >= wanted.since
    if wanted.until:
        yield call.at < wanted.until
