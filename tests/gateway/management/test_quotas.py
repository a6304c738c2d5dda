import time

import pytest

from gateway.domain.plans import Charge, Window
from tests.fixtures.consuming import finished


@pytest.fixture
def called(world):
    """Nine hundred of the thousand calls of a day."""
    own = {"application_id": "application", "api_id": "holidays", "subscription_id": "subscription"}
    known = {name: world.id(value) for name, value in own.items()}
    for _ in range(900):
        world.recorder.record(finished(**known, received_at=time.time()))
    world.house.ledger.spend((Charge(world.id("subscription"), (Window("day", 1_000),), 900),))


@pytest.mark.usefixtures("called")
def test_an_operator_lists_who_is_near_a_limit(world):
    found = world.get("/v1/quotas", by="operator")

    lines = {line["window"]["name"]: line for line in found["items"]}
    assert (lines["day"]["api"], lines["day"]["used"], lines["day"]["state"]) == ("holidays", 900, "near")
    assert lines["day"]["subscription_id"] == world.id("subscription")
    assert list(lines) == ["day"]


@pytest.mark.usefixtures("called")
@pytest.mark.parametrize("query", ["state=at", "words=zeppelin", "api_id=x", "department_id=x"])
def test_they_are_filtered(world, query):
    found = world.get(f"/v1/quotas?{query}", by="operator")

    assert "day" not in {line["window"]["name"] for line in found["items"]}


def test_a_filter_that_is_none_is_told(world):
    assert world.ask("GET", "/v1/quotas?state=far", by="operator").status_code == 422
