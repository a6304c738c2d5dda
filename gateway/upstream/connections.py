"""Connections to departments' services: opened to allowed addresses only, kept warm, and never shared by two calls."""

import os
import select
import socket
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.pipeline.service import Target
from gateway.upstream.addresses import AddressPolicy, check_addresses
from gateway.upstream.reading import Incoming
from gateway.upstream.sending import MAX_IDLE_SECONDS

_MAX_IDLE = 32
"""How many idle connections are kept for one service."""


@dataclass(slots=True)
class Connection:
    """One open connection. `used` tells whether it already carried a call."""

    target: Target
    socket: socket.socket
    incoming: Incoming
    used: bool = False
    idle_since: float = field(default=0.0)

    def close(self) -> None:
        """End it; a second time does nothing."""
        self.socket.close()


class Pool:
    """Idle connections by service, the most recently used first. One for all the threads of a process."""

    def __init__(self, policy: AddressPolicy, tls: ssl.SSLContext) -> None:
        """Connect where the policy allows; `tls` verifies certificates."""
        self._policy = policy
        self._tls = tls
        self._lock = threading.Lock()
        self._idle: dict[Target, deque[Connection]] = defaultdict(deque)
        self._process = os.getpid()

    def take(self, target: Target) -> Connection:
        """A connection that nobody else has; raises OSError and `AddressRefused`."""
        while connection := self._pop(target):
            if _is_alive(connection):
                return connection
            connection.close()
        return self.open(target)

    def give_back(self, connection: Connection) -> None:
        """Keep a connection whose reply was read to its end."""
        connection.used = True
        connection.idle_since = time.monotonic()
        with self._lock:
            idle = self._idle[connection.target]
            idle.append(connection)
            surplus = idle.popleft() if len(idle) > _MAX_IDLE else None
        if surplus:
            surplus.close()

    def close(self) -> None:
        """Close the idle ones."""
        with self._lock:
            idle, self._idle = self._idle, defaultdict(deque)
        for connections in idle.values():
            for connection in connections:
                connection.close()

    def open(self, target: Target) -> Connection:
        """A new connection. The addresses are judged here, where they are used (DNS rebinding)."""
        addresses = self._policy.resolve(target.host, target.port)
        check_addresses(target, addresses, self._policy)
        opened = _connect(addresses, target)
        if target.scheme == "https":
            opened = self._encrypt(opened, target)
        return Connection(target, opened, Incoming(opened))

    def _encrypt(self, plain: socket.socket, target: Target) -> socket.socket:
        try:
            # A connection cut without TLS's own goodbye must not pass for the end of a body.
            return self._tls.wrap_socket(plain, server_hostname=target.host, suppress_ragged_eofs=False)
        except BaseException:
            plain.close()
            raise

    def _pop(self, target: Target) -> Connection | None:
        if self._process != os.getpid():  # after a fork the parent's connections are the parent's
            self._process, self._idle, self._lock = os.getpid(), defaultdict(deque), threading.Lock()
        with self._lock:
            idle = self._idle[target]
            return idle.pop() if idle else None


def _connect(addresses: Sequence[str], target: Target) -> socket.socket:
    last: OSError = OSError("no address")
    for address in addresses:
        try:
            opened = socket.create_connection((address, target.port), timeout=target.connect_timeout)
        except OSError as error:
            last = error
            continue
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened
    raise last


def _is_alive(connection: Connection) -> bool:
    # A readable idle connection was closed by the other side, or holds bytes that nobody asked for.
    if not connection.incoming.untouched or time.monotonic() - connection.idle_since > MAX_IDLE_SECONDS:
        return False
    watch = select.poll()
    watch.register(connection.socket, select.POLLIN)
    return not watch.poll(0)
