"""Who answers FindApplication and FindKey: rows → Consumer, in two queries whatever the application has.

Written in Core: on a miss of the worker's cache this is in the way of a call. No clock here: a credential that expires
is given with its time, one that was revoked is not given at all.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.engine import Connection

from gateway.domain.allowances import begun_of, extras_of, spans
from gateway.domain.ids import ApiId, ApplicationId, CredentialId, PlanId, SubscriptionId
from gateway.domain.lifecycle import GRANTED, ApplicationState, SubscriptionState
from gateway.domain.limits import from_stored, in_force
from gateway.domain.plans import Window
from gateway.pipeline.ports import Finder
from gateway.pipeline.snapshot import Consumer, Subscription
from gateway.store import applications, catalogue
from gateway.store.accounts import Organisation
from gateway.store.applications import Application, Credential, CredentialKind
from gateway.store.away import answering
from gateway.store.database import Database
from gateway.words import Words

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
        catalogue.Plan.name_en,
        catalogue.Plan.name_fr,
        catalogue.Plan.costs,
        applications.Subscription.limits.label("own_limits"),
        applications.Subscription.extras,
        applications.Subscription.resets,
        catalogue.Plan.limits.label("plan_limits"),
        catalogue.Api.default_limits,
        Organisation.time_zone,
    )
    .join(catalogue.Plan, catalogue.Plan.id == applications.Subscription.plan_id)
    .join(catalogue.Api, catalogue.Api.id == applications.Subscription.api_id)
    .join(Organisation, Organisation.id == catalogue.Api.organisation_id)
    .where(applications.Subscription.state.in_(GRANTED))
)


class StoreFinder:
    """Finds consumers in the database (ports.Finder)."""

    def __init__(self, database: Database, defaults: Sequence[Window] = ()) -> None:
        """Nothing is asked before the first call; `defaults` hold where neither plan nor API says anything."""
        self._engine = database.engine
        self._defaults = defaults

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
            return self._consumer(rows, key, connection) if rows else None

    def _consumer(self, rows: Sequence[Any], key: bytes | None, connection: Connection) -> Consumer:
        held = [row for row in rows if row.credential is not None]
        found = connection.execute(_SUBSCRIPTIONS.where(applications.Subscription.application_id == rows[0].id)).all()
        return Consumer(
            application_id=ApplicationId(rows[0].id),
            state=ApplicationState(rows[0].state),
            credentials={
                CredentialId(row.credential): row.expires_at.timestamp() if row.expires_at else None for row in held
            },
            subscriptions={ApiId(row.api_id): _subscription(row, self._defaults) for row in found},
            key=next((CredentialId(row.credential) for row in held if row.digest == key), None),
        )


def _subscription(row: Any, defaults: Sequence[Window]) -> Subscription:
    levels = [from_stored(rows, row.time_zone) for rows in (row.own_limits, row.plan_limits, row.default_limits)]
    found = None
    for until, windows in reversed(spans(in_force(*levels, defaults), extras_of(row.extras))):
        found = _during(row, windows, until, found)
    return cast("Subscription", found)  # there is one span at least


def _during(row: Any, windows: tuple[Window, ...], until: float, then: Subscription | None) -> Subscription:
    return Subscription(
        subscription_id=SubscriptionId(row.id),
        state=SubscriptionState(row.state),
        plan_id=PlanId(row.plan),
        windows=windows,
        allows_api_key=row.allows_api_key,
        costs=row.costs,
        plan_name=Words(row.name_en, row.name_fr),
        when_away=row.when_away,
        resets=begun_of(row.resets),
        until=until,
        then=then,
    )


if TYPE_CHECKING:
    _: Finder = StoreFinder(Database(""))
