"""Who answers FindApplication and FindKey: rows → Consumer, in two queries whatever the application has.

Written in Core: on a miss of the worker's cache this is in the way of a call. No clock here: a credential that expires
is given with its time, one that was revoked is not given at all.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.engine import Connection

from gateway.domain.ids import ApiId, ApplicationId, CredentialId, PlanId, SubscriptionId
from gateway.domain.lifecycle import ApplicationState, SubscriptionState
from gateway.domain.plans import PERIOD_SECONDS, Window
from gateway.pipeline.ports import Finder
from gateway.pipeline.snapshot import Consumer, Subscription
from gateway.store import applications, catalogue
from gateway.store.applications import Application, Credential, CredentialKind
from gateway.store.away import answering
from gateway.store.database import Database

_MATTERS = (SubscriptionState.ACTIVE, SubscriptionState.SUSPENDED)
_ORDER = {period: place for place, period in enumerate(PERIOD_SECONDS)}

_APPLICATION = select(
    Application.id, Application.state, Credential.id.label("credential"), Credential.expires_at, Credential.digest
).outerjoin(Credential, and_(Credential.application_id == Application.id, Credential.revoked_at.is_(None)))

_SUBSCRIPTIONS = (
    select(
        applications.Subscription.id,
        applications.Subscription.api_id,
        applications.Subscription.state,
        catalogue.Plan.id.label("plan"),
        catalogue.Plan.allows_api_key,
        catalogue.Plan.when_away,
        catalogue.PlanWindow.period,
        catalogue.PlanWindow.calls,
    )
    .join(catalogue.Plan, catalogue.Plan.id == applications.Subscription.plan_id)
    .outerjoin(catalogue.PlanWindow, catalogue.PlanWindow.plan_id == catalogue.Plan.id)
    .where(applications.Subscription.state.in_(_MATTERS))
)


class StoreFinder:
    """Finds consumers in the database (ports.Finder)."""

    def __init__(self, database: Database) -> None:
        """Nothing is asked before the first call."""
        self._engine = database.engine

    def find_application(self, application_id: ApplicationId) -> Consumer | None:
        """The application with this id, whatever its state; raises `Failure` when the store is away."""
        return self._find(Application.id == application_id)

    def find_key(self, digest: bytes) -> Consumer | None:
        """The application of the key with this SHA-256; raises `Failure` when the store is away."""
        owner = select(Credential.application_id).where(
            Credential.digest == digest, Credential.kind == CredentialKind.KEY, Credential.revoked_at.is_(None)
        )
        return self._find(Application.id == owner.scalar_subquery(), key=digest)

    def _find(self, which: ColumnElement[bool], key: bytes | None = None) -> Consumer | None:
        with answering(), self._engine.connect() as connection:
            rows = connection.execute(_APPLICATION.where(which)).all()
            return _consumer(rows, key, connection) if rows else None


def _consumer(rows: Sequence[Any], key: bytes | None, connection: Connection) -> Consumer:
    held = [row for row in rows if row.credential is not None]
    found = connection.execute(_SUBSCRIPTIONS.where(applications.Subscription.application_id == rows[0].id)).all()
    return Consumer(
        application_id=ApplicationId(rows[0].id),
        state=ApplicationState(rows[0].state),
        credentials={
            CredentialId(row.credential): row.expires_at.timestamp() if row.expires_at else None for row in held
        },
        subscriptions=_subscriptions(found),
        key=next((CredentialId(row.credential) for row in held if row.digest == key), None),
    )


def _subscriptions(rows: Sequence[Any]) -> dict[ApiId, Subscription]:
    by_api: dict[str, list[Any]] = {}
    for row in rows:
        by_api.setdefault(row.api_id, []).append(row)
    return {ApiId(api_id): _subscription(lines) for api_id, lines in by_api.items()}


def _subscription(lines: list[Any]) -> Subscription:
    windows = [Window(line.period, line.calls) for line in lines if line.period is not None]
    return Subscription(
        subscription_id=SubscriptionId(lines[0].id),
        state=SubscriptionState(lines[0].state),
        plan_id=PlanId(lines[0].plan),
        windows=tuple(sorted(windows, key=lambda window: _ORDER[window.period])),
        allows_api_key=lines[0].allows_api_key,
        when_away=lines[0].when_away,
    )


if TYPE_CHECKING:
    _: Finder = StoreFinder(Database(""))
