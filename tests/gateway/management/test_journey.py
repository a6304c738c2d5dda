"""The whole journey by HTTP alone: from a department's document to an answered call, and to a refused one."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

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
from tests.fixtures.publishing import document
from tests.gateway.management.world import PUBLIC_URL, make_house
from tests.loopback import Line, serving

PASSWORD = "three quiet ovens at dawn"
OPERATING = ("department:create", "organisation:edit", "usage:read", "application:suspend")
PUBLISHING = ("api:read", "api:edit", "api:publish", "usage:read")
CONSUMING = ("organisation:read", "application:read", "application:edit", "subscription:edit", "usage:read")
ANSWER = b'{"holidays":[]}'


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

    def sign_up(self, email: str) -> None:
        """From an address to a confirmed account."""
        body = {"email": email, "name": "Marie Roy", "password": PASSWORD, "language": "fr"}
        self.send("POST", "/v1/accounts", 202, json=body)
        self.send("POST", "/v1/accounts/verify", json={"token": self._mailed(email)})

    def sign_in(self, email: str, *scopes: str) -> None:
        """From a password to a token."""
        body = {"email": email, "password": PASSWORD, "name": "journey", "scopes": scopes}
        self.token = self.send("POST", "/v1/tokens", 201, json=body).json["secret"]

    def call(self, path: str, status: int, token: str) -> Any:
        """One call to a department's API."""
        return self.send("GET", f"/api/{path}", status, headers={"Authorization": f"Bearer {token}"})

    def _mailed(self, email: str) -> str:
        with self.house.database.read() as session:
            body = session.scalars(select(Mail.body).where(Mail.recipient == email)).one()
        found = re.search(r"gcl_\w+", body)
        assert found
        return found[0]


@pytest.fixture
def upstream() -> Iterator[int]:
    """A department's service, by its port."""

    def answer(line: Line) -> None:
        while line.read_head():
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(ANSWER)}\r\n\r\n"
            line.write(head.encode() + ANSWER)

    with serving(answer) as server:
        yield server.port


@pytest.fixture
def store(tmp_path, upstream) -> Iterator[tuple[Flask, House]]:
    """A new installation with an operator, and nothing else."""
    policy = AddressPolicy.of(["127.0.0.0/8"])
    house, recorder = make_house(tmp_path, policy=policy)
    migrate(house.database)
    with house.database.begin() as session:
        ensure_signing_key(session, house.sealer, utc_now())
        organisations.create_operator(session, system(), email="op@example.org", name="Op", password=PASSWORD)
    sender = BlockingUpstream(policy)
    catalogue = StoreCatalogue(house.database, house.registry, PUBLIC_URL, parse_base_url)
    runtime = Runtime(StoreFinder(house.database), house.ledger, sender, recorder, catalogue)
    app = Flask("guichet", static_folder=None)
    app.extensions["guichet"] = house
    install_oauth(app, house)
    install_management(app, house)
    app.wsgi_app = ApiLane(app.wsgi_app, runtime, f"{PUBLIC_URL}/errors")  # type: ignore[method-assign]
    yield app, house
    sender.close()
    recorder.close()
    house.ledger.close()  # type: ignore[attr-defined]  # the port says nothing of closing
    house.database.dispose()


def test_from_an_empty_store_to_an_answered_call_and_a_refused_one(store, upstream):
    operator, publisher, developer, anyone = (Program(*store) for _ in range(4))

    department = a_department_with_its_publisher(operator, publisher)
    a_published_api(publisher, department, upstream)
    client = an_application_that_may_call(developer, anyone)
    token = access_token(anyone, client)

    for remaining in (2, 1, 0):
        reply = anyone.call("holidays/v1/holidays", 200, token)
        assert reply.data == ANSWER
        assert f"r={remaining}" in reply.headers["RateLimit"]
    spent = anyone.call("holidays/v1/holidays", 429, token)
    assert spent.headers["Content-Language"] == "fr"
    assert int(spent.headers["Retry-After"]) > 0

    told = developer.send("GET", f"{client['address']}/usage").json
    assert (told["calls"], told["refusals"]) == (4, 1)
    left = developer.send("GET", f"{client['address']}/left").json["items"]
    assert left[0]["left"][0]["remaining"] == 0
    seen = publisher.send("GET", f"/v1/apis/{client['api_id']}/usage").json
    assert [(each["name"], each["calls"], each["refused"]) for each in seen["by_application"]] == [("Fours", 4, 1)]
    assert operator.send("GET", "/v1/usage").json["calls"] == 4

    operator.send("POST", f"{client['address']}/suspend", json={"reason": "Trop d’appels."})
    refused = anyone.call("holidays/v1/holidays", 403, token)
    assert refused.json["code"] != spent.json["code"]


