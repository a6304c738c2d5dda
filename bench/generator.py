"""Sends calls at times decided beforehand, and counts each call's latency from the time it was meant to leave.

So nothing is left out: while the gateway stalls, the calls that should have left meanwhile wait, and their waiting is
counted (no coordinated omission). wrk has no such mode; h2load's --rps measures from the moment it really sent.
`select` waits, rather than epoll or an event loop, because it alone counts in microseconds and not in milliseconds.

`python -m bench.generator JOB`, JOB as JSON (`Job`); what is printed is JSON too (`bench.load.Answered`).
"""

import gc
import json
import math
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

_WITHOUT_ANSWER = 10.0
"""How many seconds after the last call left an answer is waited for; what is missing then is an error."""

_GLANCE = 0.1


@dataclass(frozen=True, slots=True)
class Job:
    """What to do. `rate` is in calls a second; 0 sends as soon as a connection is free (closed loop)."""

    port: int
    paths: tuple[str, ...]
    connections: int
    seconds: float
    rate: float = 0
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: int = 0


class _Watch:
    """Which connections have something to read: epoll knows, and `select` waits for epoll."""

    def __init__(self) -> None:
        self._lines: dict[int, _Line] = {}
        self._poll = select.epoll()

    def add(self, line: "_Line", descriptor: int) -> None:
        self._lines[descriptor] = line
        self._poll.register(descriptor, select.EPOLLIN)

    def ready(self, pause: float) -> list["_Line"]:
        select.select((self._poll,), (), (), pause)
        return [self._lines[descriptor] for descriptor, _ in self._poll.poll(0)]

    def close(self) -> None:
        self._poll.close()


class _Line:
    """One keep-alive connection, with at most one call on its way; `meant` is when that was to leave, or 0."""

    def __init__(self, port: int, watch: _Watch) -> None:
        self._port, self._watch = port, watch
        self.meant = 0.0
        self._open()

    def _open(self) -> None:
        self._held = bytearray()
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=_WITHOUT_ANSWER)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._watch.add(self, self._socket.fileno())

    def send(self, request: bytes, meant: float) -> None:
        try:
            self._socket.sendall(request)
        except OSError:  # a keep-alive connection may be closed at any time; the new one's cost is the call's
            self.reopen()
            self._socket.sendall(request)
        self.meant = meant

    def receive(self) -> bool | None:
        """Whether the answer is whole and good; None while more of it must come."""
        try:
            piece = self._socket.recv(262_144)
        except OSError:
            piece = b""
        if not piece:
            self.reopen()
            return False
        self._held += piece
        end = answer_end(self._held)
        if end is None or len(self._held) < end:
            return None
        good = self._held[9:10] == b"2"
        del self._held[:end]
        self.meant = 0.0
        return good

    def close(self) -> None:
        self._socket.close()

    def reopen(self) -> None:
        self.close()
        self.meant = 0.0
        self._open()


def answer_end(held: bytearray) -> int | None:
    """Where the first answer ends, once its head is there. Everything here answers with a Content-Length."""
    head_end = held.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    head = bytes(held[: head_end + 2]).lower()
    _, found, rest = head.partition(b"\r\ncontent-length:")
    if not found:
        raise ValueError(f"an answer without Content-Length: {head!r}")
    return head_end + 4 + int(rest.partition(b"\r\n")[0])


def requests_of(job: Job) -> list[bytes]:
    """The requests, ready to be sent."""
    fields = {"Host": f"127.0.0.1:{job.port}", **job.headers} | ({"Content-Length": str(job.body)} if job.body else {})
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return [f"{job.method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + b"x" * job.body for path in job.paths]


class Schedule:
    """When calls are meant to leave, evenly; in a closed loop, whenever they can."""

    def __init__(self, began: float, seconds: float, rate: float) -> None:
        """Times are those of a monotonic clock, in seconds."""
        self._began, self._rate, self._until = began, rate, began + seconds
        self._left = 0

    @property
    def next(self) -> float:
        """When the next call is meant to leave."""
        return self._began + self._left / self._rate if self._rate else self._began

    @property
    def over(self) -> bool:
        """Whether no more calls will leave."""
        return self.next >= self._until

    def pause(self, now: float) -> float:
        """How many seconds answers may be waited for before the next look."""
        return min(max(0.0, self.next - now), _GLANCE) if self._rate and not self.over else _GLANCE

    def due(self, now: float, free: int) -> Iterator[float]:
        """The times that have come; in a closed loop, one for each free connection."""
        if not self._rate:
            if now >= self._until:
                self._began = self._until
            else:
                yield from [now] * free
            return
        while not self.over and self.next <= now:
            yield self.next
            self._left += 1


def drive(job: Job) -> dict[str, Any]:
    """Do the job; latencies are in milliseconds."""
    watch = _Watch()
    lines = [_Line(job.port, watch) for _ in range(job.connections)]
    free = deque(lines)
    waiting: deque[float] = deque()
    requests = cycle(requests_of(job))
    latencies: list[float] = []
    errors = 0
    began = time.perf_counter()
    schedule = Schedule(began, job.seconds, job.rate)
    while not schedule.over or waiting or len(free) < job.connections:
        now = time.perf_counter()
        if now > began + job.seconds + _WITHOUT_ANSWER:
            break
        waiting.extend(schedule.due(now, len(free)))
        while waiting and free:
            free.popleft().send(next(requests), waiting.popleft())
        for line in watch.ready(schedule.pause(time.perf_counter())):
            meant, good = line.meant, line.receive()
            if good is not None and meant:
                free.append(line)
                errors += not good
                latencies.append((time.perf_counter() - meant) * 1000)
    taken = time.perf_counter() - began
    for line in lines:
        line.close()
    watch.close()
    return report(latencies, errors + len(waiting) + job.connections - len(free), taken)


def report(latencies: Sequence[float], errors: int, seconds: float) -> dict[str, Any]:
    """The figures of a run."""
    ordered = sorted(latencies) or [0.0]
    return {
        "calls": len(latencies),
        "rate": len(latencies) / seconds,
        "p50": percentile(ordered, 50),
        "p99": percentile(ordered, 99),
        "errors": errors,
    }


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed (nearest rank)."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    gc.disable()
    print(json.dumps(drive(Job(**given | {"paths": tuple(given["paths"])}))))
