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

from gateway.upstream.addresses import AddressPolicy, check_addresses
from gateway.upstream.balancing import Place
from gateway.upstream.encryption import context_of
from gateway.upstream.naming import Names
from gateway.upstream.reading import Incoming
from gateway.upstream.sending import MAX_AGE_SECONDS, MAX_IDLE_SECONDS

_MAX_IDLE = 32
"""How many idle connections are kept for one service."""


@dataclass(slots=True)
class Connection:
    """One open connection. `used` tells whether it already carried a call."""

    place: Place
    socket: socket.socket
    incoming: Incoming
    opened_at: float
    used: bool = False
    idle_since: float = field(default=0.0)

    def close(self) -> None:
        """End it; a second time does nothing."""
        self.socket.close()


class Pool:
    """Idle connections by place, the most recently used first. One for all the threads of a process."""

    def __init__(self, policy: AddressPolicy, tls: ssl.SSLContext) -> None:
        """Connect where the policy allows; `tls` verifies the certificates of services that have no authority named."""
        self._policy = policy
        self._tls = tls
        self._names = Names(policy.resolve)
        self._lock = threading.Lock()
        self._idle: dict[Place, deque[Connection]] = defaultdict(deque)
        self._process = os.getpid()

    def take(self, place: Place, wait: float) -> Connection:
        """A connection that nobody else has, within so many seconds; raises OSError and `AddressRefused`."""
        while connection := self._pop(place):
            if _is_alive(connection):
                return connection
            connection.close()
        return self.open(place, wait)

    def give_back(self, connection: Connection) -> None:
        """Keep a connection whose reply was read to its end, unless it is so old that its name may lead elsewhere."""
        connection.used = True
        connection.idle_since = time.monotonic()
        if connection.idle_since - connection.opened_at > MAX_AGE_SECONDS:
            connection.close()
            return
        with self._lock:
            idle = self._idle[connection.place]
            idle.append(connection)
            surplus = idle.popleft() if len(idle) > _MAX_IDLE else None
        if surplus:
            surplus.close()

    @property
    def idle(self) -> int:
        """How many are idle."""
        with self._lock:
            return sum(map(len, self._idle.values()))

    def close(self) -> None:
        """Close the idle ones."""
        with self._lock:
            idle, self._idle = self._idle, defaultdict(deque)
        for connections in idle.values():
            for connection in connections:
                connection.close()

    def open(self, place: Place, wait: float) -> Connection:
        """A new connection. The addresses are judged here, where they are used (DNS rebinding)."""
        deadline = time.monotonic() + wait
        addresses = self._names.wait_for(place.host, place.port, wait)
        check_addresses(place, addresses, self._policy)
        opened = _connect(addresses, place.port, deadline)
        if place.scheme == "https":
            opened = self._encrypt(opened, place, deadline)
        return Connection(place, opened, Incoming(opened), time.monotonic())

    def _encrypt(self, plain: socket.socket, place: Place, deadline: float) -> socket.socket:
        try:
            tls = context_of(place.tls) if place.tls else self._tls
            plain.settimeout(max(deadline - time.monotonic(), 0.001))
            # A connection cut without TLS's own goodbye must not pass for the end of a body.
            return tls.wrap_socket(plain, server_hostname=place.host, suppress_ragged_eofs=False)
        except BaseException:
            plain.close()
            raise

    def _pop(self, place: Place) -> Connection | None:
        if self._process != os.getpid():  # after a fork the parent's connections and threads are the parent's
            self._process, self._idle, self._lock = os.getpid(), defaultdict(deque), threading.Lock()
            self._names = Names(self._policy.resolve)
        with self._lock:
            idle = self._idle[place]
            return idle.pop() if idle else None


def _connect(addresses: Sequence[str], port: int, deadline: float) -> socket.socket:
    last: OSError = OSError("no address")
    for number, address in enumerate(addresses):
        # Each address has its share of what is left, so that one that does not answer hides none after it.
        share = (deadline - time.monotonic()) / (len(addresses) - number)
        if share <= 0:
            raise TimeoutError
        try:
            opened = socket.create_connection((address, port), timeout=share)
        except OSError as error:
            last = error
            continue
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened
    raise last


def _is_alive(connection: Connection) -> bool:
    now = time.monotonic()
    if not connection.incoming.untouched or now - connection.idle_since > MAX_IDLE_SECONDS:
        return False
    if now - connection.opened_at > MAX_AGE_SECONDS:
        return False
    # A readable idle connection was closed by the other side, or holds bytes that nobody asked for.
    watch = select.poll()
    watch.register(connection.socket, select.POLLIN)
    return not watch.poll(0)
