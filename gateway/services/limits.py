"""The laws of limits, whoever sets them; and the limits that an API sets for all plans, or one subscription has alone.

What is in force for a subscription is said in domain/limits.py.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.domain.allowances import begun_of, extras_of, parts, with_extras
from gateway.domain.errors import NOT_FOUND, DomainError, invalid, required
from gateway.domain.lifecycle import LIVE
from gateway.domain.limits import from_stored, in_force, in_order, stored
from gateway.domain.plans import PERIODS, Charge, Per, Window, seconds_of
from gateway.domain.roles import Permission
from gateway.services import audit
from gateway.services.actor import Actor
from gateway.services.apis import editable_api, require_signed_in
from gateway.services.application_states import checked_reason
from gateway.services.texts import same_version
from gateway.store.applications import Subscription
from gateway.store.catalogue import Api, Plan
from gateway.store.changes import CATALOGUE

MOST_CALLS = 1_000_000_000
"""The largest number of calls that a window may hold."""

MOST_LIMITS = 30
MOST_COSTS = 500

_LONGEST_FILL = 2_678_400
"""How long a burst may take to come back, in seconds: a month."""

_LONGEST_ADDRESS = 86_400
"""How long an address is counted, in seconds: nobody's is remembered for longer."""

_OF_PLANS: tuple[Per, ...] = ("application", "credential", "user", "operation")


def limits_of(plan: Plan) -> tuple[Window, ...]:
    """What a plan says."""
    return in_order(from_stored(plan.limits, zone_of(plan.api)))


def caps_of(api: Api) -> tuple[Window, ...]:
    """What all callers of an API may call together."""
    return in_order(from_stored(api.caps, zone_of(api)))


def cap_charges(api: Api) -> tuple[Charge, ...]:
    """What its ledger counts of all its callers."""
    caps = caps_of(api)
    return (Charge(api.id, caps),) if caps else ()


def defaults_of(api: Api) -> tuple[Window, ...]:
    """What holds where a plan says nothing."""
    return in_order(from_stored(api.default_limits, zone_of(api)))


def limits_in_force(subscription: Subscription, system: Sequence[Window]) -> tuple[Window, ...]:
    """What binds a subscription, by the line of precedence; extra calls are not among it."""
    zone = zone_of(subscription.api)
    own, api = from_stored(subscription.limits, zone), subscription.api
    return in_force(own, limits_of(subscription.plan), defaults_of(api), system)


def own_limits(subscription: Subscription) -> tuple[Window, ...]:
    """What the subscription has before its plan's."""
    return in_order(from_stored(subscription.limits, zone_of(subscription.api)))


def limits_now(subscription: Subscription, system: Sequence[Window], now: datetime) -> tuple[Window, ...]:
    """The same, with the extra calls that were granted for a time."""
    return with_extras(limits_in_force(subscription, system), extras_of(subscription.extras), now.timestamp())


def charges_now(subscription: Subscription, system: Sequence[Window], now: datetime) -> tuple[Charge, ...]:
    """What its ledger counts of the whole application: of its credentials and operations there are many counts."""
    windows = [window for window in limits_now(subscription, system, now) if window.per == "application"]
    counted = parts(subscription.id, windows, begun_of(subscription.resets))
    return tuple(Charge(key, together) for key, together in counted)


def zone_of(api: Api) -> str:
    """Whose calendar counts: the department's."""
    return api.organisation.time_zone


def set_api_limits(
    session: Session,
    actor: Actor,
    api_id: str,
    *,
    defaults: Sequence[Window] | None = None,
    caps: Sequence[Window] | None = None,
    reason: str = "",
    expected_version: int | None = None,
) -> Api:
    """Say what holds where a plan says nothing, and what all callers may call together; None leaves it as it is.

    Operators say why: the department reads it in its audit trail.

    Raises:
        DomainError: who may not, NOT_FOUND, STALE, REQUIRED (the reason), INVALID.
    """
    api = editable_api(session, actor, api_id)
    same_version(api.version, expected_version)
    reason = checked_reason(reason, needed=actor.is_operator)
    before = told_of_api(api)
    if defaults is not None:
        api.default_limits = checked(defaults, "defaults")
    if caps is not None:
        api.caps = checked(caps, "caps", pers=("api",))
        for plan in api.plans:
            _require_affordable(plan.costs, from_stored(api.caps), "caps")
    if told_of_api(api) != before:
        session.flush()
        _tell_of_api(session, actor, api, before, reason)
    return api


