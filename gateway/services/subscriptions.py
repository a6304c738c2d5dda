"""Subscriptions: an application's standing with an API, from joining to leaving.

Nobody can block `cancel`: it asks for nothing but the owner's wish, whatever became of the application, the plan or the
API. A subscription is seen from two sides: the application's organisation and the API's department.
"""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, joinedload

from gateway.domain.errors import ALREADY_DONE, FORBIDDEN, NOT_FOUND, OTHER_PLAN, SAME_PLAN, DomainError, Kind, invalid
from gateway.domain.lifecycle import LIVE, ApplicationState, SubscriptionState
from gateway.domain.roles import Permission
from gateway.domain.scopes import scopes_of
from gateway.services import audit
from gateway.services.actor import Actor, system
from gateway.services.apis import find_api, is_served, require_signed_in
from gateway.services.application_states import checked_reason, move_subscription, wrong_state
from gateway.services.applications import editable_application
from gateway.services.applications import get as get_application
from gateway.services.paging import Page, paged
from gateway.services.plans import AUTOMATIC
from gateway.store.applications import Application, Subscription
from gateway.store.catalogue import Api, Plan
from gateway.store.database import unless_taken


def subscribe(session: Session, actor: Actor, application_id: str, *, api_id: str, plan_id: str) -> Subscription:
    """Join an API under a plan; a plan that approves by itself makes it active at once.

    Asking again for the same plan gives the subscription there is.

    Raises:
        DomainError: who may not, NOT_FOUND (API not served, plan not its own), INVALID (plan closed),
            WRONG_STATE (application not active), OTHER_PLAN (whose member `subscription` is the one to change).
    """
    application = editable_application(session, actor, application_id, Permission.SUBSCRIBE)
    plan = _plan_of_served_api(session, api_id, plan_id)
    present = _live(session, application.id, api_id)
    if present:
        return _the_same(present, plan)
    _require_open(application, plan)
    subscription = Subscription(
        application_id=application.id,
        api_id=plan.api_id,
        plan_id=plan.id,
        state=SubscriptionState.REQUESTED,
        requested_at=actor.now,
    )
    with unless_taken(session, DomainError(ALREADY_DONE)):
        session.add(subscription)
    _tell(session, actor, subscription, "request", "")
    if plan.approval == AUTOMATIC:
        # It is the plan that approves, not whoever asks.
        by_rule = replace(system(), now=actor.now, request_id=actor.request_id)
        _move(session, by_rule, subscription, "approve", "")
        subscription.decided_at, subscription.decided_by = actor.now, by_rule.id
    session.flush()
    return subscription


def change_plan(session: Session, actor: Actor, subscription_id: str, *, plan_id: str) -> Subscription:
    """Go on under another plan of the same API, from the next call on; what was used counts under that one too.

    The present plan is in force until the other one is approved, and every plan approves by itself.

    Raises:
        DomainError: who may not, NOT_FOUND (API not served, plan not its own), INVALID (plan closed), SAME_PLAN,
            WRONG_STATE (subscription or application not active).
    """
    subscription = _locked(session, actor, subscription_id)
    _require(actor, Permission.SUBSCRIBE, subscription.application.organisation_id)
    plan = _plan_of_served_api(session, subscription.api_id, plan_id)
    if plan.id == subscription.plan_id:
        raise _about_plan(SAME_PLAN, subscription)
    _require_open(subscription.application, plan)
    before = {"state": subscription.state, "plan": subscription.plan.code}
    move_subscription(subscription, "change-plan")
    subscription.plan = plan
    session.flush()
    _tell(session, actor, subscription, "change-plan", "", before=before)
    return subscription


def cancel(session: Session, actor: Actor, subscription_id: str, *, reason: str = "") -> Subscription:
    """Leave: the owner's opt-out, possible in every live state; the reason is theirs to give or not.

    Raises:
        DomainError: who may not, ALREADY_DONE, WRONG_STATE (revoked).
    """
    subscription = _locked(session, actor, subscription_id)
    _require(actor, Permission.SUBSCRIBE, subscription.application.organisation_id)
    _move(session, actor, subscription, "cancel", checked_reason(reason, needed=False))
    subscription.ended_at = actor.now
    session.flush()
    return subscription


