"""The sentence written with each change, in the same transaction, and the reading of the trail."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.domain.roles import Permission
from gateway.services.actor import Actor
from gateway.services.paging import Page, paged
from gateway.store import audit, changes
from gateway.store.audit import AuditEvent

_HIDDEN = frozenset({"password_hash", "digest", "sealed", "body", "content", "version"})


def tell(  # noqa: PLR0913 - a sentence has that many parts
    session: Session,
    actor: Actor,
    command: str,
    subject: str,
    organisation_id: str = "",
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    announce: Sequence[str] = (),
) -> None:
    """Write who did what to which thing; `announce` names what workers must notice (changes.py)."""
    event = AuditEvent(
        at=actor.now,
        actor=actor.id,
        actor_name=actor.name,
        command=command,
        subject=subject,
        organisation_id=organisation_id,
        before=_shown(before),
        after=_shown(after),
        reason=reason,
        request_id=actor.request_id,
    )
    audit.append(session, event)
    for changed in announce:
        changes.announce(session, changed, actor.now)


def browse(
    session: Session, actor: Actor, organisation_id: str, *, page: int = 1, per_page: int = 50
) -> Page[AuditEvent]:
    """The trail of one organisation, latest first."""
    actor.require(Permission.READ_AUDIT, organisation_id)
    query = select(AuditEvent).where(AuditEvent.organisation_id == organisation_id)
    return paged(session, query.order_by(AuditEvent.sequence.desc()), page, per_page)


def browse_all(session: Session, actor: Actor, *, page: int = 1, per_page: int = 50) -> Page[AuditEvent]:
    """The whole trail, of every organisation and of none, latest first (the operator)."""
    actor.require(Permission.READ_AUDIT, "")
    return paged(session, select(AuditEvent).order_by(AuditEvent.sequence.desc()), page, per_page)


def _shown(values: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: _plain(value) for key, value in (values or {}).items() if key not in _HIDDEN}


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | dict | list | type(None)) else str(value)
