"""The parts of one call, each by itself: the decision, the ledger, a token, a snapshot."""

import itertools
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.timing import microseconds
from gateway.counters.local import LocalLedger
from gateway.credentials.access_tokens import mint
from gateway.domain.plans import Charge, Window
from gateway.pipeline.decision import decide
from gateway.pipeline.drivers import run
from gateway.pipeline.effects import Approach, Effect, FindApplication, FindKey, Record, Send, Spend
from gateway.pipeline.routing import find_route
from tests import builders


def figures() -> Iterator[tuple[str, float]]:
    """(what, microseconds)."""
    yield "decide(): one call by token, all effects answered at once", _decision()
    yield "find_route(): 1,000 APIs of 20 operations", _routing()
    yield "LocalLedger.spend(): two windows, on disk", _ledger()
    yield "mint(): one ES256 access token", microseconds(lambda: mint(builders.some_claims(), builders.KEY), 200)


def _decision() -> float:
    call, snapshot = builders.a_bearer_call(), builders.a_snapshot()
    answers: dict[type, Any] = {
        Approach: None,
        FindApplication: builders.a_consumer(),
        FindKey: None,
        Spend: builders.a_budget(),
        Send: builders.a_reply(),
        Record: None,
    }

    def perform(effect: Effect) -> Any:
        return answers[type(effect)]

    return microseconds(lambda: run(decide(call, snapshot), perform))


def _routing() -> float:
    operations = tuple(replace(builders.OPERATIONS[1], template=f"/thing{number}/{{id}}/part") for number in range(20))
    versions = [builders.a_version(api_name=f"api-{number}", operations=operations) for number in range(1_000)]
    snapshot = builders.a_snapshot(*versions)
    calls = itertools.cycle([builders.a_call(f"/api/api-{n}/v1/thing{n % 20}/x/part") for n in range(0, 1_000, 7)])
    return microseconds(lambda: find_route(snapshot, next(calls)))


def _ledger() -> float:
    charges = (Charge("sub_bench", (Window("minute", 10**9), Window("day", 10**9))),)
    with tempfile.TemporaryDirectory() as folder:
        ledger = LocalLedger(Path(folder) / "ledger.table", time.time)
        cost = microseconds(lambda: ledger.spend(charges), 20_000)
        ledger.close()
    return cost