def suspend(session: Session, actor: Actor, subscription_id: str, *, reason: str) -> Subscription:
    """Refuse this application's calls to this API from the next one on (the API's department, or an operator).

    Raises:
        DomainError: who may not, REQUIRED (the reason), ALREADY_DONE, WRONG_STATE.
    """
    return _by_department(session, actor, subscription_id, "suspend", checked_reason(reason, needed=True))


def resume(session: Session, actor: Actor, subscription_id: str, *, reason: str = "") -> Subscription:
    """Let a suspended subscription call again (the API's department, or an operator).

    Raises:
        DomainError: who may not, ALREADY_DONE, WRONG_STATE.
    """
    return _by_department(session, actor, subscription_id, "resume", checked_reason(reason, needed=False))


def revoke(session: Session, actor: Actor, subscription_id: str, *, reason: str) -> Subscription:
    """End a subscription for good (the API's department, or an operator).

    Raises:
        DomainError: who may not, REQUIRED (the reason), ALREADY_DONE, WRONG_STATE.
    """
    subscription = _by_department(session, actor, subscription_id, "revoke", checked_reason(reason, needed=True))
    subscription.ended_at = actor.now
    session.flush()
    return subscription


def get(session: Session, actor: Actor, subscription_id: str) -> Subscription:
    """A subscription, for either side of it."""
    require_signed_in(actor)
    subscription = session.scalars(listed().where(Subscription.id == subscription_id)).one_or_none()
    if subscription is None:
        raise DomainError(NOT_FOUND)
    _require_sight(actor, subscription)
    _require_reading(actor, subscription)
    return subscription


def of_application(session: Session, actor: Actor, application_id: str) -> list[Subscription]:
    """The subscriptions of an application, the latest first, the ended ones too."""
    application = get_application(session, actor, application_id)
    return list(session.scalars(listed().where(Subscription.application_id == application.id)))


def of_api(session: Session, actor: Actor, api_id: str, *, page: int = 1, per_page: int = 20) -> Page[Subscription]:
    """Who subscribes to an API, for its department: the latest first, the ended ones too."""
    require_signed_in(actor)
    api = find_api(session, api_id)
    actor.require(Permission.READ_USAGE, api.organisation_id)
    return paged(session, listed().where(Subscription.api_id == api.id), page, per_page)


def listed() -> Select[Subscription]:
    """Subscriptions with what is shown of them, in one query whatever their number; the latest first."""
    return (
        select(Subscription)
        .options(
            joinedload(Subscription.application).joinedload(Application.organisation),
            joinedload(Subscription.api).joinedload(Api.organisation),
            joinedload(Subscription.plan),
        )
        .order_by(Subscription.requested_at.desc(), Subscription.id.desc())
    )


def grantable_scopes(session: Session, application_id: str) -> tuple[str, ...]:
    """Every scope that the application's active subscriptions allow, by API name."""
    names = session.scalars(_SUBSCRIBED, {"application": application_id})
    return tuple(scope for name in names for scope in scopes_of(name))


# Built once: every token needs it.
_SUBSCRIBED = (
    select(Api.name)
    .join(Subscription, Subscription.api_id == Api.id)
    .where(
        Subscription.application_id == bindparam("application"), Subscription.state == SubscriptionState.ACTIVE.value
    )
    .order_by(Api.name)
)


def _plan_of_served_api(session: Session, api_id: str, plan_id: str) -> Plan:
    # The share lock makes this wait for a change of the plan: the change announces those who are subscribed, and who
    # joins meanwhile must either be seen by it or see it.
    plan = session.get(Plan, plan_id, with_for_update={"read": True})
    if plan is None or plan.api_id != api_id or not is_served(plan.api):
        raise DomainError(NOT_FOUND)
    return plan