def _tell_of_api(session: Session, actor: Actor, api: Api, before: Mapping[str, object], reason: str) -> None:
    audit.tell(
        session,
        actor,
        "api.limits",
        api.id,
        api.organisation_id,
        before=before,
        after=told_of_api(api),
        reason=reason,
        announce=(CATALOGUE, *_subscribed(session, api)),
    )


def override(
    session: Session,
    actor: Actor,
    subscription_id: str,
    *,
    windows: Sequence[Window],
    reason: str,
    expected_version: int | None = None,
) -> Subscription:
    """Give one subscription limits of its own, before its plan's; none at all gives it the plan's again.

    Raises:
        DomainError: who may not, NOT_FOUND, STALE, REQUIRED (the reason), INVALID.
    """
    subscription = limited_subscription(session, actor, subscription_id, expected_version)
    reason = checked_reason(reason, needed=True)
    before = subscription.limits
    subscription.limits = checked(windows, "windows")
    subscription.limits_reason = reason if windows else ""
    _require_affordable(subscription.plan.costs, from_stored(subscription.limits), "windows")
    tell_of(
        session,
        actor,
        "subscription.limits",
        subscription,
        before={"windows": told(from_stored(before))},
        after={"windows": told(from_stored(subscription.limits))},
        reason=reason,
    )
    return subscription


def limited_subscription(
    session: Session, actor: Actor, subscription_id: str, expected_version: int | None
) -> Subscription:
    """A subscription, held until the end, for who may say what it may call.

    Raises:
        DomainError: who may not, NOT_FOUND, STALE.
    """
    require_signed_in(actor)
    subscription = session.get(Subscription, subscription_id, with_for_update=True)
    if subscription is None:
        raise DomainError(NOT_FOUND)
    actor.require(Permission.EDIT_API, subscription.api.organisation_id)
    same_version(subscription.version, expected_version)
    return subscription


def tell_of(
    session: Session,
    actor: Actor,
    command: str,
    subscription: Subscription,
    *,
    before: Mapping[str, object],
    after: Mapping[str, object],
    reason: str,
) -> None:
    """Write down what was changed of a subscription's limits, and have it in force from the next call on."""
    session.flush()
    audit.tell(
        session,
        actor,
        command,
        subscription.id,
        subscription.api.organisation_id,
        before=before,
        after=after,
        reason=reason,
        announce=(subscription.application_id,),
    )


def told(windows: Iterable[Window]) -> dict[str, object]:
    """Limits as the audit trail has them, by their names in the fields of an answer."""
    return {
        window.name: f"{window.limit}, {window.burst}" if window.kind == "rate" else window.limit
        for window in in_order(windows)
    }


def told_of_api(api: Api) -> dict[str, object]:
    """The limits of an API as the audit trail has them."""
    return {"defaults": told(defaults_of(api)), "caps": told(caps_of(api))}


def checked(windows: Sequence[Window], field: str, *, pers: tuple[Per, ...] = _OF_PLANS) -> list[dict[str, Any]]:
    """Limits as they are kept.

    Raises:
        DomainError: INVALID.
    """
    repeated = [name for name, times in Counter(window.name for window in windows).items() if times > 1]
    if repeated:
        raise invalid(
            field,
            "Give each limit of a kind and period once.",
            "Indiquez une seule fois chaque limite d’un genre et d’une période.",
        )
    if len(windows) > MOST_LIMITS:
        raise invalid(field, f"Give at most {MOST_LIMITS} limits.", f"Indiquez au plus {MOST_LIMITS} limites.")
    if "address" not in pers and any(window.per == "address" for window in windows):
        raise invalid(
            field,
            "Only a plan without a key has limits for each IP address.",
            "Seul un forfait sans clé a des limites pour chaque adresse IP.",
        )
    for window in windows:
        _check(window, field, pers)
    return stored(in_order(windows))