def a_department_with_its_publisher(operator: Program, publisher: Program) -> str:
    publisher.sign_up("editrice@example.org")
    operator.sign_in("op@example.org", *OPERATING)
    names = {"slug": "heritage", "name_en": "Canadian Heritage", "name_fr": "Patrimoine canadien"}
    made = operator.send("POST", "/v1/departments", 201, json=names)
    member = {"email": "editrice@example.org", "role": "publisher"}
    operator.send("POST", f"{made.headers['Location']}/members", 201, json=member)
    publisher.sign_in("editrice@example.org", *PUBLISHING)
    department_id: str = made.json["id"]
    return department_id


def a_published_api(publisher: Program, department: str, upstream: int) -> None:
    words = {"title_en": "Holidays", "title_fr": "Jours fériés", "description_en": "Off.", "description_fr": "Congés."}
    made = publisher.send("POST", "/v1/apis", 201, json={"organisation_id": department, "name": "holidays", **words})
    version = f"/v1/versions/{made.json['versions'][0]['id']}"
    faulty = publisher.send("PUT", f"{version}/document", 422, data=b"openapi: 3.1.0", content_type="application/yaml")
    assert faulty.json["findings"][0]["line"]
    publisher.send("PUT", f"{version}/document", 201, data=document(), content_type="application/yaml")
    early = publisher.send("POST", f"{version}/publish", 409)
    assert early.json["missing"] == ["upstream", "plan"]
    tag = {"If-Match": publisher.send("GET", version).headers["ETag"]}
    publisher.send("PUT", f"{version}/upstream", json={"base_url": f"http://127.0.0.1:{upstream}"}, headers=tag)
    plan = {"code": "three", "name_en": "Three", "name_fr": "Trois", "windows": [{"period": "month", "limit": 3}]}
    publisher.send("POST", f"{made.headers['Location']}/plans", 201, json=plan)
    assert publisher.send("POST", f"{version}/publish").json["state"] == "published"


def an_application_that_may_call(developer: Program, anyone: Program) -> dict[str, str]:
    developer.sign_up("marie@example.org")
    developer.sign_in("marie@example.org", *CONSUMING)
    (found,) = anyone.send("GET", "/v1/catalogue?q=conges").json["items"]
    published = anyone.send("GET", f"/v1/catalogue/{found['name']}").json
    assert anyone.send("GET", "/v1/catalogue/holidays/v1/document").data == document()
    (own,) = developer.send("GET", "/v1/organisations").json["items"]
    body = {"organisation_id": own["id"], "name": "Fours"}
    application = developer.send("POST", "/v1/applications", 201, json=body)
    address = application.headers["Location"]
    wanted = {"api_id": published["api"]["id"], "plan_id": published["plans"][0]["id"]}
    assert developer.send("POST", f"{address}/subscriptions", 201, json=wanted).json["state"] == "active"
    secret = developer.send("POST", f"{address}/credentials", 201, json={"name": "premier"}).json["secret"]
    return {
        "address": address,
        "api_id": found["id"],
        "client_id": application.json["client_id"],
        "client_secret": secret,
        "scope": " ".join(published["scopes"]),
    }


def access_token(anyone: Program, client: dict[str, str]) -> str:
    form = {name: client[name] for name in ("client_id", "client_secret", "scope")}
    token: str = anyone.send("POST", "/oauth/token", data={"grant_type": "client_credentials", **form}).json[
        "access_token"
    ]
    return token
