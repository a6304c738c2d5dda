"""What both small services share: JSON over the standard library's HTTP server, one route table each."""

import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MAX_BODY = 64 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as a route sees it: the parts of the path, the first value of each query name, the JSON body."""

    parts: tuple[str, ...]
    query: Mapping[str, str]
    body: Any


Answer = tuple[int, Any]
"""A status and what is told as JSON."""

Routes = Mapping[tuple[str, str], Callable[[Asked], Answer]]
"""(method, pattern of the path) → who answers."""

NOT_FOUND: Answer = (404, {"title": "Not found / Introuvable", "status": 404})
BAD_REQUEST: Answer = (400, {"title": "Bad request / Requête incorrecte", "status": 400})


def answer(routes: Routes, method: str, target: str, content: bytes) -> Answer:
    """Find the route and ask it; a body that is no JSON and a number that is none are the caller's fault."""
    parts = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    for (wanted, pattern), route in routes.items():
        found = re.fullmatch(pattern, parts.path)
        if found and wanted == method:
            try:
                return route(Asked(found.groups(), query, json.loads(content) if content else None))
            except ValueError:
                return BAD_REQUEST
    return NOT_FOUND


def serve(routes: Routes, port: int) -> None:
    """Answer on loopback until told to end, or until whoever started us is gone (standard input closes).

    The port that was got is told on standard output: the wanted one, or a free one if that is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._tell(b"")

        def do_HEAD(self) -> None:
            self._tell(b"")

        def do_POST(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), MAX_BODY)
            self._tell(self.rfile.read(length))

        def _tell(self, content: bytes) -> None:
            method = "GET" if self.command == "HEAD" else self.command
            status, told = answer(routes, method, self.path, content)
            body = json.dumps(told, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing: the terminal belongs to the demonstration."""

    # Ctrl-C reaches everybody: end at once and say nothing.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    server = _listening(port, Handler)
    print(server.server_port, flush=True)
    threading.Thread(target=_until_alone, args=(server,), daemon=True).start()
    with server:
        server.serve_forever()


def _listening(port: int, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError:
        return ThreadingHTTPServer(("127.0.0.1", 0), handler)


def _until_alone(server: ThreadingHTTPServer) -> None:
    # Read from the descriptor itself: a thread that waits inside Python's own buffer makes the interpreter's end fatal.
    while os.read(sys.stdin.fileno(), 1):
        pass
    server.shutdown()