def checked_plan(windows: Sequence[Window], *, keyless: bool = False) -> list[dict[str, Any]]:
    """The limits of a plan, one at least; those of a keyless one are all of each address.

    Raises:
        DomainError: INVALID, REQUIRED.
    """
    if keyless:
        return checked(_of_addresses(windows), "windows", pers=("address",))
    if not windows:
        raise required("windows", "At least one limit", "au moins une limite")
    return checked(windows, "windows")


def _of_addresses(windows: Sequence[Window]) -> Sequence[Window]:
    if not windows:
        raise required(
            "windows", "At least one limit for each IP address", "au moins une limite pour chaque adresse IP"
        )
    for window in windows:
        seconds = seconds_of(window.period) * (window.burst or window.limit)
        if window.per != "address" or window.kind == "concurrency" or seconds > _LONGEST_ADDRESS * window.limit:
            raise invalid(
                "windows",
                "Without a key, all limits are for each IP address, of a day or shorter, and not of calls under way;"
                " a burst comes back within a day.",
                "Sans clé, toutes les limites valent pour chaque adresse IP, sur un jour ou moins, et non pour les"
                " appels en cours; une rafale se reconstitue en un jour.",
            )
    return windows


def checked_costs(costs: Mapping[str, int], plan_limits: Sequence[Window], api: Api) -> dict[str, int]:
    """The operations that cost more than one call, by name such as `GET /stations/{id}`.

    Raises:
        DomainError: INVALID.
    """
    kept = {" ".join(name.split()): cost for name, cost in costs.items()}
    if len(kept) > MOST_COSTS:
        raise invalid("costs", f"Give at most {MOST_COSTS} costs.", f"Indiquez au plus {MOST_COSTS} coûts.")
    for name, cost in kept.items():
        method, _, path = name.partition(" ")
        if not (method.isascii() and method.isupper() and path.startswith("/") and cost >= 1):
            raise invalid(
                "costs",
                f"“{name}” is not an operation and its cost, such as GET /stations/{{id}} and 5.",
                f"« {name} » n’est pas une opération et son coût, comme GET /stations/{{id}} et 5.",
            )
    kept = {name: cost for name, cost in kept.items() if cost > 1}
    _require_affordable(kept, [*plan_limits, *caps_of(api)], "costs")
    return kept


def _require_affordable(costs: Mapping[str, int], windows: Sequence[Window], field: str) -> None:
    """An operation that costs more than a limit has could never be called."""
    dearest = max(costs, key=lambda name: costs[name], default="")
    spent = [window.most for window in windows if window.kind != "concurrency"]
    if spent and dearest and costs[dearest] > min(spent):
        raise invalid(
            field,
            f"{dearest} costs {costs[dearest]} calls, more than the smallest limit: nobody could call it.",
            f"{dearest} coûte {costs[dearest]} appels, plus que la plus petite limite : nul ne pourrait l’appeler.",
        )


def _check(window: Window, field: str, pers: tuple[Per, ...]) -> None:
    if window.kind not in PERIODS or window.per not in pers or window.period not in PERIODS[window.kind]:
        raise invalid(
            field,
            "A period is a minute, an hour, a day, a week or a month; of a rate, a second, a minute or an hour;"
            " of calls under way at the same time, a call.",
            "Une période est une minute, une heure, un jour, une semaine ou un mois; pour un débit, une seconde, une"
            " minute ou une heure; pour les appels en cours en même temps, un appel (call).",
        )
    if not (0 < window.limit <= MOST_CALLS and 0 < window.most <= MOST_CALLS):
        raise invalid(
            field,
            "A limit is a whole number from 1 to 1,000,000,000.",
            "Une limite est un nombre entier de 1 à 1\u00a0000\u00a0000\u00a0000.",
        )
    if window.burst * seconds_of(window.period) > _LONGEST_FILL * window.limit:
        raise invalid(
            field,
            "A burst must come back within 31 days at the sustained rate.",
            "Une rafale doit se reconstituer en 31 jours au débit soutenu.",
        )


def _subscribed(session: Session, api: Api) -> Sequence[str]:
    query = select(Subscription.application_id).where(Subscription.api_id == api.id, Subscription.state.in_(LIVE))
    return session.scalars(query.distinct()).all()
