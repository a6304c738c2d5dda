"""Applications and what proves who they are."""

import pytest


@pytest.fixture
def ovens(world):
    return f"/v1/applications/{world.id('application')}"


@pytest.mark.parametrize(("kind", "prefix"), [("secret", "gcs_"), ("key", "gck_")])
def test_a_secret_is_shown_once(world, ovens, kind, prefix):
    made = world.ask("POST", f"{ovens}/credentials", by="developer", json={"kind": kind, "name": "n", "days": 30})

    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    assert made.json["secret"].startswith(prefix)
    listed = world.ask("GET", made.headers["Location"], by="developer")
    assert made.json["credential"] in listed.json["items"]
    assert made.json["secret"] not in listed.text


@pytest.mark.parametrize("key", ["7f3c", '"7f3c"'])
def test_asking_twice_with_one_key_makes_one_credential(world, ovens, key):
    asked = {"by": "developer", "json": {"name": "n"}, "headers": {"Idempotency-Key": key}}

    first, second = (world.ask("POST", f"{ovens}/credentials", **asked) for _ in range(2))

    assert first.status_code == 201
    assert (second.status_code, second.json) == (first.status_code, first.json)
    assert len(world.get(f"{ovens}/credentials", by="developer")["items"]) == 2


@pytest.mark.parametrize("key", ["x" * 256, "clé", "a\tb"])
def test_a_key_that_cannot_be_kept_is_refused(world, ovens, key):
    reply = world.ask(
        "POST", f"{ovens}/credentials", by="developer", json={"name": "n"}, headers={"Idempotency-Key": key}
    )

    assert (reply.status_code, reply.json["errors"][0]["field"]) == (422, "Idempotency-Key")


def test_there_are_five_of_a_kind_at_once(world, ovens):
    made = [world.ask("POST", f"{ovens}/credentials", by="developer", json={"name": "n"}) for _ in range(5)]

    assert [each.status_code for each in made] == [201, 201, 201, 201, 409]
    assert made[-1].json["code"] == "too-many"


def test_a_revoked_credential_stays_in_the_list(world, ovens):
    gone = world.ask("DELETE", f"/v1/credentials/{world.id('credential')}", by="developer")

    assert (gone.status_code, gone.data) == (204, b"")
    assert world.get(f"{ovens}/credentials", by="developer")["items"][0]["revoked_at"]


def test_the_operator_suspends_and_resumes_with_a_reason(world, ovens):
    unsaid = world.ask("POST", f"{ovens}/suspend", by="operator")
    suspended = world.ask("POST", f"{ovens}/suspend", by="operator", json={"reason": "floods the service"})
    resumed = world.ask("POST", f"{ovens}/resume", by="operator")

    assert (unsaid.status_code, unsaid.json["errors"][0]["field"]) == (422, "reason")
    assert (suspended.json["state"], suspended.json["state_reason"]) == ("suspended", "floods the service")
    assert resumed.json["state"] == "active"


def test_a_developer_cannot_suspend(world, ovens):
    reply = world.ask("POST", f"{ovens}/suspend", by="developer", json={"reason": "why not"})

    assert (reply.status_code, reply.json["code"]) == (403, "forbidden")


def test_closing_ends_the_subscriptions(world, ovens):
    closed = world.ask("POST", f"{ovens}/close", by="developer")

    assert closed.json["state"] == "closed"
    assert [each["state"] for each in world.get(f"{ovens}/subscriptions", by="developer")["items"]] == ["cancelled"]


def test_a_department_has_no_applications(world):
    body = {"organisation_id": world.id("heritage"), "name": "N"}

    assert world.ask("POST", "/v1/applications", by="operator", json=body).status_code == 403


def test_an_operator_finds_any_application_by_its_words(world):
    assert [each["name"] for each in world.get("/v1/applications?q=oven", by="operator")["items"]] == ["Ovens"]
    assert world.get("/v1/applications", by="operator")["items"] == []
    assert world.ask("GET", "/v1/applications?q=oven", by="developer").status_code in {403, 404}
