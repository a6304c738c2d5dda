"""Plans of an API: how many calls a subscription may make in what time.

A plan is never deleted: closed, it takes no new subscriptions, and the present ones go on under it.
"""

import re
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from gateway.domain.away import CHOICES, USUAL, WhenAway
from gateway.domain.errors import NAME_TAKEN, NOT_FOUND, DomainError, invalid, required
from gateway.domain.lifecycle import LIVE
from gateway.domain.plans import PERIOD_SECONDS, Period, Window
from gateway.domain.roles import Permission
from gateway.services import audit
from gateway.services.actor import Actor
from gateway.services.apis import editable_api, get_api, require_signed_in
from gateway.services.texts import same_version, text_field
from gateway.store.applications import Subscription
from gateway.store.catalogue import Plan, PlanWindow
from gateway.store.changes import CATALOGUE
from gateway.store.database import unless_taken

MOST_CALLS = 1_000_000_000
"""The largest number of calls that a window may hold."""

AUTOMATIC = "auto"
"""The one way of approving subscriptions that there is: at once."""

_CODE = re.compile(r"[a-z][a-z0-9-]{0,58}[a-z0-9]")


def create_plan(  # noqa: PLR0913 - one for each thing that is chosen
    session: Session,
    actor: Actor,
    api_id: str,
    *,
    code: str,
    name_en: str,
    name_fr: str,
    windows: Sequence[Window],
    allows_api_key: bool,
    when_away: WhenAway = USUAL,
) -> Plan:
    """A new plan of an API, open at once; subscriptions to it are approved at once.

    Raises:
        DomainError: who may not, INVALID, REQUIRED, NAME_TAKEN (the code, within the API).
    """
    api = editable_api(session, actor, api_id)
    plan = Plan(
        api_id=api.id,
        code=_checked_code(code),
        name_en=_checked_name("name_en", name_en),
        name_fr=_checked_name("name_fr", name_fr),
        windows=_rows(windows),
        approval=AUTOMATIC,
        allows_api_key=allows_api_key,
        when_away=_checked_choice(when_away),
        created_at=actor.now,
    )
    with unless_taken(session, DomainError(NAME_TAKEN, field="code", name=plan.code)):
        session.add(plan)
    audit.tell(session, actor, "plan.create", plan.id, api.organisation_id, after={"api": api.name, **_told(plan)})
    return plan


def update_plan(  # noqa: PLR0913 - one for each thing that is chosen
    session: Session,
    actor: Actor,
    plan_id: str,
    *,
    expected_version: int | None = None,
    name_en: str | None = None,
    name_fr: str | None = None,
    windows: Sequence[Window] | None = None,
    allows_api_key: bool | None = None,
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
        plan.allows_api_key = allows_api_key
    if when_away is not None:
        plan.when_away = _checked_choice(when_away)
    if windows is not None:
        _replace_windows(plan, windows)
    after = _told(plan)
    if before != after:
        _tell_change(session, actor, plan, "plan.update", before)
    return plan


def close_plan(session: Session, actor: Actor, plan_id: str) -> Plan:
    """Take no new subscriptions to a plan. Closing it again changes nothing."""
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
    """The windows of a plan, the shortest period first."""
    periods = {row.period: row.calls for row in plan.windows}
    return tuple(Window(period, periods[period]) for period in PERIOD_SECONDS if period in periods)


def _editable_plan(session: Session, actor: Actor, plan_id: str) -> Plan:
    require_signed_in(actor)
    plan = session.get(Plan, plan_id, with_for_update=True)
    if plan is None:
        raise DomainError(NOT_FOUND)
    actor.require(Permission.EDIT_API, plan.api.organisation_id)
    return plan


def _tell_change(session: Session, actor: Actor, plan: Plan, command: str, before: dict[str, object]) -> None:
    # A change of windows alone touches another table; the plan's own version must rise with it.
    flag_modified(plan, "name_en")
    session.flush()
    after = _told(plan)
    binding = ("windows", "allows_api_key", "when_away")
    decides = any(before[key] != after[key] for key in binding)
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
        "windows": {window.period: window.limit for window in windows_of(plan)},
        "allows_api_key": plan.allows_api_key,
        "when_away": plan.when_away,
        "closed": plan.closed_at is not None,
    }


def _replace_windows(plan: Plan, windows: Sequence[Window]) -> None:
    kept = {row.period: row for row in plan.windows}
    rows = _rows(windows)
    for row in rows:
        if row.period in kept:
            kept[row.period].calls = row.calls
    plan.windows = [kept.get(row.period, row) for row in rows]


def _rows(windows: Sequence[Window]) -> list[PlanWindow]:
    if not windows:
        raise required("windows", "At least one limit", "au moins une limite")
    repeated = [period for period, times in Counter(window.period for window in windows).items() if times > 1]
    if repeated:
        raise invalid("windows", "Give each period once.", "Indiquez chaque période une seule fois.")
    return [PlanWindow(period=_checked_period(window.period), calls=_checked_limit(window.limit)) for window in windows]


def _checked_choice(choice: WhenAway) -> WhenAway:
    if choice not in CHOICES:
        raise invalid(
            "when_away",
            "While calls cannot be counted, they are refused, or those leased are served, or a share of them.",
            "Quand les appels ne peuvent pas être comptés, ils sont refusés, ou ceux qui sont réservés sont servis, ou "
            "une part.",
        )
    return choice


def _checked_period(period: Period) -> Period:
    if period not in PERIOD_SECONDS:
        raise invalid(
            "windows",
            "A period is a minute, an hour, a day or a month.",
            "Une période est une minute, une heure, un jour ou un mois.",
        )
    return period


def _checked_limit(limit: int) -> int:
    if not 0 < limit <= MOST_CALLS:
        raise invalid(
            "windows",
            "A limit is a whole number from 1 to 1,000,000,000.",
            "Une limite est un nombre entier de 1 à 1\u00a0000\u00a0000\u00a0000.",
        )
    return limit


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
