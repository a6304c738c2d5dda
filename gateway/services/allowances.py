"""What one subscription is granted beside its limits: extra calls for a time, and a count that begins anew.

What both are is said in domain/allowances.py. The usage record is touched by neither.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from gateway.domain.allowances import Extra, Reset, extras_of, resets_of
from gateway.domain.errors import DomainError, invalid, required
from gateway.domain.plans import Window
from gateway.services.actor import Actor
from gateway.services.application_states import checked_reason
from gateway.services.limits import MOST_CALLS, limited_subscription, limits_in_force, tell_of
from gateway.store.applications import Subscription

LONGEST_EXTRA = timedelta(days=400)


class Grant(NamedTuple):
    """So many more calls in each window of this name, `until` then or until the present window ends."""

    window: str
    calls: int
    until: datetime | None = None


def grant_extra(
    session: Session,
    actor: Actor,
    subscription_id: str,
    grant: Grant,
    *,
    reason: str,
    system: Sequence[Window] = (),
    expected_version: int | None = None,
) -> Subscription:
    """Let it call so much more for a time.

    It takes the place of what was granted for that window before; none at all takes it away.

    Raises:
        DomainError: who may not, NOT_FOUND, STALE, REQUIRED (the reason, an end), INVALID.
    """
    subscription = limited_subscription(session, actor, subscription_id, expected_version)
    reason = checked_reason(reason, needed=True)
    window, calls, until = grant
    bound = _quota(subscription, window, system)
    _require_possible(calls, bound)
    now = actor.now.timestamp()
    others = [extra for extra in extras_of(subscription.extras) if extra.until > now and extra.window != window]
    before = _told(extras_of(subscription.extras))
    granted = [Extra(window, calls, _end(bound, until, actor.now), reason)] if calls else []
    subscription.extras = [extra._asdict() for extra in (*others, *granted)]
    after = _told((*others, *granted))
    tell_of(session, actor, "subscription.extra", subscription, before=before, after=after, reason=reason)
    return subscription


def reset(
    session: Session,
    actor: Actor,
    subscription_id: str,
    *,
    windows: Sequence[str],
    reason: str,
    system: Sequence[Window] = (),
    expected_version: int | None = None,
) -> Subscription:
    """Begin to count anew in the windows of these names.

    Raises:
        DomainError: who may not, NOT_FOUND, STALE, REQUIRED (the reason, a window), INVALID.
    """
    subscription = limited_subscription(session, actor, subscription_id, expected_version)
    reason = checked_reason(reason, needed=True)
    names = {window.name for window in limits_in_force(subscription, system) if window.kind != "concurrency"}
    if not windows:
        raise required("windows", "A limit", "une limite")
    if not names.issuperset(windows):
        raise _no_such("windows")
    before = resets_of(subscription.resets)
    others = [each for each in before if each.window not in windows]
    at = max(int(actor.now.timestamp()), *(each.at + 1 for each in before), 0)
    anew = [Reset(name, at, reason) for name in dict.fromkeys(windows)]
    subscription.resets = [each._asdict() for each in (*others, *anew)]
    tell_of(
        session, actor, "subscription.reset", subscription, before={}, after={"windows": list(windows)}, reason=reason
    )
    return subscription


def _quota(subscription: Subscription, name: str, system: Sequence[Window]) -> Window:
    """The limit in force of this name; a rate, or a number at once, has no number of calls to add to."""
    for window in limits_in_force(subscription, system):
        if window.name == name and window.is_quota:
            return window
    raise _no_such("window")


def _require_possible(calls: int, bound: Window) -> None:
    if not 0 <= calls <= MOST_CALLS - bound.limit:
        raise invalid(
            "calls",
            "Extra calls are a whole number, and with the limit at most 1,000,000,000.",
            "Les appels supplémentaires sont un nombre entier et, avec la limite, au plus"
            " 1\u00a0000\u00a0000\u00a0000.",
        )


def _end(window: Window, until: datetime | None, now: datetime) -> int:
    if until is None and window.kind != "calendar":
        raise required("until", "An end", "la fin")
    if until is None:
        return window.bounds(now.timestamp())[1]
    if not now < until <= now + LONGEST_EXTRA:
        raise invalid(
            "until",
            "The end is in the future, within 400 days.",
            "La fin est dans l’avenir, d’ici 400 jours.",
        )
    return int(until.timestamp())


def _told(extras: Sequence[Extra]) -> dict[str, object]:
    return {
        extra.window: f"+{extra.calls} → {datetime.fromtimestamp(extra.until, UTC).isoformat()}" for extra in extras
    }


def _no_such(field: str) -> DomainError:
    return invalid(
        field,
        "Choose a limit that is in force for this subscription.",
        "Choisissez une limite en vigueur pour cet abonnement.",
    )
