"""What was called, what is left, and who changed what."""

import csv
import time
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest

from gateway.domain.plans import Charge, Window
from tests.fixtures.consuming import finished


@pytest.fixture
def called(world):
    """Four calls of just now, one of them refused, one let down, still in the journal."""
    now = time.time()
    ended: list[dict[str, Any]] = [{}, {}]
    ended += {"status": 429, "refusal": "plan-spent"}, {"status": 504, "refusal": "upstream-timeout"}
    for how in ended:
        done = finished(
            api_id=world.id("holidays"),
            version_id=world.id("holidays v1"),
            application_id=world.id("application"),
            subscription_id=world.id("subscription"),
            plan_id=world.id("holidays plan"),
            **how,
        )
        world.recorder.record(replace(done, event=replace(done.event, received_at=now)))


@pytest.mark.parametrize(
    ("path", "by"),
    [
        ("/v1/applications/{application}/usage", "developer"),
        ("/v1/apis/{holidays}/usage", "publisher"),
        ("/v1/usage", "operator"),
    ],
)
def test_calls_are_counted_for_each_who_may_know(world, called, path, by):
    told = world.get(path.format(**world.built.ids), by=by)

    assert (told["calls"], told["refusals"]) == (4, 1)
    assert told["by_refusal"] == [{"code": "plan-spent", "calls": 1}]
    assert (told["failures"], told["by_failure"]) == (1, [{"code": "upstream-timeout", "calls": 1}])
    assert sum(each["calls"] for each in told["by_hour"]) == 4


def test_a_department_sees_who_called_what(world, called):
    told = world.get(f"/v1/apis/{world.id('holidays')}/usage?hours=2", by="publisher")

    assert told["by_application"] == [
        {"id": world.id("application"), "name": "Ovens", "calls": 4, "refused": 1, "failed": 1}
    ]
    (operation,) = told["by_operation"]
    assert {**operation, "by_status": 0} == {
        "operation": "GET /holidays", "calls": 4, "refused": 1, "failed": 1, "by_status": 0,
    }  # fmt: skip
    assert operation["by_status"] == told["by_status"]
    assert told["by_status"] == [{"status_class": number, "calls": calls} for number, calls in ((2, 2), (4, 1), (5, 1))]
    assert told["latency"] == [{"percent": percent, "at_most_ms": 10} for percent in (50, 95, 99)]
    assert "GET /holidays" not in [each["operation"] for each in told["unused"]]


@pytest.mark.parametrize(
    ("path", "by", "name"),
    [
        ("/v1/applications/{application}/usage.csv", "developer", "holidays"),
        ("/v1/apis/{holidays}/usage.csv", "publisher", "Ovens"),
    ],
)
def test_the_same_comes_as_a_file(world, called, path, by, name):
    reply = world.ask("GET", path.format(**world.built.ids), by=by)

    rows = list(csv.DictReader(StringIO(reply.text[1:], newline="")))
    assert reply.mimetype == "text/csv"
    assert sum(int(row["calls"]) for row in rows) == 4
    assert {name} == {row["api" if by == "developer" else "application"] for row in rows}
    assert {(row["status_class"], row["refusal"]) for row in rows} == {
        ("2", ""), ("4", "plan-spent"), ("5", "upstream-timeout"),
    }  # fmt: skip


def test_an_application_is_looked_at_by_one_api(world, called):
    path = f"/v1/applications/{world.id('application')}/usage?api_id="

    assert world.get(path + world.id("holidays"), by="developer")["calls"] == 4
    assert world.get(path + world.id("draft"), by="developer")["calls"] == 0


def test_what_is_left_comes_from_the_ledger(world):
    windows = (Window("minute", 60), Window("day", 1_000))
    world.house.ledger.spend((Charge(world.id("subscription"), windows),))

    (told,) = world.get(f"/v1/applications/{world.id('application')}/left", by="developer")["items"]

    assert (told["api"], told["subscription_id"]) == ("holidays", world.id("subscription"))
    assert {each["period"]: (each["limit"], each["remaining"]) for each in told["left"]} == {
        "minute": (60, 59),
        "day": (1_000, 999),
    }


@pytest.mark.parametrize("hours", ["0", "745", "soon", ""])
def test_one_looks_back_a_month_at_most(world, hours):
    reply = world.ask("GET", f"/v1/applications/{world.id('application')}/usage?hours={hours}", by="developer")

    assert (reply.status_code, reply.json["errors"][0]["field"]) == (422, "hours")


def test_the_trail_tells_who_did_what(world):
    world.ask("POST", f"/v1/versions/{world.id('holidays v1')}/deprecate", by="publisher")

    latest = world.get(f"/v1/organisations/{world.id('heritage')}/audit?per_page=1", by="publisher")["items"][0]

    assert (latest["actor_name"], latest["command"]) == ("Publisher", "version.deprecate")
    assert (latest["before"]["state"], latest["after"]["state"]) == ("published", "deprecated")


def test_the_operator_reads_the_trail_of_every_organisation_at_once(world):
    whole = world.get("/v1/audit?per_page=100", by="operator")
    heritage = world.get(f"/v1/organisations/{world.id('heritage')}/audit?per_page=1", by="publisher")["items"]

    assert len({each["organisation_id"] for each in whole["items"]}) > 1
    assert heritage[0] in whole["items"]
