"""The whole journey by HTTP alone: from a department's document to an answered call, and to each refused one."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

import openapi
from gateway.management.api import install_management
from gateway.oauth.endpoints import install_oauth
from gateway.services import organisations
from gateway.services.actor import system, utc_now
from gateway.services.house import House
from gateway.store.compiling import StoreCatalogue
from gateway.store.finding import StoreFinder
from gateway.store.keys import ensure_signing_key
from gateway.store.mail import Mail
from gateway.store.migrating import migrate
from gateway.transport.runtime import Runtime
from gateway.transport.wsgi import ApiLane
from gateway.upstream.addresses import AddressPolicy, parse_base_url
from gateway.upstream.blocking import BlockingUpstream
from tests.fixtures.consuming import MOMENT
from tests.fixtures.publishing import document
from tests.gateway.management.world import PUBLIC_URL, make_house
from tests.house.sources import ROOT
from tests.loopback import Line, Server, serving

PASSWORD = "three quiet ovens at dawn"
OPERATING = ("department:create", "organisation:edit", "usage:read", "application:suspend")
PUBLISHING = ("api:read", "api:edit", "api:publish", "usage:read", "audit:read")
CONSUMING = ("organisation:read", "application:read", "application:edit", "subscription:edit", "usage:read")
ANSWER = b'{"holidays":[]}'
DOCUMENTS = {
    "holidays": document(),
    **{path.stem: path.read_bytes() for path in sorted((ROOT / "demo/documents").glob("*.yaml"))},
}
"""What departments bring, by the name of the API that is made of it."""


class Program:
    """Someone with nothing but HTTP; follows addresses, shows a token once there is one."""

    def __init__(self, app: Flask, house: House) -> None:
        self.app, self.house = app, house
        self.token = ""

    def send(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        headers = {"Accept-Language": "fr", **options.pop("headers", {})}
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        # Read to its end, which is when a call is counted.
        reply = self.app.test_client().open(path, method=method, headers=headers, buffered=True, **options)
        assert reply.status_code == status, reply.text
        return reply

    def tag(self, path: str) -> dict[str, str]:
        """The field that says: as I read it just now."""
        return {"If-Match": self.send("GET", path).headers["ETag"]}

    def sign_up(self, email: str) -> None:
        """From an address to a confirmed account."""
        body = {"email": email, "name": "Marie Roy", "password": PASSWORD, "language": "fr"}
        self.send("POST", "/v1/accounts", 202, json=body)
        self.send("POST", "/v1/accounts/verify", json={"token": self._mailed(email), "password": PASSWORD})

    def sign_in(self, email: str, *scopes: str) -> None:
        """From a password to a token."""
        body = {"email": email, "password": PASSWORD, "name": "journey", "scopes": scopes}
        self.token = self.send("POST", "/v1/tokens", 201, json=body).json["secret"]

    def _mailed(self, email: str) -> str:
        with self.house.database.read() as session:
            body = session.scalars(select(Mail.body).where(Mail.recipient == email)).one()
        found = re.search(r"gcl_\w+", body)
        assert found
        return found[0]


def info_of(content: bytes) -> dict[str, Any]:
    """What a good document says of itself."""
    checked = openapi.check(content)
    assert checked.document
    assert checked.good, checked.findings
    return dict(checked.document.tree["info"])


@dataclass
class Market:
    """An installation, who is there, and the department's service."""

    operator: Program
    publisher: Program
    developer: Program
    anyone: Program
    service: Server
    department: str = ""

    def offered(self, name: str) -> dict[str, Any]:
        """What the catalogue's copy of a document, which must be good, says of itself."""
        return info_of(self.anyone.send("GET", f"/v1/catalogue/{name}/v1/document").data)

    def publish(self, name: str, content: bytes, *, limit: int = 3, allows_api_key: bool = False) -> str:
        """From a document to a published API; gives the address of its version."""
        words = {"title_en": "Open", "title_fr": "Ouvert", "description_en": "Data.", "description_fr": "Données."}
        body = {"organisation_id": self.department, "name": name, **words}
        made = self.publisher.send("POST", "/v1/apis", 201, json=body)
        version = f"/v1/versions/{made.json['versions'][0]['id']}"
        self.publisher.send("PUT", f"{version}/document", 201, data=content, content_type="application/yaml")
        early = self.publisher.send("POST", f"{version}/publish", 409)
        assert early.json["missing"] == ["upstream", "plan"]
        self.point(version, f"http://127.0.0.1:{self.service.port}")
        plan = {
            "code": "three", "name_en": "Three", "name_fr": "Trois", "allows_api_key": allows_api_key,
            "windows": [{"period": "month", "limit": limit}],
        }  # fmt: skip
        self.publisher.send("POST", f"{made.headers['Location']}/plans", 201, json=plan)
        assert self.publisher.send("POST", f"{version}/publish").json["state"] == "published"
        return version

    def point(self, version: str, base_url: str, status: int = 200) -> Any:
        """Say where the calls of a version go."""
        said = {"targets": [{"base_url": base_url}]}
        return self.publisher.send("PUT", f"{version}/upstream", status, json=said, headers=self.publisher.tag(version))

    def register(self) -> "Client":
        """An application with a secret."""
        (own,) = self.developer.send("GET", "/v1/organisations").json["items"]
        body = {"organisation_id": own["id"], "name": "Fours"}
        made = self.developer.send("POST", "/v1/applications", 201, json=body)
        address = made.headers["Location"]
        secret = self.developer.send("POST", f"{address}/credentials", 201, json={"name": "premier"}).json["secret"]
        return Client(self, address, made.json["client_id"], secret)


