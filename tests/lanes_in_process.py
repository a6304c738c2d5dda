"""Either lane on a thread of the test, so that a test can look at what its plugins saw."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.fastlane import fast_lane

LANES = ("fast", "plain")


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's signature
        """Say nothing."""


@contextmanager
def served(lane: str, app: Flask) -> Iterator[int]:
    """The port on which this lane serves the app, until the block ends."""
    with fast_lane(app) if lane == "fast" else _plainly(app) as server:
        yield server.port
    for opened in app.extensions["to be closed"]:
        opened.close()


@contextmanager
def _plainly(app: Flask) -> Iterator[BaseWSGIServer]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()
