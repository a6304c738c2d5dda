"""Plans of an API: how many calls a subscription may make in what time.

A plan is never deleted: closed, it takes no new subscriptions, and the present ones go on under it.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.domain.away import CHOICES, USUAL, WhenAway
from gateway.domain.errors import NAME_TAKEN, NOT_FOUND, DomainError, invalid, required
from gateway.domain.lifecycle import LIVE
from gateway.domain.plans import Window
from gateway.domain.roles import Permission
from gateway.services import audit
from gateway.services.actor import Actor
from gateway.services.apis import editable_api, get_api, require_signed_in
from gateway.services.limits import checked_costs, checked_plan, limits_of, told
from gateway.services.texts import same_version, text_field
from gateway.store.applications import Subscription
from gateway.store.catalogue import Api, Plan
from gateway.store.changes import CATALOGUE
from gateway.store.database import unless_taken

AUTOMATIC = "auto"
"""The one way of approving subscriptions that there is: at once."""

_NO_COSTS: Mapping[str, int] = MappingProxyType({})

_CODE = re.compile(r"[a-z][a-z0-9-]{0,58}[a-z0-9]")


def create_plan(  # noqa: PLR0913 - each is a field that a face gives by name
    session: Session,
    actor: Actor,
    api_id: str,
    *,
    code: str,
    name_en: str,
    name_fr: str,
    windows: Sequence[Window],
    allows_api_key: bool,
    keyless: bool = False,
    costs: Mapping[str, int] = _NO_COSTS,
    when_away: WhenAway = USUAL,
) -> Plan:
    """A new plan of an API, open at once; who subscribes is approved at once. A keyless one holds for who shows none.

    Raises:
        DomainError: who may not, INVALID, REQUIRED, NAME_TAKEN (the code, within the API).
    """
    api = editable_api(session, actor, api_id)
    _require_no_other(session, api, keyless=keyless)
    plan = Plan(
        api_id=api.id,
        code=_checked_code(code),
        name_en=_checked_name("name_en", name_en),
        name_fr=_checked_name("name_fr", name_fr),
        limits=checked_plan(windows, keyless=keyless),
        costs=checked_costs(costs, windows, api),
        approval=AUTOMATIC,
        allows_api_key=_checked_keys(allows_api_key, keyless=keyless),
        keyless=keyless,
        when_away=_checked_choice(when_away),
        created_at=actor.now,
    )
    with unless_taken(session, DomainError(NAME_TAKEN, field="code", name=plan.code)):
        session.add(plan)
    after, announce = {"api": api.name, **_told(plan)}, (CATALOGUE,) if keyless else ()
    audit.tell(session, actor, "plan.create", plan.id, api.organisation_id, after=after, announce=announce)
    return plan


def update_plan(  # noqa: PLR0913 - each is a field that a face gives by name
    session: Session,
    actor: Actor,
    plan_id: str,
    *,
    expected_version: int | None = None,
    name_en: str | None = None,
    name_fr: str | None = None,
    windows: Sequence[Window] | None = None,
    allows_api_key: bool | None = None,
    costs: Mapping[str, int] | None = None,
    when_away: WhenAway | None = None,
) -> Plan:
    """Change a plan; None leaves a part as it is. The new windows bind everybody who is subscribed.

    Raises:
        DomainError: who may not, STALE, INVALID, REQUIRED.
    """
    plan = _editable_plan(session, actor, plan_id)
    same_version(plan.version, expected_version)
    before = _told(plan)
    if name_en is not None:
        plan.name_en = _checked_name("name_en", name_en)
    if name_fr is not None:
        plan.name_fr = _checked_name("name_fr", name_fr)
    if allows_api_key is not None:
        plan.allows_api_key = _checked_keys(allows_api_key, keyless=plan.keyless)
    if when_away is not None:
        plan.when_away = _checked_choice(when_away)
    if windows is not None:
        plan.limits = checked_plan(windows, keyless=plan.keyless)
    if windows is not None or costs is not None:
        plan.costs = checked_costs(plan.costs if costs is None else costs, windows_of(plan), plan.api)
    after = _told(plan)
    if before != after:
        _tell_change(session, actor, plan, "plan.update", before)
    return plan


def close_plan(session: Session, actor: Actor, plan_id: str) -> Plan:
    """Take no new subscriptions to a plan, and no calls without a credential. Closing it again changes nothing."""
    plan = _editable_plan(session, actor, plan_id)
    if plan.closed_at is None:
        before = _told(plan)
        plan.closed_at = actor.now
        _tell_change(session, actor, plan, "plan.close", before)
    return plan


def plans_of(session: Session, actor: Actor, api_id: str) -> list[Plan]:
    """The plans of an API: the open ones for everybody, the closed ones too for its department."""
    api = get_api(session, actor, api_id)
    query = select(Plan).where(Plan.api_id == api.id).order_by(Plan.created_at, Plan.id)
    if not actor.may(Permission.READ_DRAFTS, api.organisation_id):
        query = query.where(Plan.closed_at.is_(None))
    return list(session.scalars(query))


def get_plan(session: Session, actor: Actor, plan_id: str) -> Plan:
    """A plan of an API that the actor may see."""
    plan = session.get(Plan, plan_id)
    if plan is None:
        raise DomainError(NOT_FOUND)
    get_api(session, actor, plan.api_id)
    return plan


def windows_of(plan: Plan) -> tuple[Window, ...]:
    """The windows of a plan, those of the application first, the shortest period first."""
    return limits_of(plan)


def _editable_plan(session: Session, actor: Actor, plan_id: str) -> Plan:
    require_signed_in(actor)
    plan = session.get(Plan, plan_id, with_for_update=True)
    if plan is None:
        raise DomainError(NOT_FOUND)
    actor.require(Permission.EDIT_API, plan.api.organisation_id)
    return plan


def _tell_change(session: Session, actor: Actor, plan: Plan, command: str, before: dict[str, object]) -> None:
    session.flush()
    after = _told(plan)
    binding = ("windows", "costs", "allows_api_key", "when_away", *(["closed"] if plan.keyless else []))
    decides = any(before.get(key) != after.get(key) for key in binding)
    announced = (CATALOGUE, *_subscribed(session, plan)) if decides else ()
    audit.tell(
        session, actor, command, plan.id, plan.api.organisation_id, before=before, after=after, announce=announced
    )


def _subscribed(session: Session, plan: Plan) -> Sequence[str]:
    query = select(Subscription.application_id).where(Subscription.plan_id == plan.id, Subscription.state.in_(LIVE))
    return session.scalars(query.distinct()).all()


def _told(plan: Plan) -> dict[str, object]:
    return {
        "code": plan.code,
        "name_en": plan.name_en,
        "name_fr": plan.name_fr,
        "windows": told(windows_of(plan)),
        **({"costs": dict(plan.costs)} if plan.costs else {}),
        "allows_api_key": plan.allows_api_key,
        **({"keyless": True} if plan.keyless else {}),
        "when_away": plan.when_away,
        "closed": plan.closed_at is not None,
    }


def _require_no_other(session: Session, api: Api, *, keyless: bool) -> None:
    # The API's row is locked: of two who ask at once, one is told.
    query = select(Plan.id).where(Plan.api_id == api.id, Plan.keyless, Plan.closed_at.is_(None))
    if keyless and session.scalars(query).first():
        raise invalid(
            "keyless",
            "The API has a plan that needs no key. Close that one first.",
            "L’API a déjà un forfait sans clé. Fermez-le d’abord.",
        )


def _checked_keys(allows_api_key: bool, *, keyless: bool) -> bool:  # noqa: FBT001 - named as the column is
    if allows_api_key and keyless:
        raise invalid(
            "allows_api_key",
            "Nobody subscribes to a plan that needs no key, so that there is no key to allow.",
            "Nul ne s’abonne à un forfait sans clé : il n’y a pas de clé à permettre.",
        )
    return allows_api_key


def _checked_choice(choice: WhenAway) -> WhenAway:
    if choice not in CHOICES:
        raise invalid(
            "when_away",
            "While calls cannot be counted, they are refused, or those leased are served, or a share of them.",
            "Quand les appels ne peuvent pas être comptés, ils sont refusés, ou ceux qui sont réservés sont servis, ou "
            "une part.",
        )
    return choice


def _checked_code(code: str) -> str:
    code = code.strip()
    if not _CODE.fullmatch(code):
        raise invalid(
            "code",
            "The code takes 2 to 60 small letters, digits and hyphens; it begins with a letter and does not end with a"
            " hyphen.",
            "Le code compte de 2 à 60 lettres minuscules sans accent, chiffres et traits d’union; il commence par une"
            " lettre et ne finit pas par un trait d’union.",
        )
    return code


def _checked_name(field: str, name: str) -> str:
    name = text_field(field, name, 200)
    if not name:
        language = ("in English", "en anglais") if field == "name_en" else ("in French", "en français")
        raise required(field, f"The plan’s name {language[0]}", f"le nom du forfait {language[1]}")
    return name
