"""Webhooks by HTTP: added, tried, and what became of their messages."""

from sqlalchemy import select

from gateway.services.actor import utc_now
from gateway.services.courier import Courier
from gateway.store.webhooks import Webhook
from tests.fixtures.people import link_to
from tests.fixtures.receiving import HERE
from tests.gateway.management.world import World


def add(world: World, url: str = "https://hooks.example.org/b"):
    path = f"/v1/applications/{world.id('application')}/webhooks"
    return world.ask("POST", path, by="developer", json={"url": url})


def test_a_webhook_is_added_with_a_secret_that_is_shown_this_once(world):
    made = add(world)

    assert made.status_code == 201
    assert made.json["secret"].startswith("whsec_")
    read = world.ask("GET", made.headers["Location"], by="developer")
    assert read.json["url"] == "https://hooks.example.org/b"
    assert "secret" not in read.json
    listed = world.get(f"/v1/applications/{world.id('application')}/webhooks", by="developer")["items"]
    assert made.json["webhook"]["id"] in [each["id"] for each in listed]


def test_an_address_that_cannot_be_used_is_refused_at_its_field(world):
    for url, code in (("http://hooks.example.org/", "invalid"), ("https://a@hooks.example.org/", "address-refused")):
        refused = add(world, url)
        assert (refused.status_code, refused.json["code"]) == (422, code)
        assert refused.json["errors"][0]["field"] == "url"


def test_a_test_arrives_and_its_outcome_is_listed(world, receiver):
    with world.database.begin() as session:
        session.scalars(select(Webhook).where(Webhook.id == world.id("webhook"))).one().url = receiver.url
    path = f"/v1/webhooks/{world.id('webhook')}"

    assert world.ask("POST", f"{path}/test", by="developer").status_code == 202
    Courier(world.database, world.house.sealer, HERE, link_to).deliver_due(utc_now())

    latest = world.get(f"{path}/messages", by="developer")["items"][0]
    assert (latest["type"], latest["outcome"], latest["attempts"]) == ("webhook.test", "204", 1)
    assert [latest["id"]] == receiver.ids


def test_one_that_is_removed_is_not_there(world):
    path = f"/v1/webhooks/{world.id('webhook')}"

    assert world.ask("DELETE", path, by="developer").status_code == 204
    assert world.ask("GET", path, by="developer").status_code == 404
