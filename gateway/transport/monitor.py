"""Shows the measures on an address of their own, and writes about every second what this process finds.

Every worker listens on that one address (SO_REUSEPORT), and each can answer for all, since what they count and find is
in files: there is nobody to elect, and nobody to take over from when one is killed or replaced. One thread does both;
a scraper that dawdles keeps the gauges of this process waiting, and nothing else.
"""

import os
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import Any

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from gateway.telemetry import gauges
from gateway.telemetry.tally import Tally
from gateway.telemetry.version_names import VersionNames
from gateway.transport.census import Found, gauges_of

EVERY_SECONDS = 1.0
SCRAPER_SECONDS = 5.0
"""How long a scraper may take to ask and to take the answer, all in all."""

log = structlog.get_logger(__name__)


class Monitor:
    """One for each process; its thread begins with `start`, and asks `look` for what is to be told."""

    def __init__(
        self,
        look: Callable[[], Found],
        address: tuple[str, int],
        tally: Tally,
        names: VersionNames,
        registry: CollectorRegistry,
        ledger_answers: Callable[[], bool],
    ) -> None:
        """Nothing is opened yet."""
        self._look = look
        self._address = address
        self._tally = tally
        self._names = names
        self._registry = registry
        self._ledger_answers = ledger_answers
        self._process = 0
        self._starting = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_refused = False

    def start(self) -> None:
        """Run in this process, once; not after `stop`. A thread does not survive a fork, so each worker calls this."""
        if self._process == os.getpid():
            return
        with self._starting:
            if self._process != os.getpid() and not self._stopping.is_set():
                self._process = os.getpid()
                self._thread = threading.Thread(target=self._run, name="guichet-monitor", daemon=True)
                self._thread.start()

    def note(self, found: Found) -> None:
        """Tell this from now on; for a worker that finds what no other thread may look at."""
        self._look = lambda: found

    def stop(self) -> None:
        """Listen no more."""
        self._stopping.set()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        server: Server | None = None
        while not self._stopping.is_set():
            try:
                self._tell()
            except Exception:
                log.exception("what this process finds is not shown")
            server = server or self._listening()
            if server:
                server.handle_request()
            else:
                self._stopping.wait(EVERY_SECONDS)
        if server:
            server.server_close()

    def _tell(self) -> None:
        self._tally.open()
        if self._tally.path:
            found = gauges_of(self._look(), self._names, ledger_answers=self._ledger_answers())
            gauges.tell(self._tally.path, found)

    def _listening(self) -> "Server | None":
        try:
            return Server(self._address, self._registry)
        except OSError as error:
            if not self._is_refused:
                log.error("the measures cannot be shown at this address", address=self._address, error=str(error))  # noqa: TRY400 - the sentence says it all
            self._is_refused = True
            return None


class Server(socketserver.TCPServer):
    """Answers one scraper after the other."""

    allow_reuse_address = True
    allow_reuse_port = True
    timeout = EVERY_SECONDS  # of handle_request: how long it waits for a scraper

    def __init__(self, address: tuple[str, int], registry: CollectorRegistry) -> None:
        """Listen there; raises OSError."""
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.registry = registry
        super().__init__(address, Scrape)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answer, or hang up: a socket's own timeout begins anew with each byte."""
        hanging_up = threading.Timer(SCRAPER_SECONDS, partial(_hang_up, request))
        hanging_up.start()
        try:
            super().finish_request(request, client_address)
        finally:
            hanging_up.cancel()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the library's signature
        """Tell the log, and go on."""
        log.warning("a scraper had no answer", error=repr(sys.exception()))


class Scrape(BaseHTTPRequestHandler):
    """One request: GET /metrics, and nothing else."""

    server: Server
    server_version = "guichet"
    sys_version = ""

    def do_GET(self) -> None:
        """All the measures, in the format that the scraper prefers."""
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(404)
            return
        encode, media_type = choose_encoder(self.headers.get("Accept", ""))
        content = encode(self.server.registry)
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing: a scraper comes every few seconds."""


def _hang_up(scraper: socket.socket) -> None:
    with suppress(OSError):  # it may have left in the meantime
        scraper.shutdown(socket.SHUT_RDWR)
