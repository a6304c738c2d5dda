"""Pages that take their time, for what a lane does with everything that is not a call."""

import socket
from collections.abc import Iterator

from flask import Flask, Response, request

PIECE = 64 * 1024


def install_pages(app: Flask) -> None:
    """Add them."""
    app.add_url_rule("/", view_func=lambda: "the portal", endpoint="portal")
    app.add_url_rule("/sink", view_func=_sink, methods=["POST"])
    app.add_url_rule("/pour", view_func=_pour)
    app.add_url_rule("/wait", view_func=_wait)
    app.add_url_rule("/who", view_func=lambda: dict(_told(request.environ)))


def _sink() -> str:
    """Read a little, wait at the gate, read the rest."""
    size = len(request.stream.read(PIECE))
    _gate()
    while piece := request.stream.read(PIECE):
        size += len(piece)
    return str(size)


def _pour() -> Response:
    """So many bytes, of which nobody is told how many."""
    size = int(request.args["size"])

    def pieces() -> Iterator[bytes]:
        for _ in range(size // PIECE):
            yield bytes(PIECE)

    return Response(pieces())


def _wait() -> str:
    """A page that takes as long as the gate is shut."""
    _gate()
    return "waited"


def _gate() -> None:
    """Return when whoever listens on this port hangs up, if there is a gate."""
    if "gate" not in request.args:
        return
    with socket.create_connection(("127.0.0.1", int(request.args["gate"])), timeout=60) as gate:
        gate.recv(1)


def _told(environ: dict[str, object]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if isinstance(value, str)}
