"""Step 4 of the decision: spend the call on every limit that bounds it, and tell the caller what is left.

A place among the calls under way is taken first: it can be given back, which what is spent cannot. Nobody knows when
another call ends, so a call that finds no place is told of no wait.

Nothing here knows where the count is kept, and nothing here reads a clock. The fields are those of the IETF draft
"RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers-11) as RFC 9651 lists, with the older
`X-RateLimit-*` beside them for the window that stops the caller first.
"""

from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from gateway.domain.allowances import Part
from gateway.domain.limit_words import words_of
from gateway.domain.plans import Budget, Charge, Left, Per, Stay
from gateway.http.headers import Headers
from gateway.http.messages import Call
from gateway.http.problems import Row
from gateway.pipeline.authentication import Caller
from gateway.pipeline.effects import Effect, Enter, Leave, Spend
from gateway.pipeline.refusals import API_QUOTA_SPENT, QUOTA_SPENT, TOO_MANY_AT_ONCE, Refusal, Refused
from gateway.pipeline.routing import Route
from gateway.pipeline.snapshot import Snapshot, Subscription

_NOTHING = Budget(admitted=True, left=())


def spend(
    snapshot: Snapshot, route: Route, caller: Caller, subscription: Subscription, call: Call
) -> Generator[Effect, Any, Budget]:
    """What is left after this call, or a `Refusal` when a limit has too little left; a refused call spends nothing."""
    places = places_of(route, caller, subscription)
    if not places:
        return (yield from _spend(snapshot, route, caller, subscription, call))
    stay: Stay = yield Enter(places, subscription.when_away)
    if not stay.budget.admitted:
        raise _refusal(stay.budget, route.version.api_name, subscription, snapshot.issuer, call.received_at)
    try:
        budget = yield from _spend(snapshot, route, caller, subscription, call)
    except Refused as error:
        refused = error
    else:
        return budget._replace(left=budget.left + stay.budget.left)
    yield Leave()  # not in the clause: compiled code that waits there has lost, and freed, what it would raise again
    raise refused


def _spend(
    snapshot: Snapshot, route: Route, caller: Caller, subscription: Subscription, call: Call
) -> Generator[Effect, Any, Budget]:
    charges = charges_of(route, caller, subscription)
    if not charges:
        return _NOTHING
    budget: Budget = yield Spend(charges, subscription.when_away)
    if not budget.admitted:
        raise _refusal(budget, route.version.api_name, subscription, snapshot.issuer, call.received_at)
    return budget


def charges_of(route: Route, caller: Caller, subscription: Subscription) -> tuple[Charge, ...]:
    """What a call costs: the application, its credential, its end user, or the address; the operation; the cap."""
    by_per, caps = subscription.by_per, route.version.spent_caps
    if not caps and not subscription.costs and len(by_per) == bool(subscription.usual):
        return subscription.usual
    cost = subscription.costs.get(route.operation.name, 1)
    own = [Charge(key, windows, cost) for key, windows in _bound(by_per, route, caller)]
    return (*own, Charge(route.version.api_id, caps, cost)) if caps else tuple(own)


def places_of(route: Route, caller: Caller, subscription: Subscription) -> tuple[Charge, ...]:
    """The places that a call takes, in the same order; each of one limit."""
    at_once, caps = subscription.at_once, route.version.caps_at_once
    if not at_once and not caps:
        return ()
    own = [Charge(key, windows) for key, windows in _bound(at_once, route, caller)]
    return (*own, Charge(route.version.api_id, caps)) if caps else tuple(own)


def _bound(by_per: Mapping[Per, tuple[Part, ...]], route: Route, caller: Caller) -> list[Part]:
    """The windows that bind a call, each with the key that it is counted under for whoever calls."""
    found = list(by_per.get("application", ()))
    found += [(f"{key}/{caller.credential}", windows) for key, windows in by_per.get("credential", ())]
    found += [(f"{key}/{_user(caller)}", windows) for key, windows in by_per.get("user", ())]
    found += [(f"{key}/{caller.address}", windows) for key, windows in by_per.get("address", ())]
    found += [(f"{key}/{route.operation.name}", windows) for key, windows in by_per.get("operation", ())]
    return found


def _user(caller: Caller) -> str:
    """Whom a limit of each end user counts; a digest, because a store needs no name. Who calls for nobody is one."""
    return f"user-{blake2b(caller.subject.encode(), digest_size=16).hexdigest()}" if caller.subject else "user"


def rate_limit_fields(budget: Budget) -> Headers:
    """The fields that tell what is left: the window with the fewest calls left comes first."""
    lines = sorted(budget.left, key=_tightness)
    if not lines:
        return Headers()
    fields = (
        ("RateLimit-Policy", ", ".join([line.window.policy for line in budget.left])),
        ("RateLimit", ", ".join([_left_now(line) for line in lines])),
    )
    # The older fields tell when there is more: of calls under way nobody knows.
    tightest = next((line for line in lines if line.window.kind != "concurrency"), None)
    if tightest is None:
        return Headers(fields)
    return Headers(
        (
            *fields,
            ("X-RateLimit-Limit", str(tightest.window.most)),
            ("X-RateLimit-Remaining", str(tightest.remaining)),
            ("X-RateLimit-Reset", str(tightest.resets_in)),
        )
    )


def _left_now(line: Left) -> str:
    window, left, seconds, _ = line
    return f'"{window.name}";r={left}' + (f";t={seconds}" if window.kind != "concurrency" else "")


def _tightness(line: Left) -> tuple[int, int]:
    return line.remaining, -line.resets_in


def _refusal(budget: Budget, api_name: str, subscription: Subscription, issuer: str, at: float) -> Refusal:
    # Trying again before the last of the windows that refused lets it pass would be refused again.
    short = [line for line in budget.left if line.wait] or [min(budget.left, key=_tightness)]
    longest = max(short, key=lambda line: line.wait)
    members: dict[str, Any] = {
        "violated-policies": [line.window.name for line in short],
        "limits": [_told(line, at) for line in short],
    }
    if longest.window.per != "api":
        name = subscription.plan_name
        members["plan"] = {"id": subscription.plan_id, "name_en": name.en, "name_fr": name.fr}
        subscribed = subscription.subscription_id
        members["more"] = f"{issuer}/{f'subscriptions/{subscribed}' if subscribed else f'apis/{api_name}'}/more"
    is_held = longest.window.kind == "concurrency"
    wait = () if is_held else (("Retry-After", str(longest.wait or 1)),)
    return Refusal(
        _row(longest),
        headers=rate_limit_fields(budget).plus(*wait),
        members=members,
        plan=subscription.plan_name,
        limit=words_of(longest.window),
        seconds=longest.wait,
    )


def _row(longest: Left) -> Row:
    if longest.window.kind == "concurrency":
        return TOO_MANY_AT_ONCE
    return API_QUOTA_SPENT if longest.window.per == "api" else QUOTA_SPENT


def _told(line: Left, at: float) -> dict[str, Any]:
    """One window that refused, for a program: counts in calls, times in seconds and as RFC 3339 has them."""
    window = line.window
    return {
        "window": window.name,
        "limit": window.most,
        "used": window.most - line.remaining,
        **({} if window.kind == "concurrency" else _when(line, at)),
    }


def _when(line: Left, at: float) -> dict[str, Any]:
    return {
        "resets-in": line.resets_in,
        "resets": datetime.fromtimestamp(int(at) + line.resets_in, UTC).isoformat().replace("+00:00", "Z"),
        "retry-after": line.wait,
    }
