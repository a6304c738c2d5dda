"""A department's service that records what it gets, byte for byte, and answers what a case says.

One thread serves all connections, so that `settle` can tell that nothing sent to it is left unread.
"""

import re
import selectors
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.wire.cases import Step
from tests.wire.cutting import Cut, whole

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked\r\n", re.IGNORECASE)
# What our own side writes: no extensions, no trailers. Anything else is never a whole body.
_CHUNK = re.compile(rb"([0-9a-fA-F]+)\r\n")


@dataclass
class Taken:
    """One request, or the beginning of one."""

    raw: bytes = b""
    is_whole: bool = False
    is_given_up: bool = False

    @property
    def has_head(self) -> bool:
        return b"\r\n\r\n" in self.raw


@dataclass
class _Line:
    socket: socket.socket
    held: bytes = b""
    current: Taken | None = None


@dataclass
class Service:
    """Where it listens, and what it got since `begin`."""

    listener: socket.socket
    taken: list[Taken] = field(default_factory=list)
    _answers: list[Sequence[Step]] = field(default_factory=list)
    _cut: Cut = whole
    _news: threading.Condition = field(default_factory=threading.Condition)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _pings: dict[int, threading.Event] = field(default_factory=dict)
    _stopping: bool = False

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def begin(self, answers: Sequence[Sequence[Step]] = (), cut: Cut = whole) -> None:
        """Forget what came; answer the next requests with these, and all others with "ok"."""
        self.settle()
        self.taken, self._answers, self._cut = [], list(answers), cut

    def settle(self) -> None:
        """Return when all that was sent here so far has been read."""
        with socket.socket() as ping:
            ping.bind(("127.0.0.1", 0))
            done = self._pings[ping.getsockname()[1]] = threading.Event()
            ping.connect(("127.0.0.1", self.port))
            assert done.wait(10), "the service is stuck"

    def wait_for_a_head(self) -> None:
        """Return when the last request's head is here."""
        self.wait_for(lambda taken: bool(taken) and taken[-1].has_head)

    def wait_for(self, condition: Callable[[Sequence[Taken]], bool]) -> None:
        """Return when this holds of the requests that came."""
        with self._news:
            assert self._news.wait_for(lambda: condition(self.taken), 10), f"never came: {self.taken}"

    def run(self) -> None:
        """Serve until `stop`."""
        self._selector.register(self.listener, selectors.EVENT_READ)
        while not self._stopping:
            pings = self._serve(None)
            while pings and (more := self._serve(0)) is not None:
                pings += more
            for ping in pings or ():
                ping.set()

    def stop(self) -> None:
        """End the thread that runs."""
        self._stopping = True
        self.settle()
        for key in list(self._selector.get_map().values()):
            self._hang_up(key.data) if key.data else self.listener.close()
        self._selector.close()

    def _serve(self, timeout: float | None) -> list[threading.Event] | None:
        """Serve what is ready, those who ask whether all was read last; None when nothing was."""
        events = self._selector.select(timeout)
        pings = []
        for key, _ in events:
            if key.data:
                self._read(key.data)
            else:
                pings += self._accept()
        return pings if events else None

    def _accept(self) -> list[threading.Event]:
        accepted, (_, port) = self.listener.accept()
        if ping := self._pings.pop(port, None):
            accepted.close()
            return [ping]
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accepted.settimeout(10)
        self._selector.register(accepted, selectors.EVENT_READ, _Line(accepted))
        return []

    def _read(self, line: _Line) -> None:
        try:
            more = line.socket.recv(65536)
        except OSError:
            more = b""
        if not more:
            self._hang_up(line)
            return
        line.held += more
        try:
            while line.held:
                self._take(line)
        except OSError:
            self._hang_up(line)

    def _take(self, line: _Line) -> None:
        current = line.current
        if current is None:
            current = line.current = Taken()
            self.taken.append(current)
        size = _size(current.raw + line.held)
        line.held, current.raw = b"", current.raw + line.held
        if size is not None:
            current.raw, line.held = current.raw[:size], current.raw[size:]
            current.is_whole, line.current = True, None
        with self._news:
            self._news.notify_all()
        if size is not None:
            self._answer(line, current)

    def _answer(self, line: _Line, taken: Taken) -> None:
        body = b"" if taken.raw.startswith(b"HEAD ") else b"ok"
        for step in self._answers.pop(0) if self._answers else [_OK + body]:
            if step == "hang up":
                raise ConnectionAbortedError
            for piece in self._cut(step if isinstance(step, bytes) else b"127.0.0.1:%d" % self.port):
                line.socket.sendall(piece)

    def _hang_up(self, line: _Line) -> None:
        if line.socket.fileno() >= 0:
            self._selector.unregister(line.socket)
            line.socket.close()
        line.held = b""
        if line.current:
            with self._news:
                line.current.is_given_up = True
                self._news.notify_all()


def _size(held: bytes) -> int | None:
    """How long the first request is, or None while it is not whole."""
    head, end, _ = held.partition(b"\r\n\r\n")
    if not end:
        return None
    fields, start = head + b"\r\n", len(head) + 4
    if _CHUNKED.search(fields):
        return _end_of_chunks(held, start)
    length = _LENGTH.search(fields)
    size = start + (int(length[1]) if length else 0)
    return size if len(held) >= size else None


def _end_of_chunks(held: bytes, place: int) -> int | None:
    while chunk := _CHUNK.match(held, place):
        size = int(chunk[1], 16)
        place = chunk.end() + size + 2
        if len(held) < place or held[place - 2 : place] != b"\r\n":
            return None
        if size == 0:
            return place
    return None


@contextmanager
def recording() -> Iterator[Service]:
    """A service that listens until the block ends."""
    service = Service(socket.create_server(("127.0.0.1", 0)))
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        yield service
    finally:
        service.stop()
        thread.join(10)
