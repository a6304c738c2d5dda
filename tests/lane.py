"""A lane in a small Flask app, for real servers: one API, one application with an API key, no database."""

import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask

from gateway.counters.connecting import client_for
from gateway.counters.counts import Counts
from gateway.counters.local import LocalLedger
from gateway.counters.redis import RedisLedger, awake
from gateway.domain.plans import Window
from gateway.pipeline.ports import Recorder
from gateway.pipeline.service import Service
from gateway.pipeline.snapshot import Consumer, Operation, Snapshot
from gateway.plugin import Binding, Registry
from gateway.store import counting, rollup
from gateway.store.database import Database
from gateway.store.recording import UsageRecorder
from gateway.transport.health import install_readiness
from gateway.transport.observation import Observation
from gateway.transport.runtime import Runtime
from gateway.transport.wsgi import ApiLane
from gateway.upstream.addresses import AddressPolicy
from gateway.upstream.blocking import BlockingUpstream
from plugins import BUILT_IN
from tests.builders import (
    API,
    CREDENTIAL,
    EditableCatalogue,
    KeptRecords,
    KnownConsumers,
    a_consumer,
    a_service_on,
    a_snapshot,
    a_subscription,
    a_version,
    an_api_key,
    what_everybody_has,
)
from tests.pages import install_pages

KEY = an_api_key()
MOST = 1_000_000
ERRORS = "https://guichet.example.ca/errors"
OPERATIONS = (
    *(Operation(method, "/{any}") for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE")),
    Operation("GET", "/double//slash"),
    Operation("GET", "/bytes/{size}"),
)


def make_lane(
    port: int,
    folder: Path,
    recorder: Recorder,
    public_key: Mapping[str, Any] | None = None,
    *,
    most: int = MOST,
    allows_upgrade: bool = False,
    most_in_flight: int = 256,
    read_timeout: float = 5.0,
    plugins: Sequence[Binding] = (),
    store: Callable[[Snapshot, Consumer], Any] | None = None,
    observed: Mapping[str, Any] | None = None,
    shared: tuple[str, Window] = ("", Window("day", 100_000)),
    keyless: Sequence[Window] = (),
    trusted_proxies: int = 0,
) -> Flask:
    """A Flask app whose API is served by whoever listens on this port of loopback; tokens are signed with that key.

    `most` is how long a request's body may be, in bytes; `read_timeout` is in seconds.
    `allows_upgrade`: WebSocket and the like may pass. `plugins` run after the one that bounds bodies.
    `store` makes what is both finder and catalogue, for a test that edits. `observed` goes to the `Observation`.
    `shared` is where the ledger is, if others share it, and what the application may use; `keyless`, what an address.
    """
    service = a_service_on(
        port, first_byte=read_timeout, idle=read_timeout, allows_upgrade=allows_upgrade, most_in_flight=most_in_flight
    )
    snapshot = _snapshot(service, (*_bounding(most), *plugins), public_key, keyless)
    consumer = a_consumer(key=CREDENTIAL, subscriptions={API: a_subscription(windows=shared[1:])})
    ledger = _shared(shared[0]) if shared[0] else LocalLedger(folder / "ledger.sqlite", time.time)
    upstream = BlockingUpstream(policy := AddressPolicy.of(["127.0.0.0/8"]))
    both = store(snapshot, consumer) if store else None
    observation = _observation(snapshot, {"folder": folder / "measures", **(observed or {})})
    keeps, edits = observation.beside(recorder), both or EditableCatalogue(snapshot)
    runtime = Runtime(both or KnownConsumers(consumer, keys={KEY: consumer}), ledger, upstream, keeps, edits)
    app = _pages(runtime, ledger, upstream)
    lane = ApiLane(app.wsgi_app, runtime, policy, ERRORS, trusted_proxies=trusted_proxies)
    observation.install(app, lane, upstream.standing, lambda: 0)
    app.wsgi_app = lane  # type: ignore[method-assign]
    return app


def _shared(url: str) -> RedisLedger:
    connect = client_for(url)
    return RedisLedger(lambda: Counts(connect, lambda _key, bounds: [0] * len(bounds), awake, settles=0))


def _bounding(most: int) -> tuple[Binding, ...]:
    return Registry(BUILT_IN).bind({"request-size": {"max_bytes": most}})


def _pages(runtime: Runtime, *to_be_closed: Any) -> Flask:
    app = Flask(__name__)
    app.extensions["to be closed"] = to_be_closed
    install_pages(app)
    install_readiness(app, runtime)
    return app


def _snapshot(
    service: Service, plugins: Sequence[Binding], public_key: Mapping[str, Any] | None, keyless: Sequence[Window]
) -> Snapshot:
    open_to_all = what_everybody_has(*keyless) if keyless else None
    version = a_version(
        service=replace(service, owner="env_1"), operations=OPERATIONS, plugins=plugins, keyless=open_to_all
    )
    made = replace(a_snapshot(version), address_key=b"of a test")
    return replace(made, public_keys={public_key["kid"]: public_key}) if public_key else made


def _observation(snapshot: Snapshot, given: Mapping[str, Any]) -> Observation:
    nobody: dict[str, Any] = {"metrics": None, "access_log": "", "proxies": 0}
    return Observation(**{**nobody, **given}, snapshot=lambda: snapshot)


def keep_every_call(change: Callable[[Any, str, Any], None]) -> None:
    """Keep calls one by one without end, so that a test finds each by its id; `change` sets an attribute."""
    change(rollup, "RECENT_CALLS_KEPT", MOST)
    change(counting, "_tidies", lambda _call: False)


def _recorder() -> Recorder:
    url = os.environ.get("LANE_DATABASE")
    if not url:
        return KeptRecords()
    keep_every_call(setattr)
    return UsageRecorder(Database(url), Path(os.environ["LANE_FOLDER"]) / "usage", time.time)


def lane_of_the_environment() -> Flask:
    """For gunicorn: `tests.lane:lane_of_the_environment()`."""
    folder = Path(tempfile.mkdtemp(dir=os.environ["LANE_FOLDER"]))
    public_key = json.loads(os.environ.get("LANE_PUBLIC_KEY", "null"))
    most = int(os.environ.get("LANE_MOST", MOST))
    read_timeout = float(os.environ.get("LANE_READ_TIMEOUT", "5"))
    port = int(os.environ["LANE_UPSTREAM"])
    upgrades = "LANE_ALLOWS_UPGRADE" in os.environ
    metrics = os.environ.get("LANE_METRICS")
    observed = {
        "folder": Path(os.environ["LANE_FOLDER"]) / "measures",
        "metrics": ("127.0.0.1", int(metrics)) if metrics else None,
        "access_log": os.environ.get("LANE_ACCESS_LOG", ""),
    }
    return make_lane(
        port,
        folder,
        _recorder(),
        public_key,
        most=most,
        allows_upgrade=upgrades,
        read_timeout=read_timeout,
        observed=observed,
        shared=(os.environ.get("LANE_LEDGER_URL", ""), Window("month", int(os.environ.get("LANE_LIMIT", "100000")))),
    )
