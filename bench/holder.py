"""Holds idle connections: each has made one call, as a client's keep-alive connection has, and then says nothing more.

`python -m bench.holder JOB`, JOB as JSON (bench.generator.Job); prints how many it holds, and lets go of them when its
standard input ends.
"""

import json
import socket
import struct
import sys
from typing import Any

from bench.generator import Job, answer_end, requests_of

_SILENCE = 20.0


def hold(job: Job) -> list[socket.socket]:
    """Open the connections, one after the other, with a call on each."""
    request = requests_of(job)[0]
    return [_called(job.port, request) for _ in range(job.connections)]


def _called(port: int, request: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=_SILENCE)
    # Closing resets: ten thousand ports would otherwise wait for a minute each time.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.sendall(request)
    held = bytearray()
    while (end := answer_end(held)) is None or len(held) < end:
        piece = connection.recv(65_536)
        if not piece:
            raise ConnectionResetError("no answer")
        held += piece
    return connection


def _main(given: dict[str, Any]) -> None:
    held = hold(Job(**given | {"paths": tuple(given["paths"])}))
    print(len(held), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
