"""The addresses of names: asked on threads of their own, remembered for a moment, and for longer when nobody answers.

The law: an answer is used for `FRESH` seconds and then asked for anew; when that fails, the last good one serves until
it is `LAST_GOOD` seconds old. However many connections are opened, a name is asked for once at a time.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

FRESH = 10.0
"""How long an answer is used without asking again, in seconds."""

LAST_GOOD = 300.0
"""How old an answer may be that serves while name servers fail, in seconds."""

_THREADS = 4


Resolve = Callable[[str, int], Sequence[str]]
"""Asks for the addresses of a host and port; raises OSError when it has none."""


class SlowNames(TimeoutError):  # noqa: N818 - read aloud: "raise SlowNames"
    """No address was found in time."""


@dataclass(slots=True)
class _Answer:
    addresses: tuple[str, ...]
    found_at: float
    asked_at: float


class Names:
    """One for each process; any thread may ask."""

    def __init__(self, resolve: Resolve, clock: Callable[[], float] = time.monotonic) -> None:
        """Ask `resolve`, which waits and raises OSError."""
        self._resolve = resolve
        self._clock = clock
        self._answers: dict[tuple[str, int], _Answer] = {}
        self._asking: dict[tuple[str, int], Future[tuple[str, ...]]] = {}
        self._lock = Lock()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="guichet-names")

    def known(self, host: str, port: int) -> tuple[str, ...] | None:
        """The addresses, when they were asked for lately."""
        answer = self._answers.get((host, port))
        return answer.addresses if answer and self._clock() - answer.asked_at <= FRESH else None

    def ask(self, host: str, port: int) -> "Future[tuple[str, ...]]":
        """The addresses, on their way, with OSError when there are none. Whoever waits with others must not cancel."""
        key = (host, port)
        with self._lock:
            asking = self._asking.get(key)
            if asking is None:
                asking = self._asking[key] = self._threads.submit(self._find, key)
                asking.add_done_callback(lambda _: self._asking.pop(key, None))
        return asking

    def wait_for(self, host: str, port: int, timeout: float) -> tuple[str, ...]:
        """The addresses; raises OSError, and `SlowNames` after so many seconds."""
        known = self.known(host, port)
        if known is not None:
            return known
        try:
            return self.ask(host, port).result(timeout)
        except TimeoutError as error:
            raise SlowNames from error

    def _find(self, key: tuple[str, int]) -> tuple[str, ...]:
        now = self._clock()
        try:
            addresses = tuple(self._resolve(*key))
        except OSError:
            answer = self._answers.get(key)
            if answer is None or now - answer.found_at > LAST_GOOD:
                raise
            answer.asked_at = now
            return answer.addresses
        self._answers[key] = _Answer(addresses, now, now)
        return addresses


def within(seconds: float, resolve: Resolve) -> Resolve:
    """The same question for a page that somebody waits for: `SlowNames` after so many seconds."""
    names = Names(resolve)
    return lambda host, port: names.wait_for(host, port, seconds)
