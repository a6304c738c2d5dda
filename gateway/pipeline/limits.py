"""Step 4: spend the call on its plan's windows, and tell the caller what is left.

Nothing here knows where the count is kept, and nothing here reads a clock. The fields are those of the IETF draft
"RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers-11) as RFC 9651 lists, with the older
`X-RateLimit-*` beside them for the window that stops the caller first.
"""

from collections.abc import Generator
from typing import Any

from gateway.domain.plans import Budget, Left, Period
from gateway.http.headers import Headers
from gateway.pipeline.effects import Effect, Spend
from gateway.pipeline.refusals import QUOTA_SPENT, Refusal
from gateway.pipeline.snapshot import Subscription
from gateway.words import Words

PERIOD_WORDS: dict[Period, Words] = {
    "minute": Words("minute", "minute"),
    "hour": Words("hour", "heure"),
    "day": Words("day", "jour"),
    "month": Words("month", "mois"),
}
"""What each period is called."""


def spend(subscription: Subscription) -> Generator[Effect, Any, Budget]:
    """What is left after this call, or a `Refusal` when a window has nothing left; a refused call spends nothing."""
    if not subscription.windows:
        return Budget(admitted=True, left=())
    budget: Budget = yield Spend(subscription.subscription_id, subscription.windows, subscription.when_away)
    if not budget.admitted:
        raise _quota_spent(budget)
    return budget


def rate_limit_fields(budget: Budget) -> Headers:
    """The fields that tell what is left: the window with the fewest calls left comes first."""
    lines = sorted(budget.left, key=_tightness)
    if not lines:
        return Headers()
    tightest = lines[0]
    return Headers(
        (
            ("RateLimit-Policy", ", ".join([window.policy for window, _, _ in budget.left])),
            ("RateLimit", ", ".join([f'"{window.period}";r={left};t={seconds}' for window, left, seconds in lines])),
            ("X-RateLimit-Limit", str(tightest.window.limit)),
            ("X-RateLimit-Remaining", str(tightest.remaining)),
            ("X-RateLimit-Reset", str(tightest.resets_in)),
        )
    )


def _tightness(line: Left) -> tuple[int, int]:
    return line.remaining, -line.resets_in


def _quota_spent(budget: Budget) -> Refusal:
    # Trying again before the last of the spent windows begins anew would be refused again: that is the one to tell.
    spent = [line for line in budget.left if line.remaining == 0]
    longest = max(spent, key=lambda line: line.resets_in)
    words = PERIOD_WORDS[longest.window.period]
    return Refusal(
        QUOTA_SPENT,
        headers=rate_limit_fields(budget).plus(("Retry-After", str(longest.resets_in))),
        members={"violated-policies": [line.window.period for line in spent]},
        limit=longest.window.limit,
        period_en=words.en,
        period_fr=words.fr,
        seconds=longest.resets_in,
    )
