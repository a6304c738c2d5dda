"""What operators grant, behind real gateways: in force on every worker, and never more than was given.

One machine with SQLite and the table in a file, or two nodes with PostgreSQL and the shared ledger; either lane. Nobody
rings the bell of any node: edits are found as those of another machine are.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from gateway.domain.plans import Window
from gateway.services import allowances, credentials, limits, plans, subscriptions, upstreams
from gateway.services.actor import utc_now
from gateway.services.allowances import Grant
from gateway.services.upstream_laws import at
from gateway.upstream.addresses import AddressPolicy
from tests.calling import a_request, ask, call
from tests.fixtures.lanes import LANES
from tests.fixtures.publishing import SEALER
from tests.gunicorns import running
from tests.lane import KEY
from tests.loopback import serving
from tests.waiting import eventually
from tests.wire.client import Client

LIMIT = 24
WHY = "Census week"
CLIENTS = 6


def answer_all(line):
    while line.read_head():
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@dataclass
class Gateways:
    """Some nodes, a subscription, and how many calls reached the service."""

    database: Any
    operator: Any
    subscription: str
    request: bytes
    service: Any
    ports: list[int]

    @property
    def reached(self) -> int:
        return len(self.service.requests)

    def do(self, change, *given, **named):
        with self.database.begin() as session:
            change(session, replace(self.operator, now=utc_now()), self.subscription, *given, reason=WHY, **named)

    def calls(self, number):
        """The statuses of so many calls, from several clients at once, some to each node."""

        def client(which):
            with Client(self.ports[which % len(self.ports)]) as one:
                return [ask(one, self.request).status for _ in range(number // CLIENTS)]

        with ThreadPoolExecutor(CLIENTS) as threads:
            return Counter(status for found in threads.map(client, range(CLIENTS)) for status in found)

    def spends(self, in_all):
        """Call until so many have reached the service, and then see that no more do."""
        eventually(lambda: self.calls(CLIENTS) and self.reached >= in_all)
        assert self.calls(CLIENTS * 4) == {429: CLIENTS * 4}
        assert self.reached == in_all


@pytest.fixture
def served(database, publisher, developer, application, holidays):
    """A subscription of so many calls a month, its API, and a key."""
    with database.begin() as session:
        plan = plans.update_plan(
            session, publisher, holidays.plans[0].id, windows=[Window("month", LIMIT)], allows_api_key=True
        )
        joined = subscriptions.subscribe(session, developer, application.id, api_id=holidays.id, plan_id=plan.id)
        return joined.id, holidays, credentials.add_key(session, developer, application.id, name="Key").secret


@pytest.fixture(params=LANES)
def gateways(request, tmp_path, database, database_url, publisher, operator, served):
    subscription, holidays, key = served
    shares = database_url.startswith("postgresql")
    with serving(answer_all) as service, ExitStack() as stack:
        loopback, where = AddressPolicy.of(["127.0.0.0/8"]), at(f"http://127.0.0.1:{service.port}")
        with database.begin() as session:
            upstreams.set_upstream(session, publisher, holidays.versions[0].id, where, policy=loopback, sealer=SEALER)
        told = {"GUICHET_DATABASE_URL": database_url, "GUICHET_ALLOWED_NETWORKS": "127.0.0.0/8"}
        if shares:
            told["GUICHET_LEDGER_URL"] = request.getfixturevalue("empty_valkey").url
        options = ("-c", "deploy/gunicorn.conf.py", "--workers", "2", "--worker-class", LANES[request.param])
        nodes = [
            stack.enter_context(
                running("wsgi:app", *options, environment=told | {"GUICHET_DATA": str(tmp_path / f"node-{number}")})
            )
            for number in range(1 + shares)
        ]
        ports = [node.port for node in nodes]
        for port in ports:
            eventually(partial(is_ready, port))
        asked = a_request("/api/holidays/v1/holidays").replace(KEY.encode(), key.encode())
        yield Gateways(database, operator, subscription, asked, service, ports)


def is_ready(port):
    with suppress(OSError):
        return call(port, a_request("/readyz")).status == 200
    return False


def test_what_is_reset_raised_and_granted_is_served_and_not_a_call_more(gateways):
    gateways.spends(LIMIT)

    gateways.do(allowances.reset, windows=["month"])
    gateways.spends(LIMIT * 2)
    gateways.do(allowances.grant_extra, Grant("month", 5))
    gateways.spends(LIMIT * 2 + 5)
    gateways.do(limits.override, windows=[Window("month", LIMIT + 7)])
    gateways.spends(LIMIT * 2 + 5 + 7)
    gateways.do(allowances.grant_extra, Grant("month", 0))

    assert gateways.calls(CLIENTS) == {429: CLIENTS}


def test_a_reset_in_the_midst_of_calls_gives_back_what_was_used_and_no_more(gateways):
    eventually(lambda: gateways.calls(CLIENTS)[200])  # a shared ledger that is new settles first
    with ThreadPoolExecutor(1) as beside:
        hammering = beside.submit(gateways.calls, CLIENTS * 60)
        eventually(lambda: gateways.reached > LIMIT // 2)
        gateways.do(allowances.reset, windows=["month"])
        hammering.result()

    eventually(lambda: gateways.calls(CLIENTS) and gateways.reached > LIMIT)
    eventually(lambda: gateways.calls(CLIENTS * 2) == {429: CLIENTS * 2})
    # What was left at the reset is not added to what is given anew.
    assert LIMIT + LIMIT // 2 < gateways.reached <= LIMIT * 2
