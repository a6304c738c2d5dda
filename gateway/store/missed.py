"""Calls that the journal of usage could not take: told once until it takes some again, and counted.

The law: a disk that is full costs calls nothing. The loop's thread asks it about once a second, and not at each call.
"""

from collections.abc import Callable
from threading import Lock

import structlog

log = structlog.get_logger(__name__)

AGAIN_SECONDS = 1.0
"""How long the journal is left alone after it could not be written."""


class Missed:
    """Those since the journal was written last. Safe for threads."""

    def __init__(self, lose: Callable[[int], object], now: Callable[[], float]) -> None:
        """None yet. `lose` is told how many; `now` gives seconds that only grow."""
        self.calls = 0
        self._lose = lose
        self._now = now
        self._lock = Lock()
        self._tries_at = 0.0

    def tries_again(self) -> bool:
        """Whether whoever asks is to try the journal again; of all that ask, it is one in `AGAIN_SECONDS`."""
        with self._lock:
            now = self._now()
            is_due = now >= self._tries_at
            if is_due:
                self._tries_at = now + AGAIN_SECONDS
            return is_due

    def one(self, request_id: str, error: OSError | None = None) -> None:
        """One more, for this reason if it was tried."""
        with self._lock:
            self.calls += 1
            is_first = self.calls == 1
            if is_first:
                self._tries_at = self._now() + AGAIN_SECONDS
        if is_first:
            log.error(
                "a call is not in the usage journal, nor are others until it can be written",
                request_id=request_id,
                error=repr(error),
            )
        self._lose(1)

    def end(self) -> None:
        """The journal was written."""
        with self._lock:
            calls, self.calls = self.calls, 0
        if calls:
            log.warning("the usage journal is written again", calls=calls)
