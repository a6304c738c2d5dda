"""What runs beside the requests: sending what is due, telling of quotas. A quiet thread for each, in each process.

They start with the first request of a process, or with its first call (a thread does not survive a fork), and never
take the process down. Of a machine's processes the one on duty does the work (store/duty.py): the keeper (keeper.py),
where there is one. Each looks about every second and is not woken by requests: a thousand tokens a second must not
become as many looks. No work waits for another: a mail server that is slow keeps no webhook waiting.
"""

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

import structlog
from flask import Flask

from gateway.services.actor import utc_now

_EVERY_SECONDS = 1.0

log = structlog.get_logger(__name__)

Work = Callable[[datetime], object]
"""Does what is due at a moment, and returns."""


class Background:
    """Does what is due, about every second, until the process ends."""

    def __init__(
        self,
        works: Mapping[str, Work],
        on_duty: Callable[[], AbstractContextManager[bool]] = lambda: nullcontext(True),
    ) -> None:
        """Nothing runs yet. Works are told apart by name; `on_duty` says for a while whether they are ours to do."""
        self._works = works
        self._on_duty = on_duty
        self._process = 0
        self._threads: list[threading.Thread] = []
        self._starting = threading.Lock()
        self._ended = threading.Event()

    def install(self, app: Flask) -> None:
        """Start with the first request of each process."""
        app.before_request(self.start)

    def start(self) -> None:
        """Run in this process, once; not after `stop`."""
        if self._process == os.getpid():
            return
        with self._starting:
            if self._process != os.getpid() and not self._ended.is_set():
                self._process = os.getpid()
                self._threads = [self._thread(*each) for each in self._works.items()]
                for thread in self._threads:
                    thread.start()

    def stop(self) -> None:
        """Finish what is being done and do nothing more; what is due stays due for whoever comes next."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _thread(self, name: str, work: Work) -> threading.Thread:
        return threading.Thread(target=self._run, args=(name, work), name=f"guichet-{name}", daemon=True)

    def _run(self, name: str, work: Work) -> None:
        while True:
            try:
                with self._on_duty() as is_ours:
                    if is_ours:
                        work(utc_now())
            except Exception:  # the thread outlives whatever went wrong this time
                log.exception("background work failed", work=name)
            if self._ended.wait(_EVERY_SECONDS):
                return
