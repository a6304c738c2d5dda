"""The ledgers that there are, each on a clock that a test moves."""

import itertools
from datetime import UTC, datetime

from gateway.counters.connecting import client_for
from gateway.counters.counts import Counts
from gateway.counters.local import LocalLedger
from gateway.counters.redis import RedisLedger

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp()
FRESH = itertools.count()


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


def a_redis_ledger(url, clock):
    """One that takes its time from `clock` instead of from the store."""
    connect = client_for(url)
    return RedisLedger(lambda: Counts(connect, nothing_recorded, clock, now=clock, settles=0), clock)


def nothing_recorded(_key, bounds):
    return [0] * len(bounds)


LEDGERS = {
    "local": lambda request, clock: LocalLedger(request.getfixturevalue("tmp_path") / "ledger.table", clock),
    "redis": lambda request, clock: a_redis_ledger(request.getfixturevalue("empty_valkey").url, clock),
    "redis cluster": lambda request, clock: a_redis_ledger(request.getfixturevalue("valkey_cluster"), clock),
}
