"""Rolling up: lines of the journal → calls per minute and kind, each application's latest calls, each key's last use.

Memory is bounded by the number of kinds, not of calls. What cannot be read is told to the log and left out; what a
column could not hold is clipped, for one odd call must not keep a batch from being counted.
"""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
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

    def add(self, finished: Finished) -> None:
        """Count one call."""
        total = self.sums[kind_of(finished)]
        total.calls += 1
        total.sent_bytes += finished.sent_bytes
        if finished.event.application_id:
            self.latest[finished.event.application_id].append(finished)
        if finished.event.credential_id:
            key = clipped(finished.event.credential_id, _LONGEST_ID)
            self.used[key] = max(finished.event.received_at, self.used.get(key, 0))


def line_of(finished: Finished) -> bytes:
    """One line of the journal."""
    return orjson.dumps(finished, option=orjson.OPT_APPEND_NEWLINE)


def roll_up(lines: Iterable[bytes], batch: str) -> Rollup:
    """What the lines of a batch come to."""
    rollup, lost = Rollup(), 0
    for line in lines:
        finished = _read(line)
        if finished is None:
            lost += 1
        else:
            rollup.add(finished)
    if lost:
        log.warning("lines of the usage journal cannot be read; they are not counted", batch=batch, lines=lost)
    return rollup


def kind_of(finished: Finished) -> Kind:
    """What a call is counted as."""
    event = finished.event
    return Kind(
        minute=int(event.received_at) // 60 * 60,
        api_id=clipped(event.api_id, _LONGEST_ID),
        version_id=clipped(event.version_id, _LONGEST_ID),
        operation=clipped(event.operation, _LONGEST_OPERATION),
        application_id=clipped(event.application_id, _LONGEST_ID),
        subscription_id=clipped(event.subscription_id, _LONGEST_ID),
        plan_id=clipped(event.plan_id, _LONGEST_ID),
        status_class=event.status // 100,
        refusal=clipped(event.refusal, _LONGEST_REFUSAL),
        latency_bucket=bisect_left(LATENCY_BUCKETS, finished.latency_ms),
    )


def clipped(text: str, longest: int) -> str:
    """As much of a text as a column holds; PostgreSQL stores no NUL."""
    return text.replace("\0", "")[:longest]


def _read(line: bytes) -> Finished | None:
    # A line without its end was being written when its process died.
    if not line.endswith(b"\n"):
        return None
    try:
        told = orjson.loads(line)
        return Finished(UsageEvent(**told["event"]), int(told["latency_ms"]), int(told["sent_bytes"]))
    except (ValueError, TypeError, KeyError):
        return None
