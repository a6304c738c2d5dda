"""Rolling up: lines of the journal → calls per minute and kind, each application's latest calls, each key's last use.

Memory is bounded by the number of kinds, not of calls. What cannot be read is told to the log and left out; what a
column could not hold is clipped, for one odd call must not keep a batch from being counted.
"""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple

import orjson
import structlog

from gateway.pipeline.effects import UsageEvent
from gateway.pipeline.ports import Finished
from gateway.store.usage import LATENCY_BUCKETS, RECENT_CALLS_KEPT

log = structlog.get_logger(__name__)

_LONGEST_OPERATION = 500  # characters: an index of PostgreSQL holds 2,704 bytes of a row
_LONGEST_REFUSAL = 60
_LONGEST_ID = 40

_COMMON = b',"method":'
"""Where what is a call's own ends in its line."""

_TOLD = tuple(each.name for each in fields(UsageEvent))


class Kind(NamedTuple):
    """What calls have in common that are counted together; the members are columns of `usage_minutes`, in order."""

    minute: int
    api_id: str
    version_id: str
    operation: str
    application_id: str
    subscription_id: str
    plan_id: str
    status_class: int
    refusal: str
    latency_bucket: int


@dataclass(slots=True)
class Sum:
    """How many calls, and the bytes of their bodies."""

    calls: int = 0
    sent_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Rollup:
    """What a batch comes to. `latest` holds no more calls of an application than are kept of it.

    `used` tells when each API key was last used, in seconds since the epoch.
    """

    sums: dict[Kind, Sum] = field(default_factory=lambda: defaultdict(Sum))
    latest: dict[str, deque[Finished]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=RECENT_CALLS_KEPT))
    )
    used: dict[str, float] = field(default_factory=dict)


def line_of(finished: Finished) -> bytes:
    """One line of the journal: what is this call's own comes first, then what it has in common with many.

    It says no more of a call than usage does.
    """
    event = finished.event
    told = {
        "latency_ms": round(finished.latency_ms),
        "sent_bytes": finished.sent_bytes,
        "event": {name: getattr(event, name) for name in _TOLD},  # orjson takes no compiled value
    }
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)


def roll_up(lines: Iterable[bytes], batch: str) -> Rollup:
    """What the lines of a batch come to."""
    reading = _Reading()
    for line in lines:
        reading.read(line)
    if reading.lost:
        log.warning("lines of the usage journal cannot be read; they are not counted", batch=batch, lines=reading.lost)
    return reading.told()


class _Called(NamedTuple):
    """One call: what is its own, and an event that says the rest."""

    alike: UsageEvent
    received_at: float
    request_id: str
    latency_ms: int
    sent_bytes: int

    def finished(self) -> Finished:
        """The call."""
        event = replace(self.alike, received_at=self.received_at, request_id=self.request_id)
        return Finished(event, self.latency_ms, self.sent_bytes)


class _Group:
    """The calls whose events say the same, but for when and which: they are summed by minute and latency."""

    __slots__ = ("event", "latest", "sums", "used")

    def __init__(self, event: UsageEvent, latest: deque[_Called] | None) -> None:
        """There is no call yet; each joins the `latest` ones of its application, where it has one."""
        self.event = event
        self.latest = latest
        self.sums: dict[tuple[int, int], Sum] = {}
        self.used = 0.0

    def add(self, received_at: float, request_id: str, latency_ms: int, sent_bytes: int) -> None:
        """Count one call; raises TypeError or ValueError, and has then counted nothing."""
        key = _minute(received_at), _bucket(latency_ms)
        total = self.sums.get(key) or self.sums.setdefault(key, Sum())
        total.sent_bytes += sent_bytes
        total.calls += 1
        self.used = max(self.used, received_at)
        if self.latest is not None:
            self.latest.append(_Called(self.event, received_at, request_id, latency_ms, sent_bytes))


class _Reading:
    """The lines of a batch as they are read; what many of them have in common is read once."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self.lost = 0
        self._groups: dict[bytes, _Group] = {}
        self._latest: dict[str, deque[_Called]] = defaultdict(lambda: deque(maxlen=RECENT_CALLS_KEPT))

    def read(self, line: bytes) -> None:
        """One more line. One without its end was being written when its process died."""
        own, mark, common = line.partition(_COMMON)
        if not line.endswith(b"\n"):
            self.lost += 1
            return
        try:
            group = self._groups.get(common or line) or self._begin(line, common)
            told = orjson.loads(own + b"}}" if mark else line)
            event = told["event"]
            group.add(event["received_at"], event["request_id"], told["latency_ms"], told["sent_bytes"])
        except (ValueError, TypeError, KeyError):
            self.lost += 1

    def told(self) -> Rollup:
        """What the lines come to."""
        rollup = Rollup()
        for group in self._groups.values():
            for (minute, bucket), total in group.sums.items():
                kept = rollup.sums[_kind(group.event, minute, bucket)]
                kept.calls += total.calls
                kept.sent_bytes += total.sent_bytes
            if key := clipped(group.event.credential_id, _LONGEST_ID):
                rollup.used[key] = max(group.used, rollup.used.get(key, 0))
        for application, calls in self._latest.items():
            rollup.latest[application].extend([called.finished() for called in calls])
        return rollup

    def _begin(self, line: bytes, common: bytes) -> _Group:
        event = UsageEvent(**orjson.loads(line)["event"])
        group = _Group(event, self._latest[event.application_id] if event.application_id else None)
        self._groups[common or line] = group  # a line of another shape stands for itself
        return group


def kind_of(finished: Finished) -> Kind:
    """What a call is counted as."""
    return _kind(finished.event, _minute(finished.event.received_at), _bucket(finished.latency_ms))


def _kind(event: UsageEvent, minute: int, bucket: int) -> Kind:
    return Kind(
        minute=minute,
        api_id=clipped(event.api_id, _LONGEST_ID),
        version_id=clipped(event.version_id, _LONGEST_ID),
        operation=clipped(event.operation, _LONGEST_OPERATION),
        application_id=clipped(event.application_id, _LONGEST_ID),
        subscription_id=clipped(event.subscription_id, _LONGEST_ID),
        plan_id=clipped(event.plan_id, _LONGEST_ID),
        status_class=event.status // 100,
        refusal=clipped(event.refusal, _LONGEST_REFUSAL),
        latency_bucket=bucket,
    )


def _minute(received_at: float) -> int:
    return int(received_at) // 60 * 60


def _bucket(latency_ms: float) -> int:
    return bisect_left(LATENCY_BUCKETS, latency_ms)


def clipped(text: str, longest: int) -> str:
    """As much of a text as a column holds; PostgreSQL stores no NUL."""
    return text.replace("\0", "")[:longest]
