"""An application's standing with an API, from both sides."""

import pytest


@pytest.fixture
def standing(world):
    return f"/v1/subscriptions/{world.id('subscription')}"


def test_asking_again_gives_the_subscription_there_is(world, standing):
    body = {"api_id": world.id("holidays"), "plan_id": world.id("holidays plan")}

    again = world.ask("POST", f"/v1/applications/{world.id('application')}/subscriptions", by="developer", json=body)

    assert again.headers["Location"] == standing
    assert (again.json["state"], again.json["api"], again.json["plan"]) == ("active", "holidays", "standard")


def test_a_draft_cannot_be_subscribed_to(world):
    body = {"api_id": world.id("draft"), "plan_id": world.id("draft plan")}

    reply = world.ask("POST", f"/v1/applications/{world.id('application')}/subscriptions", by="developer", json=body)

    assert reply.status_code == 404


def test_the_owner_changes_the_plan_and_the_department_does_not(world, standing):
    more = world.id("larger plan")
    body = {"api_id": world.id("holidays"), "plan_id": more}

    asked = world.ask("POST", f"/v1/applications/{world.id('application')}/subscriptions", by="developer", json=body)
    by_publisher = world.ask("POST", f"{standing}/change-plan", by="publisher", json={"plan_id": more})
    changed = world.ask("POST", f"{standing}/change-plan", by="developer", json={"plan_id": more})

    assert (asked.status_code, asked.json["code"]) == (409, "other-plan")
    assert standing.endswith(asked.json["subscription"])
    assert by_publisher.status_code == 403
    assert (changed.status_code, changed.json["plan"]) == (200, "larger")


def test_the_owner_leaves_with_a_reason_that_the_department_reads(world, standing):
    left = world.ask("DELETE", f"{standing}?reason=no%20longer%20needed", by="developer")

    assert (left.status_code, left.json["state"]) == (200, "cancelled")
    assert world.get(standing, by="publisher")["reason"] == "no longer needed"
    assert world.ask("DELETE", standing, by="developer").status_code == 409


def test_the_department_suspends_resumes_and_revokes(world, standing):
    states = [
        world.ask("POST", f"{standing}/{step}", by="publisher", json={"reason": "to see"}).json["state"]
        for step in ("suspend", "resume", "revoke")
    ]

    assert states == ["suspended", "active", "revoked"]


def test_each_side_keeps_to_its_own(world, standing):
    by_developer = world.ask("POST", f"{standing}/suspend", by="developer", json={"reason": "to see"})
    by_publisher = world.ask("DELETE", standing, by="publisher")

    assert (by_developer.status_code, by_publisher.status_code) == (403, 403)
    assert world.get(standing, by="developer")["state"] == "active"


def test_the_department_lists_who_subscribes(world):
    listed = world.get(f"/v1/apis/{world.id('holidays')}/subscriptions", by="publisher")

    assert [(each["application"], each["state"]) for each in listed["items"]] == [("Ovens", "active")]
    assert listed["total"] == 1
