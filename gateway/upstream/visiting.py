"""One try of one call at one target, for the plain lane: counted from its beginning to its end, and timed as a whole.

The law: whatever happens, a visit is counted out exactly once, whichever thread it is on.
"""

import threading
import time
from collections.abc import Callable

from gateway.pipeline.effects import Send
from gateway.pipeline.refusals import Failure
from gateway.upstream.balancing import Member
from gateway.upstream.crowding import Crowd
from gateway.upstream.failing import timed_out


class Visit:
    """A call at a target. `lock` guards what is known of targets; times are monotonic, in seconds."""

    def __init__(self, member: Member, crowd: Crowd, request: Send, ends_at: float, lock: threading.Lock) -> None:
        """Count it in."""
        self.member = member
        self.waits = request.service.waits
        self.ends_at = ends_at
        self._lock = lock
        self._crowd = crowd
        self._waits = False
        self._is_over = False
        self._is_bare = request.body is None
        self._has_begun = False
        with lock:
            member.in_flight += 1
        if self._is_bare:
            self.wait()

    def wait(self) -> None:
        """The request is whole, or nearly: from now on it is the service that is waited for."""
        with self._lock:
            if not self._waits:
                self._waits = True
                self._crowd.enter()

    def within(self, wait: float) -> float:
        """How long may be waited now, where this long is allowed and the whole call has its own end."""
        return min(wait, self.ends_at - time.monotonic())

    def timed_out(self, wait: float, error: str = "http_response_timeout") -> Failure:
        """The failure of a wait that was too long: this one, or all of them together."""
        is_whole = time.monotonic() >= self.ends_at
        failure = timed_out((self.waits.total or wait) if is_whole else wait, error)
        # The whole time may have been spent on waiting for the caller, who must not bring a target into disrepute;
        # and whoever began to reply was well.
        is_theirs = not self._has_begun and (self._is_bare or not is_whole)
        return self.failed(failure) if is_theirs else failure

    def failed(self, failure: Failure) -> Failure:
        """The target failed like this."""
        self._note(lambda: self.member.breaker.fail(time.monotonic()))
        return failure

    def note_reply(self, status: int) -> None:
        """A reply has begun."""
        self._has_begun = True
        self._note(lambda: self.member.note_reply(status, time.monotonic()))
        self._wait_no_longer()

    def leave(self) -> None:
        """Count it out; a second time does nothing."""
        self._wait_no_longer()
        if not self._is_over:
            self._is_over = True
            with self._lock:
                self.member.in_flight -= 1

    def _wait_no_longer(self) -> None:
        with self._lock:
            if self._waits:
                self._waits = False
                self._crowd.leave()

    def _note(self, act: Callable[[], None]) -> None:
        with self._lock:
            act()
