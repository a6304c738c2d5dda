"""A department's service of our own: swallows bodies of any size, answers bodies of any size, from one block of memory.

It carries the big bodies, where nginx would answer an upload before it has read it, and stands in where nginx is not
installed. One thread for each connection: blocking calls move big bodies with the least work.
`python -m bench.origin PORT` runs until it is ended.
"""

import re
import socket
import sys
import threading

from bench.bodies import MIB, SMALL

_BLOCK = memoryview(bytes(MIB))
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


def serve(port: int) -> None:
    """Listen on this port of loopback."""
    with socket.create_server(("127.0.0.1", port), backlog=4096) as listener:
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_converse, args=(connection,), daemon=True).start()


def _converse(connection: socket.socket) -> None:
    held: bytes | None = b""
    room = bytearray(MIB)
    with connection:
        try:
            while held is not None:
                held = _one(connection, held, room)
        except OSError:
            pass


def _one(connection: socket.socket, held: bytes, room: bytearray) -> bytes | None:
    """Answer one request; what was read beyond it, or None when the client has gone."""
    while b"\r\n\r\n" not in held:
        more = connection.recv(65_536)
        if not more:
            return None
        held += more
    head, _, held = held.partition(b"\r\n\r\n")
    if b"transfer-encoding:" in head.lower():
        held = _past_chunks(connection, held)
    else:
        length = _LENGTH.search(head + b"\r\n")
        held = _past(connection, held, int(length[1]) if length else 0, room)
    _answer(connection, head.split(b" ", 2)[1].decode("ascii"))
    return held


def _past(connection: socket.socket, held: bytes, length: int, room: bytearray) -> bytes:
    left = length - len(held)
    while left > 0:
        count = connection.recv_into(room, min(left, len(room)))
        if not count:
            raise ConnectionResetError
        left -= count
    return held[length:]


def _past_chunks(connection: socket.socket, held: bytes) -> bytes:
    # Enough for a benchmark: no chunk of zeros ends like this, and nobody sends the next request before the answer.
    while not held.endswith(b"0\r\n\r\n"):
        more = connection.recv(MIB)
        if not more:
            raise ConnectionResetError
        held = held[-5:] + more
    return b""


def _answer(connection: socket.socket, path: str) -> None:
    count = re.fullmatch(r"/bytes/(\d+)", path)
    size = int(count[1]) if count else len(SMALL)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % size
    if not count:
        connection.sendall(head + SMALL)
        return
    connection.sendall(head)
    while size > 0:
        connection.sendall(_BLOCK[: min(size, len(_BLOCK))])
        size -= len(_BLOCK)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
