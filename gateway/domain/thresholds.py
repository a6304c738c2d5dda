"""From which share of a limit on somebody is told of it: by pages, letters and webhooks alike."""

NEAR_PERCENT = 80
SPENT_PERCENT = 100


def percent_used(used: int, limit: int) -> int:
    """How much of a limit is used, in whole per cent, rounded down: 100 only when nothing is left."""
    return used * 100 // limit


def is_near(used: int, limit: int) -> bool:
    """Whether somebody is near the limit, at it or over it."""
    return percent_used(used, limit) >= NEAR_PERCENT