@dataclass
class Client:
    """A registered application, and what it can prove."""

    market: Market
    address: str
    client_id: str
    client_secret: str

    def subscribe(self, name: str) -> Any:
        """Join a published API under its only plan."""
        published = self.market.anyone.send("GET", f"/v1/catalogue/{name}").json
        wanted = {"api_id": published["api"]["id"], "plan_id": published["plans"][0]["id"]}
        joined = self.market.developer.send("POST", f"{self.address}/subscriptions", 201, json=wanted)
        assert joined.json["state"] == "active"
        return joined

    def token(self, scope: str) -> dict[str, str]:
        """The field of a call with an access token."""
        form = {"grant_type": "client_credentials", "scope": scope}
        proof = {"client_id": self.client_id, "client_secret": self.client_secret}
        told = self.market.anyone.send("POST", "/oauth/token", data=form | proof).json
        return {"Authorization": f"Bearer {told['access_token']}"}

    def key(self) -> dict[str, str]:
        """The field of a call with an API key."""
        body = {"kind": "key", "name": "clé"}
        return {
            "X-API-Key": self.market.developer.send("POST", f"{self.address}/credentials", 201, json=body).json[
                "secret"
            ]
        }


@pytest.fixture
def market(tmp_path) -> Iterator[Market]:
    """A new installation with an operator, a department with its publisher, a developer; no API, no application."""
    with opened(tmp_path) as made:
        yield made


@contextmanager
def opened(folder: Path, url: str = "") -> Iterator[Market]:
    """The same, on a database of one's choice."""

    def answer(line: Line) -> None:
        while line.read_head():
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(ANSWER)}\r\n\r\n"
            line.write(head.encode() + ANSWER)

    policy = AddressPolicy.of(["127.0.0.0/8"])
    # The ledger stands still: no window ends while a test counts.
    house, recorder = make_house(folder, url=url, policy=policy, clock=lambda: MOMENT)
    migrate(house.database)
    with house.database.begin() as session:
        ensure_signing_key(session, house.sealer, utc_now())
        organisations.create_operator(session, system(), email="op@example.org", name="Op", password=PASSWORD)
    sender = BlockingUpstream(policy)
    catalogue = StoreCatalogue(house.database, house.registry, PUBLIC_URL, parse_base_url, house.sealer)
    runtime = Runtime(StoreFinder(house.database), house.ledger, sender, recorder, catalogue)
    app = Flask("guichet", static_folder=None)
    app.extensions["guichet"] = house
    install_oauth(app, house)
    install_management(app, house)
    app.wsgi_app = ApiLane(app.wsgi_app, runtime, policy, f"{PUBLIC_URL}/errors")  # type: ignore[method-assign]
    with serving(answer) as service:
        operator, publisher, developer, anyone = (Program(app, house) for _ in range(4))
        yield peopled(Market(operator, publisher, developer, anyone, service))
        sender.close()
    recorder.close()
    house.ledger.close()  # type: ignore[attr-defined]  # the port says nothing of closing
    house.database.dispose()


def peopled(market: Market) -> Market:
    market.operator.sign_in("op@example.org", *OPERATING)
    market.publisher.sign_up("editrice@example.org")
    names = {"slug": "heritage", "name_en": "Canadian Heritage", "name_fr": "Patrimoine canadien"}
    made = market.operator.send("POST", "/v1/departments", 201, json=names)
    member = {"email": "editrice@example.org", "role": "publisher"}
    market.operator.send("POST", f"{made.headers['Location']}/members", 201, json=member)
    market.publisher.sign_in("editrice@example.org", *PUBLISHING)
    market.developer.sign_up("marie@example.org")
    market.developer.sign_in("marie@example.org", *CONSUMING)
    market.department = made.json["id"]
    return market


