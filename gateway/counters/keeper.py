"""The thread that looks after a process's leases: asks for more when told, and looks around several times a second."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

import structlog

EVERY_SECONDS = 0.25

log = structlog.get_logger(__name__)


class Keeper:
    """Runs from `start` to `stop`."""

    def __init__(self, look: Callable[[], None], more: Callable[[str], None]) -> None:
        """`look` is done every `EVERY_SECONDS`, and `more` for each key that is told."""
        self._look = look
        self._more = more
        self._told: SimpleQueue[str | None] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> bool:
        """Run, once; says whether it does so from now on."""
        if self._thread:
            return False
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="guichet-leases", daemon=True)
                self._thread.start()
                return True
        return False

    def ask(self, key: str) -> None:
        """Have more asked for; returns at once."""
        self._told.put(key)

    def stop(self) -> None:
        """Run no more; what is under way is finished."""
        with self._starting:
            if self._thread:
                self._told.put(None)
                self._thread.join()
                self._thread = None

    def _run(self) -> None:
        due = time.monotonic() + EVERY_SECONDS
        while True:
            with suppress(Empty):
                key = self._told.get(timeout=max(due - time.monotonic(), 0))
                if key is None:
                    return
                self._do(lambda: self._more(key))  # noqa: B023 - done before the next is told
            if time.monotonic() >= due:
                due = time.monotonic() + EVERY_SECONDS
                self._do(self._look)

    def _do(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # the thread outlives whatever went wrong this time
            log.exception("a lease is not looked after")
