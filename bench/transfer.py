"""Moves one big body through a contestant, and tells how long it took.

`python -m bench.transfer down|up JOB`, JOB as JSON (bench.generator.Job) with one path; `body` is its size in bytes.
"""

import json
import socket
import sys
import time
from typing import Any

from bench.bodies import MIB
from bench.generator import Job, answer_end, requests_of

_SILENCE = 30.0


def down(job: Job) -> float:
    """Download; gives the seconds from the request to the last byte."""
    request = requests_of(job)[0]
    room = bytearray(MIB)
    with _connected(job.port) as connection:
        began = time.perf_counter()
        connection.sendall(request)
        held, end = _head(connection)
        left = end - len(held)
        while left > 0:
            count = connection.recv_into(room, min(left, MIB))
            if not count:
                raise ConnectionResetError("the answer ended early")
            left -= count
        return time.perf_counter() - began


def up(job: Job) -> float:
    """Upload; gives the seconds from the request to the answer."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in job.headers.items())
    head = f"POST {job.paths[0]} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {job.body}\r\n{fields}\r\n"
    block = memoryview(bytes(MIB))
    with _connected(job.port) as connection:
        began = time.perf_counter()
        connection.sendall(head.encode())
        left = job.body
        while left > 0:
            connection.sendall(block[: min(left, MIB)])
            left -= MIB
        _head(connection)
        return time.perf_counter() - began


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=_SILENCE)


def _head(connection: socket.socket) -> tuple[bytearray, int]:
    """What arrived up to the end of a good answer's head, or beyond, and where the answer ends."""
    held = bytearray()
    while (end := answer_end(held)) is None:
        piece = connection.recv(65_536)
        if not piece:
            raise ConnectionResetError("no answer")
        held += piece
    if held[9:10] != b"2":
        raise ValueError(f"refused: {bytes(held[:300])!r}")
    return held, end


def _main(direction: str, given: dict[str, Any]) -> None:
    job = Job(**given | {"paths": tuple(given["paths"])})
    print(json.dumps({"seconds": down(job) if direction == "down" else up(job)}))


if __name__ == "__main__":
    _main(sys.argv[1], json.loads(sys.argv[2]))
