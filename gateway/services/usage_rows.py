"""Usage as rows to take away: how many calls of one kind in each hour, or in each day of a longer span.

The law: what a file cannot hold whole it does not hold at all; the reader is told to ask for less.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from gateway.domain.errors import DomainError, invalid
from gateway.services.actor import Actor
from gateway.services.usage import calls_of_application, observed_api
from gateway.services.usage_counts import CALLER, CALLS, COUNTED, DAY, HOUR, Filter, beginning, last_hours, within
from gateway.store.applications import Application
from gateway.store.catalogue import Api
from gateway.store.usage import USED

MOST_ROWS = 50_000
_BY_HOUR_UP_TO = 48

_KIND = ("operation", "status_class", "refusal")
APPLICATION_COLUMNS = ("start", "api_id", "api", *_KIND, "calls", "sent_bytes")
API_COLUMNS = ("start", "application_id", "application", *_KIND, "calls", "sent_bytes")
"""What each row tells, in order."""


def of_application(
    session: Session, actor: Actor, application_id: str, *, now: datetime, hours: int = 24, api_id: str = ""
) -> list[dict[str, Any]]:
    """What an application called, by APPLICATION_COLUMNS.

    Raises:
        DomainError: who may not; INVALID (too many rows).
    """
    span = last_hours(now, hours)
    own = calls_of_application(session, actor, application_id, span, api_id)
    return _rows(session, own, span, COUNTED.api_id, Api, APPLICATION_COLUMNS)


def of_api(session: Session, actor: Actor, api_id: str, *, now: datetime, hours: int = 24) -> list[dict[str, Any]]:
    """Who called an API and what, by API_COLUMNS.

    Raises:
        DomainError: who may not; INVALID (too many rows).
    """
    span = last_hours(now, hours)
    own = (COUNTED.api_id == observed_api(session, actor, api_id).id, within(span))
    return _rows(session, own, span, CALLER, Application, API_COLUMNS)


def _rows(
    session: Session,
    own: Filter,
    hours: range,
    by: ColumnElement[str],
    model: type[Api | Application],
    columns: Sequence[str],
) -> list[dict[str, Any]]:
    start = beginning(HOUR if len(hours) <= _BY_HOUR_UP_TO else DAY)
    alike: tuple[Any, ...] = (start, by, model.name, *(COUNTED[name] for name in _KIND))
    query = select(*alike, CALLS, func.sum(COUNTED.sent_bytes)).select_from(USED).outerjoin(model, model.id == by)
    grouped = query.where(*own).group_by(*alike).order_by(*alike[:2], *alike[3:])
    found = session.execute(grouped.limit(MOST_ROWS + 1)).all()
    if len(found) > MOST_ROWS:
        raise _too_many()
    return [_row(columns, row) for row in found]


def _row(columns: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    start, key, name, *kind, calls, sent = row
    values = (datetime.fromtimestamp(start, UTC), key, name or "", *kind, int(calls), int(sent))
    return dict(zip(columns, values, strict=True))


def _too_many() -> DomainError:
    return invalid(
        "hours",
        f"A file has room for {MOST_ROWS} rows; ask for a shorter time.",
        f"Un fichier peut contenir {MOST_ROWS} lignes; demandez une période plus courte.",
    )
