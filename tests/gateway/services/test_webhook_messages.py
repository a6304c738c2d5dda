import json

from sqlalchemy import select

from gateway.services import webhook_messages, webhooks
from gateway.store.webhooks import Webhook, WebhookMessage
from tests.fixtures.people import NOW, link_to
from tests.fixtures.publishing import SEALER

URL = "https://hooks.example.org/a"


def messages(database):
    with database.read() as session:
        return session.scalars(select(WebhookMessage).order_by(WebhookMessage.id)).all()


def test_each_webhook_that_is_on_is_told_what_the_letter_tells(quota, developer):
    with quota.database.begin() as session:
        added = [
            webhooks.add(session, developer, quota.subscription.application_id, url=URL, sealer=SEALER).webhook
            for _ in range(3)
        ]
        webhooks.turn_off(session, session.get_one(Webhook, added[0].id), developer)
    quota.call(85)
    quota.notice()

    told = messages(quota.database)
    assert {each.webhook_id for each in told} == {each.id for each in added[1:]}
    body = json.loads(told[0].body)
    assert (body["type"], told[0].type, set(body)) == ("quota.near", "quota.near", {"type", "timestamp", "data"})
    assert body["data"] == {
        "application": {"id": quota.subscription.application_id, "name": "Ovens"},
        "api": {"id": quota.subscription.api_id, "name": "holidays"},
        "plan": {"id": quota.subscription.plan_id, "name_en": "Tried", "name_fr": "Essai"},
        "subscription": quota.subscription.id,
        "window": "day",
        "limit": 100,
        "used": 85,
        "percent": 85,
        "resets": "2026-11-23T00:00:00Z",
        "usage": link_to("usage", "en", quota.subscription.application_id),
        "more": link_to("more", "en", quota.subscription.id),
    }


def test_each_threshold_is_one_message(quota, developer):
    with quota.database.begin() as session:
        webhooks.add(session, developer, quota.subscription.application_id, url=URL, sealer=SEALER)
    for calls in (80, 10, 10, 10):
        quota.call(calls)
        quota.notice()

    assert [each.type for each in messages(quota.database)] == ["quota.near", "quota.spent"]


def test_what_is_put_is_due_at_once(database, developer, application):
    with database.begin() as session:
        hook = webhooks.add(session, developer, application.id, url=URL, sealer=SEALER).webhook
        webhook_messages.put(session, [hook], webhook_messages.TEST, {}, NOW)

    (message,) = messages(database)
    assert json.loads(message.body) == {"type": "webhook.test", "timestamp": "2026-11-22T12:00:00Z", "data": {}}
    assert (message.due_at, message.attempts) == (NOW, 0)
