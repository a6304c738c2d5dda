"""The gateway's data before a run: the demonstration's, a plan that no run can spend, the routes to be asked."""

import http.client
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from bench.processes import Failed
from demo import seed
from gateway.app import create_app
from gateway.domain.lifecycle import VersionState
from gateway.domain.plans import Window
from gateway.services import plans
from gateway.services.actor import system, utc_now
from gateway.services.house import House
from gateway.settings import Settings
from gateway.store.catalogue import Api, ApiVersion, Environment, Operation, Revision, api_by_name
from gateway.store.keys import ensure_signing_key
from gateway.store.migrating import migrate
from plugins import BUILT_IN

API = "air-quality"
PREFIX = f"/api/{API}/v1"

ENDLESS = (Window("minute", 10**9), Window("day", 10**9))
"""Limits that no run can spend."""

_EACH = 20
"""How many operations each of the other APIs has."""

_BODIES = (("GET", "/json"), ("POST", "/post"), ("GET", "/bytes/{count}"), ("POST", "/upload"))


def prepare(
    environment: Mapping[str, str], folder: Path, upstream: int, routes: int, limits: tuple[Window, ...] = ENDLESS
) -> seed.Client:
    """Fill an empty data folder; gives the application that calls, whose plan has these limits.

    Half of the routes are operations of the API that is called, the other half those of APIs beside it.
    """
    settings = Settings.from_environment(environment)
    house: House = create_app(settings, BUILT_IN, lambda *_: "").extensions["guichet"]
    migrate(house.database)
    with house.database.begin() as session:
        ensure_signing_key(session, house.sealer, utc_now())
    client = seed.seed(house, folder / "demo-accounts.json")
    assert client
    seed.point_upstreams(house, {API: upstream, "ferries": upstream}, {})
    with house.database.begin() as session:
        api = api_by_name(session, API)
        assert api
        plan = plans.update_plan(session, system(), api.plans[0].id, windows=limits or ENDLESS)
        if not limits:
            plan.limits = []  # straight into the store: no department can make such a plan
        own = tuple(("GET", f"/routes/{number}/{{id}}") for number in range(asked_routes(routes)))
        _add_operations(session, str(api.versions[0].live_revision_id), (*_BODIES, *own))
        for number in range((routes - len(own)) // _EACH):
            _add_api(session, api, f"beside-{number}", f"http://127.0.0.1:{upstream}")
    house.database.dispose()
    return client


def asked_routes(routes: int) -> int:
    """How many of so many routes are asked."""
    return routes // 2


def token(port: int, client: seed.Client) -> str:
    """An access token for that application, from the gateway itself."""
    credentials = b64encode(f"{client.client_id}:{client.client_secret}".encode()).decode()
    fields = {"Authorization": f"Basic {credentials}", "Content-Type": "application/x-www-form-urlencoded"}
    connection = http.client.HTTPConnection(f"127.0.0.1:{port}", timeout=20)
    connection.request("POST", "/oauth/token", "grant_type=client_credentials", fields)
    reply = connection.getresponse()
    content = reply.read()
    connection.close()
    if reply.status != http.HTTPStatus.OK:
        raise Failed(f"no token: {reply.status} {content[:300]!r}")
    return str(json.loads(content)["access_token"])


def _add_operations(session: Session, revision_id: str, operations: Iterable[tuple[str, str]]) -> None:
    last = session.scalar(select(func.max(Operation.position)).where(Operation.revision_id == revision_id)) or 0
    rows = [
        {
            "revision_id": revision_id,
            "position": position,
            "method": method,
            "path": path,
            "operation_id": f"{method}{position}",
            "slug": f"{method}-{position}".lower(),
            "summary": path,
        }
        for position, (method, path) in enumerate(operations, last + 1)
    ]
    session.execute(insert(Operation), rows)


def _add_api(session: Session, like: Api, name: str, base_url: str) -> None:
    # Straight into the store: through the services each would be a document to check.
    now = utc_now()
    api = Api(
        organisation_id=like.organisation_id,
        name=name,
        title_en=name,
        title_fr=name,
        description_en=name,
        description_fr=name,
        created_at=now,
        updated_at=now,
    )
    version = ApiVersion(major=1, state=VersionState.PUBLISHED, created_at=now, published_at=now)
    version.environments.append(Environment(kind="production", targets=[{"base_url": base_url, "weight": 1}]))
    revision = _revision(version, name, now)
    api.versions.append(version)
    session.add_all([api, revision])
    session.flush()
    version.live_revision = revision
    session.flush()
    _add_operations(session, revision.id, [("GET", f"/things{number}/{{id}}") for number in range(_EACH)])


def _revision(version: ApiVersion, name: str, now: datetime) -> Revision:
    return Revision(
        api_version=version,
        number=1,
        content=b"",
        format="yaml",
        sha256="",
        size=0,
        openapi="3.1.0",
        document_title=name,
        document_version="1",
        created_at=now,
        created_by="",
    )