def _require_open(application: Application, plan: Plan) -> None:
    if application.state != ApplicationState.ACTIVE:
        raise wrong_state(application)
    if plan.keyless:
        raise invalid(
            "plan_id",
            "This plan needs no key: nobody subscribes to it. Choose another.",
            "Ce forfait ne demande pas de clé : nul ne s’y abonne. Choisissez-en un autre.",
        )
    if plan.closed_at is not None:
        raise invalid(
            "plan_id",
            "This plan takes no new subscriptions. Choose another.",
            "Ce forfait n’accepte plus de nouveaux abonnements. Choisissez-en un autre.",
        )


def _live(session: Session, application_id: str, api_id: str) -> Subscription | None:
    query = select(Subscription).where(
        Subscription.application_id == application_id, Subscription.api_id == api_id, Subscription.state.in_(LIVE)
    )
    return session.scalars(query).one_or_none()


def _the_same(present: Subscription, plan: Plan) -> Subscription:
    if present.plan_id != plan.id:
        raise _about_plan(OTHER_PLAN, present)
    return present


def _about_plan(kind: Kind, present: Subscription) -> DomainError:
    plan, members = present.plan, {"subscription": present.id}
    return DomainError(kind, field="plan_id", members=members, plan_en=plan.name_en, plan_fr=plan.name_fr)


def _by_department(session: Session, actor: Actor, subscription_id: str, move: str, reason: str) -> Subscription:
    subscription = _locked(session, actor, subscription_id)
    _require(actor, Permission.REVOKE_SUBSCRIPTION, subscription.api.organisation_id)
    _move(session, actor, subscription, move, reason)
    subscription.decided_at, subscription.decided_by = actor.now, actor.id
    session.flush()
    return subscription


def _locked(session: Session, actor: Actor, subscription_id: str) -> Subscription:
    require_signed_in(actor)
    subscription = session.get(Subscription, subscription_id, with_for_update=True)
    if subscription is None:
        raise DomainError(NOT_FOUND)
    _require_sight(actor, subscription)
    return subscription


def _require_sight(actor: Actor, subscription: Subscription) -> None:
    sides = {subscription.application.organisation_id, subscription.api.organisation_id}
    if not (actor.is_operator or sides & actor.roles.keys()):
        raise DomainError(NOT_FOUND)


def _require_reading(actor: Actor, subscription: Subscription) -> None:
    """A token reads it with what reads the one side's applications, or with what reads who calls the other's API."""
    sides = (
        (Permission.READ_APPLICATION, subscription.application.organisation_id),
        (Permission.READ_USAGE, subscription.api.organisation_id),
    )
    if not any(actor.may(*side) for side in sides):
        actor.require(*next(side for side in sides if actor.is_operator or side[1] in actor.roles))


def _require(actor: Actor, permission: Permission, organisation_id: str) -> None:
    # Whoever stands on the other side sees the subscription, so that NOT_FOUND would be untrue.
    if not actor.is_operator and organisation_id not in actor.roles:
        raise DomainError(FORBIDDEN)
    actor.require(permission, organisation_id)


def _move(session: Session, actor: Actor, subscription: Subscription, move: str, reason: str) -> None:
    before = {"state": subscription.state}
    move_subscription(subscription, move)
    subscription.reason = reason
    _tell(session, actor, subscription, move, reason, before=before)


def _tell(
    session: Session,
    actor: Actor,
    subscription: Subscription,
    move: str,
    reason: str,
    *,
    before: Mapping[str, str] | None = None,
) -> None:
    # The trail of the API's department: developers have no trail of their own, their application's page says the rest.
    audit.tell(
        session,
        actor,
        f"subscription.{move}",
        subscription.id,
        subscription.api.organisation_id,
        before=before,
        after={
            "state": subscription.state,
            "application": subscription.application_id,
            "api": subscription.api.name,
            "plan": subscription.plan.code,
        },
        reason=reason,
        announce=(subscription.application_id,),
    )