def sample(content: bytes) -> str:
    """The target of the first GET request that a document declares."""
    parsed = openapi.load(content).document
    assert parsed
    reading = next(operation for operation in openapi.operations(parsed) if operation.method == "GET")
    return openapi.sample_request(reading, parsed).target


@pytest.mark.parametrize("name", DOCUMENTS)
def test_from_an_empty_store_to_an_answered_call_and_a_suspended_application(market, name):
    travel(market, name)


@pytest.mark.postgresql
def test_the_same_on_postgresql(postgresql_url, tmp_path):
    with opened(tmp_path, postgresql_url) as market:
        travel(market, "holidays")


def travel(market: Market, name: str) -> None:
    """Publish, find, subscribe, call until the plan is spent, count, suspend."""
    market.publish(name, DOCUMENTS[name])
    (found,) = market.anyone.send("GET", "/v1/catalogue?q=donnees").json["items"]
    assert found["name"] == name
    assert market.offered(name) == info_of(DOCUMENTS[name])
    client = market.register()
    client.subscribe(name)
    token, call = client.token(f"{name}:read"), f"/api/{name}/v1{sample(DOCUMENTS[name])}"

    for remaining in (2, 1, 0):
        reply = market.anyone.send("GET", call, headers=token)
        assert reply.data == ANSWER
        assert f"r={remaining}" in reply.headers["RateLimit"]
    spent = market.anyone.send("GET", call, 429, headers=token)
    assert spent.headers["Content-Language"] == "fr"
    assert int(spent.headers["Retry-After"]) > 0
    assert market.service.requests[0].startswith(f"GET {sample(DOCUMENTS[name])} ".encode())
    assert len(market.service.requests) == 3

    told = market.developer.send("GET", f"{client.address}/usage").json
    assert (told["calls"], told["refusals"]) == (4, 1)
    (left,) = market.developer.send("GET", f"{client.address}/left").json["items"]
    assert [each["remaining"] for each in left["left"]] == [0]
    seen = market.publisher.send("GET", f"/v1/apis/{found['id']}/usage").json
    assert [(each["name"], each["calls"], each["refused"]) for each in seen["by_application"]] == [("Fours", 4, 1)]
    assert market.operator.send("GET", "/v1/usage").json["calls"] == 4

    market.operator.send("POST", f"{client.address}/suspend", json={"reason": "Trop d’appels."})
    assert market.anyone.send("GET", call, 403, headers=token).json["code"] == "application-suspended"


def test_a_change_of_plan_holds_from_the_next_call_on_and_forgets_no_call(market):
    market.publish("holidays", DOCUMENTS["holidays"], limit=1)
    client = market.register()
    subscribed = client.subscribe("holidays").headers["Location"]
    token, call = client.token("holidays:read"), f"/api/holidays/v1{sample(DOCUMENTS['holidays'])}"
    assert [market.anyone.send("GET", call, status, headers=token).status_code for status in (200, 429)]
    api_id = market.developer.send("GET", subscribed).json["api_id"]
    windows = [{"period": "month", "limit": 5}]
    plan = {"code": "five", "name_en": "Five", "name_fr": "Cinq", "allows_api_key": False, "windows": windows}
    plan_id = market.publisher.send("POST", f"/v1/apis/{api_id}/plans", 201, json=plan).json["id"]

    changed = market.developer.send("POST", f"{subscribed}/change-plan", json={"plan_id": plan_id})
    again = market.developer.send("POST", f"{subscribed}/change-plan", 409, json={"plan_id": plan_id})

    assert (changed.json["plan"], again.json["code"]) == ("five", "same-plan")
    assert "r=3" in market.anyone.send("GET", call, headers=token).headers["RateLimit"]


def test_a_faulty_document_is_told_with_its_places_and_nothing_of_it_is_kept(market):
    version = market.publish("holidays", document())
    faulty = b"openapi: 3.1.0\ninfo:\n  title: T\npaths: {}\n"

    told = market.publisher.send("PUT", f"{version}/document", 422, data=faulty, content_type="application/yaml").json

    assert {(each["severity"], each["pointer"], each["line"]) for each in told["findings"]} >= {("error", "/info", 2)}
    assert len(market.publisher.send("GET", f"{version}/revisions").json["items"]) == 1
    assert market.offered("holidays") == info_of(document())


