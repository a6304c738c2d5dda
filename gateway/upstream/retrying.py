"""What may be tried again, and how much of it.

The law: a request is sent a second time only when nothing of it was sent, or when it is idempotent, has no body, and
not one byte of a reply has come (RFC 9110 §9.2.2). What was passed on is never taken back.
"""

from enum import Enum

from gateway.domain.scopes import SAFE_METHODS
from gateway.pipeline.effects import Send

IDEMPOTENT = SAFE_METHODS | {"TRACE", "PUT", "DELETE"}
"""Methods that may be carried out twice as well as once (RFC 9110 §9.2.2)."""

SHARE = 0.2
"""How many retries each call pays for: at most a fifth more load comes from them."""

SAVED = 10.0
"""How many retries can be saved up, for a service that is seldom called."""


class Trouble(Enum):
    """How a try ended without a reply."""

    UNCONNECTED = "nothing was sent"
    STALE = "a connection that was kept had ended before the request arrived"
    UNANSWERED = "a fresh connection ended before the first byte of a reply"


def may_go_again(request: Send, trouble: Trouble) -> bool:
    """Whether a second try can do no harm, and has all it needs."""
    return trouble is Trouble.UNCONNECTED or (request.method in IDEMPOTENT and request.body is None)


class Budget:
    """Keeps retries from becoming a storm: they may be `SAVED`, and then `SHARE` of the calls."""

    __slots__ = ("_paid", "_saved")

    def __init__(self) -> None:
        """It begins full."""
        self._saved = SAVED
        self._paid = 0

    def spend(self, calls: int) -> bool:
        """Pay for one retry, or refuse it. `calls` is how many calls there have been in all."""
        self._saved = min(SAVED, self._saved + SHARE * (calls - self._paid))
        self._paid = calls
        if self._saved < 1:
            return False
        self._saved -= 1
        return True
