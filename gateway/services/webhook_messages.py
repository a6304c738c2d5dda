"""Messages for webhooks: put into the outbox in the transaction of what they tell, and sent afterwards.

A body is {type, timestamp, data}, as Standard Webhooks says; what is in `data` is said in the callers' guide.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.services.house import LinkTo
from gateway.services.quota_letters import Crossing
from gateway.store.webhooks import Webhook, WebhookMessage

NEAR = "quota.near"
SPENT = "quota.spent"
TEST = "webhook.test"


def tell_of_quota(session: Session, crossing: Crossing, link_to: LinkTo, now: datetime) -> None:
    """Tell the webhooks of an application that so much of its quota is used."""
    own = Webhook.application_id == crossing.subscription.application_id
    hooks = session.scalars(select(Webhook).where(own, Webhook.disabled_at.is_(None)).order_by(Webhook.id)).all()
    if hooks:
        put(session, hooks, SPENT if crossing.is_spent else NEAR, _data(crossing, link_to), now)


def put(session: Session, hooks: Iterable[Webhook], kind: str, data: Mapping[str, Any], now: datetime) -> None:
    """Put a message to each of these into the outbox."""
    told = {"type": kind, "timestamp": _told(now), "data": data}
    body = orjson.dumps(told).decode()
    session.add_all(
        WebhookMessage(webhook_id=hook.id, type=kind, body=body, created_at=now, due_at=now) for hook in hooks
    )


def _data(crossing: Crossing, link_to: LinkTo) -> dict[str, Any]:
    subscription, window = crossing.subscription, crossing.window
    application, api, plan = subscription.application, subscription.api, subscription.plan
    return {
        "application": {"id": application.id, "name": application.name},
        "api": {"id": api.id, "name": api.name},
        "plan": {"id": plan.id, "name_en": plan.name_en, "name_fr": plan.name_fr},
        "subscription": subscription.id,
        "window": window.name,
        "limit": window.limit,
        "used": crossing.used,
        "percent": crossing.percent,
        "resets": _told(crossing.ends_at),
        "usage": link_to("usage", "en", application.id),
        "more": link_to("more", "en", subscription.id),
    }


def _told(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
