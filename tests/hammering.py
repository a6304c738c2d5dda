"""Many connections on which calls never stop, whose answers are counted one by one; servers may die meanwhile."""

import re
import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_ID = re.compile(rb"\r\nx-request-id: *(\S+)\r\n", re.IGNORECASE)
_PATIENCE_SECONDS = 30


@dataclass
class Counted:
    """The request ids of the answers that came whole, and how many calls were under way on connections that broke."""

    answered: list[str] = field(default_factory=list)
    broken_off: int = 0


class _Caller:
    """One connection with so many calls under way."""

    def __init__(self, port: int, request: bytes, at_once: int, counted: Counted) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_SECONDS)
        self.request = request
        self.counted = counted
        self.under_way = 0
        self._held = b""
        self.send(at_once)

    def send(self, calls: int) -> None:
        self.under_way += calls
        self.socket.sendall(self.request * calls)

    def receive(self) -> int:
        """How many answers came whole; raises OSError when the connection broke."""
        more = self.socket.recv(262_144)
        if not more:
            raise ConnectionResetError
        self._held += more
        whole = 0
        while (end := self._held.find(b"\r\n\r\n") + 4) > 3:
            head = self._held[:end]
            length, request_id = _LENGTH.search(head), _ID.search(head)
            assert length, head
            assert request_id, head
            if len(self._held) < end + int(length[1]):
                break
            self._held = self._held[end + int(length[1]) :]
            self.counted.answered.append(request_id[1].decode())
            whole += 1
        self.under_way -= whole
        return whole


def hammer(port: int, request: bytes, *, connections: int, at_once: int, is_over: Callable[[Counted], bool]) -> Counted:
    """Keep calls under way on each connection until it is over, then take the answers that are still to come.

    `is_over` is asked after each answer or few; a connection that breaks is made anew.
    """
    counted = Counted()
    with selectors.DefaultSelector() as selector:

        def begin() -> _Caller:
            caller = _Caller(port, request, at_once, counted)
            selector.register(caller.socket, selectors.EVENT_READ, caller)
            return caller

        callers = {begin() for _ in range(connections)}
        over = False
        while callers:
            ready = selector.select(_PATIENCE_SECONDS)
            assert ready, "no answer comes any more"
            over = over or is_over(counted)
            for key, _ in ready:
                if not _go_on(key.data, 0 if over else at_once):
                    selector.unregister(key.fileobj)
                    key.data.socket.close()
                    callers.discard(key.data)
            if not over:
                callers |= {begin() for _ in range(connections - len(callers))}
    return counted


def _go_on(caller: _Caller, at_once: int) -> bool:
    """Take what came, and call again; whether there is more to come."""
    try:
        caller.receive()
        if at_once:
            caller.send(at_once - caller.under_way)
    except OSError:
        caller.counted.broken_off += caller.under_way
        return False
    return caller.under_way > 0
