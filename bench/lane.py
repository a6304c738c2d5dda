"""The plain lane as a whole: calls a second through gunicorn, beside the same service asked directly."""

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo import seed, servers
from gateway.app import create_app
from gateway.domain.plans import Window
from gateway.services import plans
from gateway.services.actor import system, utc_now
from gateway.services.house import House
from gateway.settings import Settings
from gateway.store.catalogue import api_by_name
from gateway.store.keys import ensure_signing_key
from gateway.store.migrating import migrate
from plugins import BUILT_IN

ROOT = Path(__file__).resolve().parent.parent
CONNECTIONS, SECONDS, ROUNDS = 8, 3.0, 5


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to send calls: host and port, path, and the fields to send."""

    host: str
    path: str
    headers: dict[str, str]


def figures() -> Iterator[tuple[str, float]]:
    """(what, calls a second); the gateway and the bare service take turns in one run."""
    with tempfile.TemporaryDirectory() as folder, _running(Path(folder)) as (direct, through):
        rates = [(_rate(direct), _rate(through)) for _ in range(ROUNDS)]
    yield "the demonstration's service, asked directly", statistics.median(rate for rate, _ in rates)
    yield "the same through the plain lane, everything on", statistics.median(rate for _, rate in rates)


def _rate(place: Place) -> float:
    counts = [0] * CONNECTIONS
    until = time.monotonic() + SECONDS

    def work(mine: int) -> None:
        connection = http.client.HTTPConnection(place.host)
        while time.monotonic() < until:
            connection.request("GET", place.path, headers=place.headers)
            reply = connection.getresponse()
            reply.read()
            assert reply.status == 200
            counts[mine] += 1
        connection.close()

    threads = [threading.Thread(target=work, args=(mine,)) for mine in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


@contextmanager
def _running(folder: Path) -> Iterator[tuple[Place, Place]]:
    port = servers.free_port()
    environment = {
        "GUICHET_DATA": str(folder),
        "GUICHET_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "GUICHET_ALLOWED_NETWORKS": "127.0.0.0/8",
    }
    client = _prepared(environment, folder)
    service = servers.start(servers.SERVICES["air-quality"], 0)
    _point(environment, service.port)
    gateway = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "wsgi:app"],
        cwd=ROOT,
        env=os.environ | environment | {"PORT": str(port), "WEB_CONCURRENCY": "1"},
    )
    try:
        token = _token(port, client)
        yield (
            Place(f"127.0.0.1:{service.port}", "/stations", {}),
            Place(f"127.0.0.1:{port}", "/api/air-quality/v1/stations", {"Authorization": f"Bearer {token}"}),
        )
    finally:
        gateway.terminate()
        gateway.wait(timeout=10)
        servers.stop([service])


def _house(environment: dict[str, str]) -> House:
    app = create_app(Settings.from_environment(environment), BUILT_IN, lambda *_: "")
    house: House = app.extensions["guichet"]
    return house


def _prepared(environment: dict[str, str], folder: Path) -> seed.Client:
    """The demonstration's data, with a plan that no benchmark can spend."""
    house = _house(environment)
    migrate(house.database)
    with house.database.begin() as session:
        ensure_signing_key(session, house.sealer, utc_now())
    client = seed.seed(house, folder / "demo-accounts.json")
    with house.database.begin() as session:
        api = api_by_name(session, "air-quality")
        assert api
        plans.update_plan(session, system(), api.plans[0].id, windows=(Window("minute", 10**9), Window("day", 10**9)))
    house.database.dispose()
    assert client
    return client


def _point(environment: dict[str, str], port: int) -> None:
    house = _house(environment)
    seed.point_upstreams(house, {"air-quality": port, "ferries": port}, {})
    house.database.dispose()


def _token(port: int, client: seed.Client) -> str:
    credentials = b64encode(f"{client.client_id}:{client.client_secret}".encode()).decode()
    fields = {"Authorization": f"Basic {credentials}", "Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(200):
        try:
            connection = http.client.HTTPConnection(f"127.0.0.1:{port}")
            connection.request("POST", "/oauth/token", "grant_type=client_credentials", fields)
            token: str = json.loads(connection.getresponse().read())["access_token"]
        except OSError:
            time.sleep(0.05)
        else:
            return token
    raise TimeoutError("gunicorn does not answer")
