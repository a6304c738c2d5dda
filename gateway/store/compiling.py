"""Rows → Snapshot: the only bridge between SQL and the decision.

Five queries whatever the number of APIs, all of one moment; no document is parsed (the operations of a revision are
rows). A snapshot is checked as a whole while it is built; one that cannot be built is not swapped in.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, cast

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from gateway.domain.away import WhenAway
from gateway.domain.ids import ApiId, EnvironmentId, PlanId, SubscriptionId, VersionId
from gateway.domain.lifecycle import SERVED, SubscriptionState, VersionState
from gateway.domain.limits import from_stored
from gateway.pipeline.ports import Changed
from gateway.pipeline.service import Target
from gateway.pipeline.snapshot import Operation, Snapshot, Subscription, Version
from gateway.plugin.base import Binding
from gateway.plugin.registry import Registry
from gateway.store import catalogue, changes
from gateway.store.accounts import Organisation
from gateway.store.away import answering
from gateway.store.database import Database
from gateway.store.keys import SigningKey
from gateway.store.reaching import service_of
from gateway.store.sealing import Sealer
from gateway.words import Words

_log = logging.getLogger(__name__)

_KEYLESS = and_(catalogue.Plan.api_id == catalogue.Api.id, catalogue.Plan.keyless, catalogue.Plan.closed_at.is_(None))
"""An API has one such plan at most (services/plans.py)."""

_ANSWERING = [*SERVED, VersionState.RETIRED]


class StoreCatalogue:
    """Compiles snapshots from the database (ports.Catalogue)."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        issuer: str,
        parse_target: Callable[[str], Target],
        sealer: Sealer,
    ) -> None:
        """`parse_target` turns a base URL into a target; `sealer` opens what was sealed for services."""
        self._database = database
        self._registry = registry
        self._issuer = issuer
        self._parse_target = parse_target
        self._sealer = sealer

    def changes_since(self, cursor: int) -> Changed:
        """What was edited after the cursor; raises `Failure` when the store is away."""
        with answering(), self._database.read() as session:
            return changes.changes_since(session, cursor)

    def rung(self) -> int:
        """A number that changes when somebody on this machine has edited something."""
        return self._database.bell.rung()

    def compile(self) -> Snapshot:
        """The present state of the catalogue; raises `Failure` when the store is away."""
        with answering(), self._database.read() as session:
            revision = changes.latest(session)
            bindings = self._bindings(session)
            return Snapshot(
                revision=revision,
                issuer=self._issuer,
                documentation=f"{self._issuer}/errors",
                versions=self._versions(session, bindings),
                public_keys=_public_keys(session),
                address_key=self._sealer.address_key,
            )

    def _bindings(self, session: Session) -> Mapping[str, tuple[Binding, ...]]:
        chosen: dict[str, dict[str, Any]] = defaultdict(dict)
        for row in session.scalars(select(catalogue.PluginBinding)):
            chosen[row.api_version_id][row.name] = row.config
        unusable = {
            version_id: reasons
            for version_id, plugins in chosen.items()
            if (reasons := self._registry.unusable(plugins))
        }
        if unusable:
            _log.error("plugins that were chosen cannot be used; calls to these versions are refused: %s", unusable)
        return {version_id: self._registry.bind(plugins) for version_id, plugins in chosen.items()}

    def _versions(
        self, session: Session, bindings: Mapping[str, tuple[Binding, ...]]
    ) -> dict[tuple[str, int], Version]:
        operations = _operations(session)
        rows = session.execute(
            select(catalogue.ApiVersion, catalogue.Api, catalogue.Environment, catalogue.Plan, Organisation.time_zone)
            .join(catalogue.Api, catalogue.Api.id == catalogue.ApiVersion.api_id)
            .join(Organisation, Organisation.id == catalogue.Api.organisation_id)
            .join(catalogue.Environment, catalogue.Environment.api_version_id == catalogue.ApiVersion.id)
            .outerjoin(catalogue.Plan, _KEYLESS)
            .where(catalogue.ApiVersion.state.in_(_ANSWERING))
        )
        return {
            (api.name, version.major): Version(
                api_id=ApiId(version.api_id),
                api_name=api.name,
                version_id=VersionId(version.id),
                major=version.major,
                state=VersionState(version.state),
                environment_id=EnvironmentId(environment.id),
                service=service_of(environment, self._parse_target, self._sealer),
                operations=operations[version.live_revision_id or ""],
                plugins=bindings.get(version.id, ()),
                caps=from_stored(api.caps, zone),
                keyless=_of_everybody(plan, zone),
            )
            for version, api, environment, plan, zone in rows
        }


def _of_everybody(plan: catalogue.Plan | None, zone: str) -> Subscription | None:
    if plan is None:
        return None
    return Subscription(
        subscription_id=SubscriptionId(""),
        state=SubscriptionState.ACTIVE,
        plan_id=PlanId(plan.id),
        windows=from_stored(plan.limits, zone),
        allows_api_key=False,
        costs=plan.costs,
        plan_name=Words(plan.name_en, plan.name_fr),
        when_away=cast("WhenAway", plan.when_away),
    )


def _operations(session: Session) -> Mapping[str, tuple[Operation, ...]]:
    rows = session.execute(
        select(catalogue.Operation.revision_id, catalogue.Operation.method, catalogue.Operation.path)
        .join(catalogue.ApiVersion, catalogue.ApiVersion.live_revision_id == catalogue.Operation.revision_id)
        .where(catalogue.ApiVersion.state.in_(_ANSWERING))
        .order_by(catalogue.Operation.revision_id, catalogue.Operation.position)
    )
    grouped: dict[str, list[Operation]] = defaultdict(list)
    for revision_id, method, path in rows:
        grouped[revision_id].append(Operation(method, path))
    return defaultdict(tuple, {revision_id: tuple(found) for revision_id, found in grouped.items()})


def _public_keys(session: Session) -> Mapping[str, Mapping[str, Any]]:
    rows = session.execute(select(SigningKey.kid, SigningKey.public).where(SigningKey.retired_at.is_(None)))
    return {row.kid: row.public for row in rows}
