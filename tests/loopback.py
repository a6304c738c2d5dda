"""Tiny servers on loopback that do exactly what a test tells them, byte for byte."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Behaviour = Callable[["Line"], None]
"""What the server does with one connection."""


@dataclass
class Line:
    """One accepted connection: reads requests, writes bytes."""

    socket: socket.socket
    requests: list[bytes]
    held: bytes = b""

    def read_head(self) -> bytes:
        """One request's head; empty when the client hung up."""
        while b"\r\n\r\n" not in self.held:
            more = self.socket.recv(65536)
            if not more:
                return b""
            self.held += more
        head, _, self.held = self.held.partition(b"\r\n\r\n")
        self.requests.append(head)
        return head

    def read(self, size: int) -> bytes:
        """So many bytes of a body, or what came before the client hung up."""
        while len(self.held) < size:
            more = self.socket.recv(65536)
            if not more:
                break
            self.held += more
        found, self.held = self.held[:size], self.held[size:]
        return found

    def read_until(self, mark: bytes) -> bytes:
        """Everything up to and with a mark."""
        while mark not in self.held:
            more = self.socket.recv(65536)
            if not more:
                break
            self.held += more
        found, mark, self.held = self.held.partition(mark)
        return found + mark

    def write(self, content: bytes) -> None:
        self.socket.sendall(content)

    def reset(self) -> None:
        """Hang up rudely (RST)."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.socket.close()


@dataclass
class Server:
    """Where it listens, and what it saw."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[Server]:
    """A server whose every connection behaves like this, until the block ends and all of them were served."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    server = Server(listener.getsockname()[1])
    threads: list[threading.Thread] = []
    last = socket.socket()
    last.bind(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            accepted, (_, port) = listener.accept()
            if port == last.getsockname()[1]:
                accepted.close()
                return
            server.connections += 1
            threads.append(threading.Thread(target=_handle, args=(accepted, behaviour, server)))
            threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield server
    finally:
        last.connect(("127.0.0.1", server.port))  # behind all who came before, so that none is left waiting
        acceptor.join()
        last.close()
        listener.close()
        for thread in threads:
            thread.join(10)


def _handle(accepted: socket.socket, behaviour: Behaviour, server: Server) -> None:
    accepted.settimeout(10)
    with accepted:
        try:
            behaviour(Line(accepted, server.requests))
        except OSError:
            return


def answering(*answers: bytes) -> Behaviour:
    """Answers one request after the other with these bytes, then hangs up."""

    def behave(line: Line) -> None:
        for answer in answers:
            if not line.read_head():
                return
            line.write(answer)

    return behave


def over_tls(context: ssl.SSLContext, behaviour: Behaviour) -> Behaviour:
    """The same behaviour behind TLS."""

    def behave(line: Line) -> Any:
        with context.wrap_socket(line.socket, server_side=True) as encrypted:
            return behaviour(Line(encrypted, line.requests))

    return behave


@contextmanager
def reachable(service: Any, gate: threading.Event) -> Iterator[Any]:
    """Let a service that is a behaviour listen, tell it its `port`, and at the end open the gate it may wait at."""
    with serving(service) as server:
        service.port = server.port
        yield service
        gate.set()