@pytest.mark.parametrize("base_url", ["http://169.254.169.254/latest", "http://[::1]:9", "http://10.0.0.1"])
def test_an_upstream_that_the_operator_does_not_allow_is_refused(market, base_url):
    version = market.publish("holidays", document())

    told = market.point(version, base_url, 422).json

    assert (told["code"], told["errors"][0]["pointer"]) == ("address-refused", "/targets/0/base_url")
    (kept,) = market.publisher.send("GET", f"{version}/upstream").json["targets"]
    assert kept["base_url"].startswith("http://127.0.0.1:")


def test_a_key_calls_where_the_plan_takes_keys_and_nowhere_else(market):
    market.publish("holidays", document(), allows_api_key=True)
    market.publish("tides", document())
    client = market.register()
    client.subscribe("holidays")
    client.subscribe("tides")
    key = client.key()

    assert market.anyone.send("GET", "/api/holidays/v1/holidays", headers=key).data == ANSWER
    refused = market.anyone.send("GET", "/api/tides/v1/holidays", 403, headers=key)
    wrong = market.anyone.send("GET", "/api/holidays/v1/holidays", 401, headers={"X-API-Key": "gck_nothing"})

    assert (refused.json["code"], wrong.json["code"]) == ("key-not-allowed", "invalid-key")
    assert len(market.service.requests) == 1


def test_what_is_refused_never_reaches_the_department(market):
    market.publish("holidays", document())
    market.publish("tides", document())
    client = market.register()
    joined = client.subscribe("holidays")
    client.subscribe("tides")
    token, other = client.token("holidays:read"), client.token("tides:read")
    refusals = {
        "no-credentials": ("GET", "holidays", 401, {}),
        "invalid-token": ("GET", "holidays", 401, {"Authorization": "Bearer of.good.news"}),
        "wrong-audience": ("GET", "holidays", 401, other),
        "undeclared-path": ("GET", "nothing", 404, token),
        "undeclared-method": ("DELETE", "holidays", 405, token),
    }

    for code, (method, path, status, headers) in refusals.items():
        refused = market.anyone.send(method, f"/api/holidays/v1/{path}", status, headers=headers)
        assert (refused.json["code"], refused.mimetype) == (code, "application/problem+json")
        assert refused.headers["Content-Language"] == "fr"
    market.developer.send("DELETE", joined.headers["Location"])
    left = market.anyone.send("GET", "/api/holidays/v1/holidays", 403, headers=token)

    assert left.json["code"] == "not-subscribed"
    assert not market.service.requests


def test_a_service_that_is_down_is_told_and_its_return_is_noticed(market):
    version = market.publish("holidays", document())
    client = market.register()
    client.subscribe("holidays")
    token = client.token("holidays:read")
    with socket.socket() as nobody:  # bound and never listening: a connection is refused
        nobody.bind(("127.0.0.1", 0))
        market.point(version, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        down = market.anyone.send("GET", "/api/holidays/v1/holidays", 502, headers=token)
    market.point(version, f"http://127.0.0.1:{market.service.port}")

    up = market.anyone.send("GET", "/api/holidays/v1/holidays", headers=token)

    assert (down.json["code"], up.data) == ("upstream-unreachable", ANSWER)
    calls = market.developer.send("GET", f"{client.address}/calls").json["items"]
    assert {(each["request_id"], each["status"], each["refusal"]) for each in calls} == {
        (down.headers["X-Request-Id"], 502, "upstream-unreachable"),
        (up.headers["X-Request-Id"], 200, ""),
    }


def test_a_pipeline_publishes_for_its_department_with_a_token_of_its_own(market):
    version = market.publish("holidays", document())
    body = {
        "email": "editrice@example.org", "password": PASSWORD, "name": "CI", "pipeline": True,
        "organisation_id": market.department, "scopes": ["api:read", "api:edit", "api:publish"],
    }  # fmt: skip
    pipeline = Program(market.anyone.app, market.anyone.house)
    pipeline.token = market.anyone.send("POST", "/v1/tokens", 201, json=body).json["secret"]

    newer = document(title="Newer")
    pipeline.send("PUT", f"{version}/document", 201, data=newer, content_type="application/yaml")
    pipeline.send("POST", f"{version}/publish")

    assert market.offered("holidays") == info_of(newer)
    trail = market.publisher.send("GET", f"/v1/organisations/{market.department}/audit").json["items"]
    assert (trail[0]["command"], trail[0]["actor_name"]) == ("version.publish", "CI")
