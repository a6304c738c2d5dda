"""Counting a batch: its sums are added to `usage_minutes`, its latest calls join the list, its name is noted.

With them go the last use of each API key, and which subscriptions were called (notices.py), so that neither costs a
call anything.

The law: all of it in the transaction of the caller. A batch whose name is noted already adds nothing, so that a crash
between the commit and the deletion of its segment counts nothing twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session

from gateway.pipeline.ports import Finished
from gateway.store.applications import Credential
from gateway.store.inserting import insert_into, table_of
from gateway.store.notices import note_called
from gateway.store.rollup import Kind, Rollup, Sum, clipped
from gateway.store.usage import RECENT_CALLS_KEPT, RecentCall, UsageBatch, UsageMinute, UsageSums

_USE_NOTED_EVERY = timedelta(minutes=1)
_ROWS_AT_ONCE = 500
_APPLICATIONS_AT_ONCE = 200


def count_batch(session: Session, batch: str, rollup: Rollup, now: datetime) -> bool:
    """Add a batch to what is known; False when it was in already."""
    if not _note(session, batch, now):
        return False
    add_sums(session, UsageMinute, rollup.sums)
    _add_latest(session, rollup)
    _note_uses(session, rollup)
    note_called(session, {kind.subscription_id for kind in rollup.sums} - {""}, now)
    return True


def forget_batches(session: Session, names: Sequence[str]) -> None:
    """Forget the names of batches whose segments are gone for good."""
    if names:
        session.execute(delete(UsageBatch).where(UsageBatch.name.in_(names)))


def add_sums(session: Session, table: type[UsageSums], sums: Mapping[Kind, Sum]) -> None:
    """Add sums to those that a table has."""
    statement = insert_into(session, table)
    key = [column.name for column in table_of(table).primary_key]
    added = {name: getattr(table, name) + getattr(statement.excluded, name) for name in ("calls", "sent_bytes")}
    upsert = statement.on_conflict_do_update(index_elements=key, set_=added)
    # In one order for everybody: two batches that add to the same rows must not wait for each other.
    rows = (
        kind._asdict() | {"calls": total.calls, "sent_bytes": total.sent_bytes} for kind, total in sorted(sums.items())
    )
    for chunk in _chunks(rows, _ROWS_AT_ONCE):
        session.execute(upsert, chunk)


def _note(session: Session, batch: str, now: datetime) -> bool:
    statement = insert_into(session, UsageBatch).on_conflict_do_nothing(index_elements=["name"])
    noted = session.execute(statement.returning(UsageBatch.name), {"name": batch, "counted_at": now})
    return noted.first() is not None


def _add_latest(session: Session, rollup: Rollup) -> None:
    statement = insert_into(session, RecentCall).on_conflict_do_nothing(index_elements=["request_id"])
    calls = (_recent(call) for _, ring in sorted(rollup.latest.items()) for call in ring)
    for chunk in _chunks(calls, _ROWS_AT_ONCE):
        session.execute(statement, chunk)
    # Tidying costs as much as a list is long: one call in 32 brings it about, and who reads a list reads no further.
    untidy = [key for key, ring in sorted(rollup.latest.items()) if any(map(_tidies, ring))]
    for applications in _chunks(untidy, _APPLICATIONS_AT_ONCE):
        _prune(session, applications)


def _tidies(call: Finished) -> bool:
    return call.event.request_id.endswith("0")  # ids end with random letters, of which there are 32 (domain/ids.py)


def _note_uses(session: Session, rollup: Rollup) -> None:
    key, last = table_of(Credential).c.id, table_of(Credential).c.last_used_at
    # A key that is always in use is not written every second; a batch that comes late takes nothing back.
    is_news = or_(last.is_(None), last <= bindparam("not_since"))
    statement = (
        update(table_of(Credential)).where(key == bindparam("key"), is_news).values(last_used_at=bindparam("at"))
    )
    uses = ((each, datetime.fromtimestamp(at, UTC)) for each, at in sorted(rollup.used.items()))
    rows = ({"key": each, "at": at, "not_since": at - _USE_NOTED_EVERY} for each, at in uses)
    for chunk in _chunks(rows, _ROWS_AT_ONCE):
        session.connection().execute(statement, chunk)


def _prune(session: Session, applications: list[str]) -> None:
    place = func.row_number().over(
        partition_by=RecentCall.application_id, order_by=(RecentCall.at.desc(), RecentCall.request_id.desc())
    )
    placed = (
        select(RecentCall.request_id, place.label("place"))
        .where(RecentCall.application_id.in_(applications))
        .subquery()
    )
    too_old = select(placed.c.request_id).where(placed.c.place > RECENT_CALLS_KEPT)
    session.execute(
        delete(RecentCall).where(RecentCall.request_id.in_(too_old)), execution_options={"synchronize_session": False}
    )


def _recent(finished: Finished) -> dict[str, Any]:
    event = finished.event
    return {
        "request_id": clipped(event.request_id, 40),
        "application_id": clipped(event.application_id, 40),
        "api_id": clipped(event.api_id, 40),
        "at": datetime.fromtimestamp(event.received_at, UTC),
        "operation": clipped(event.operation, 500),
        "status": event.status,
        "refusal": clipped(event.refusal, 60),
        "latency_ms": finished.latency_ms,
    }


def _chunks(rows: Iterable[Any], size: int) -> Iterable[list[Any]]:
    waiting = iter(rows)
    while chunk := list(islice(waiting, size)):
        yield chunk
