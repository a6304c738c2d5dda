"""What runs beside the requests: sending mail that is due. One quiet thread in each worker process.

It starts with the first request of a process (a thread does not survive a fork) and never takes the process down.
"""

import os
import threading
from typing import Any

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
        self._wake = threading.Event()
        self._ended = False
        self._thread: threading.Thread | None = None

    def install(self, app: Flask) -> None:
        """Start with the first request of each process; look again after each one that may have changed something."""
        app.before_request(self.start)
        app.after_request(self._after)

    def start(self) -> None:
        """Run in this process, once."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._wake = threading.Event()
            self._thread = threading.Thread(target=self._run, name="guichet-background", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Finish what is being done, and do nothing more; what is due stays due for whoever comes next."""
        self._ended = True
        self._wake.set()
        if self._thread:
            self._thread.join()

    def _after(self, response: Any) -> Any:
        if response.status_code < 400:
            self._wake.set()
        return response

    def _run(self) -> None:
        while not self._ended:
            self._wake.wait(_EVERY_SECONDS)
            self._wake.clear()
            if self._ended:
                return
            try:
                deliver_due(self._database, self._sender, utc_now())
            except Exception:  # the thread outlives whatever went wrong this time
                log.exception("background work failed")
