"""Step 4: spend the call on every limit that bounds it, and tell the caller what is left.

Nothing here knows where the count is kept, and nothing here reads a clock. The fields are those of the IETF draft
"RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers-11) as RFC 9651 lists, with the older
`X-RateLimit-*` beside them for the window that stops the caller first.
"""

from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

from gateway.domain.limit_words import words_of
from gateway.domain.plans import Budget, Charge, Left
from gateway.http.headers import Headers
from gateway.http.messages import Call
from gateway.pipeline.authentication import Caller
from gateway.pipeline.effects import Effect, Spend
from gateway.pipeline.refusals import API_QUOTA_SPENT, QUOTA_SPENT, Refusal
from gateway.pipeline.routing import Route
from gateway.pipeline.snapshot import Snapshot, Subscription

_NOTHING = Budget(admitted=True, left=())


def spend(
    snapshot: Snapshot, route: Route, caller: Caller, subscription: Subscription, call: Call
) -> Generator[Effect, Any, Budget]:
    """What is left after this call, or a `Refusal` when a window has too little left; a refused call spends nothing."""
    charges = charges_of(route, caller, subscription)
    if not charges:
        return _NOTHING
    budget: Budget = yield Spend(charges, subscription.when_away)
    if not budget.admitted:
        raise _refusal(budget, subscription, snapshot.issuer, call.received_at)
    return budget


def charges_of(route: Route, caller: Caller, subscription: Subscription) -> tuple[Charge, ...]:
    """What a call costs: the application first, then its credential, its use of the operation, and the API's cap."""
    by_per, caps, version = subscription.by_per, route.version.caps, route.version
    if not caps and not subscription.costs and len(by_per) == len(subscription.usual):
        return subscription.usual
    own, cost = subscription.subscription_id, subscription.costs.get(route.operation.name, 1)
    charges = (
        Charge(own, by_per.get("application", ()), cost),
        Charge(f"{own}/{caller.credential}", by_per.get("credential", ()), cost),
        Charge(f"{own}/{route.operation.name}", by_per.get("operation", ()), cost),
        Charge(version.api_id, caps, cost),
    )
    return tuple(charge for charge in charges if charge.windows)


def rate_limit_fields(budget: Budget) -> Headers:
    """The fields that tell what is left: the window with the fewest calls left comes first."""
    lines = sorted(budget.left, key=_tightness)
    if not lines:
        return Headers()
    tightest = lines[0]
    return Headers(
        (
            ("RateLimit-Policy", ", ".join([line.window.policy for line in budget.left])),
            ("RateLimit", ", ".join([f'"{window.name}";r={left};t={seconds}' for window, left, seconds, _ in lines])),
            ("X-RateLimit-Limit", str(tightest.window.most)),
            ("X-RateLimit-Remaining", str(tightest.remaining)),
            ("X-RateLimit-Reset", str(tightest.resets_in)),
        )
    )


def _tightness(line: Left) -> tuple[int, int]:
    return line.remaining, -line.resets_in


def _refusal(budget: Budget, subscription: Subscription, issuer: str, at: float) -> Refusal:
    # Trying again before the last of the windows that refused lets it pass would be refused again.
    short = [line for line in budget.left if line.wait] or [min(budget.left, key=_tightness)]
    longest = max(short, key=lambda line: line.wait)
    members: dict[str, Any] = {
        "violated-policies": [line.window.name for line in short],
        "limits": [_told(line, at) for line in short],
    }
    row = API_QUOTA_SPENT
    if longest.window.per != "api":
        row = QUOTA_SPENT
        name = subscription.plan_name
        members["plan"] = {"id": subscription.plan_id, "name_en": name.en, "name_fr": name.fr}
        members["more"] = f"{issuer}/subscriptions/{subscription.subscription_id}/more"
    return Refusal(
        row,
        headers=rate_limit_fields(budget).plus(("Retry-After", str(longest.wait or 1))),
        members=members,
        plan=subscription.plan_name,
        limit=words_of(longest.window),
        seconds=longest.wait,
    )


def _told(line: Left, at: float) -> dict[str, Any]:
    """One window that refused, for a program: counts in calls, times in seconds and as RFC 3339 has them."""
    window = line.window
    return {
        "window": window.name,
        "limit": window.most,
        "used": window.most - line.remaining,
        "resets-in": line.resets_in,
        "resets": datetime.fromtimestamp(int(at) + line.resets_in, UTC).isoformat().replace("+00:00", "Z"),
        "retry-after": line.wait,
    }
