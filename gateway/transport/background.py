"""What runs beside the requests: sending mail that is due. One quiet thread in each worker process.

It starts with the first request of a process (a thread does not survive a fork) and never takes the process down. It
looks about every second and is not woken by requests: a thousand tokens a second must not become as many looks.
"""

import os
import threading

import structlog
from flask import Flask

from gateway.mail.senders import Sender
from gateway.services.actor import utc_now
from gateway.services.delivery import deliver_due
from gateway.store.database import Database

_EVERY_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Background:
    """Does what is due, about every second, until the process ends."""

    def __init__(self, database: Database, sender: Sender) -> None:
        """Nothing runs yet."""
        self._database = database
        self._sender = sender
        self._process = 0
        self._thread: threading.Thread | None = None
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
                self._thread = threading.Thread(target=self._run, name="guichet-background", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Finish what is being done and do nothing more; what is due stays due for whoever comes next."""
        self._ended.set()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                deliver_due(self._database, self._sender, utc_now())
            except Exception:  # the thread outlives whatever went wrong this time
                log.exception("background work failed")
            if self._ended.wait(_EVERY_SECONDS):
                return
