"""A circuit breaker for one target: what fails again and again is left alone, then asked by one call at a time.

The law: while it is open nothing passes, but for one probe after each rest, and each rest is twice as long as the one
before. Nothing here reads a clock; times are a monotonic clock's, in seconds.
"""

LIMIT = 5
"""By how many failures must outnumber successes: so many in a row, or in the end more than half of all."""

FIRST_REST = 1.0
"""How long the first rest is."""

LONGEST_REST = 32.0
"""How long the rests become when probe after probe fails."""

_DOUBLINGS = 5


class Breaker:
    """Closed at first. `score` is by how many failures outnumber successes, and never below 0."""

    __slots__ = ("_probes", "_rests_until", "is_closed", "score")

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self.is_closed = True
        self.score = 0
        self._probes = 0
        self._rests_until = 0.0

    def lets_pass(self, now: float) -> bool:
        """Whether a call may pass; whoever asks and may, passes. The next probe must wait, whatever becomes of this."""
        if self.is_closed:
            return True
        if now < self._rests_until:
            return False
        self._probes += 1
        self._rest(now)
        return True

    def rests_for(self, now: float) -> float:
        """How long nothing passes from now on."""
        return 0.0 if self.is_closed else max(0.0, self._rests_until - now)

    def succeed(self) -> None:
        """A call went well. While open only a probe's success counts, not that of a call from before."""
        if self.is_closed:
            self.score = max(0, self.score - 1)
        elif self._probes:
            self.is_closed = True
            self.score = self._probes = 0

    def fail(self, now: float) -> None:
        """A call failed; a failed probe leaves the rest that it began to go on."""
        if not self.is_closed:
            return
        self.score += 1
        if self.score >= LIMIT:
            self.is_closed = False
            self._rest(now)

    def _rest(self, now: float) -> None:
        self._rests_until = now + min(FIRST_REST * 2 ** min(self._probes, _DOUBLINGS), LONGEST_REST)
