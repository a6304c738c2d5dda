"""Webhooks of an application: where its notices go, each signed with a secret that is shown once.

A webhook is an application's and not its organisation's: whoever runs the one program receives what concerns it.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from gateway.credentials.webhook_signatures import mint_signing_secret
from gateway.domain.errors import ALREADY_DONE, NOT_FOUND, TOO_MANY, WRONG_STATE, DomainError
from gateway.domain.roles import Permission
from gateway.services import applications, audit, webhook_messages
from gateway.services.actor import Actor
from gateway.services.apis import require_signed_in
from gateway.services.application_states import require_open
from gateway.services.receivers import checked_receiver
from gateway.store.sealing import Sealer
from gateway.store.webhooks import Webhook, WebhookMessage
from gateway.upstream.addresses import AddressPolicy
from gateway.words import Words

MOST = 5
"""How many webhooks an application may have."""

SHOWN = 50
"""How many of the latest messages are listed."""

BOTH_SIGN = timedelta(days=1)
"""For how long a secret that was replaced signs as well."""


_OFF = Words("off", "désactivé")


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A webhook and its secret, which nobody shows again."""

    webhook: Webhook
    secret: str = field(repr=False)


def judge(session: Session, actor: Actor, application_id: str, *, url: str, policy: AddressPolicy) -> str:
    """An address that may be a webhook's of this application; to be asked in a session that reads, for names resolve.

    Raises:
        DomainError: who may not, REQUIRED, INVALID, ADDRESS_REFUSED.
    """
    applications.get(session, actor, application_id, Permission.EDIT_APPLICATION)
    return checked_receiver(url, policy)


def add(session: Session, actor: Actor, application_id: str, *, url: str, sealer: Sealer) -> NewSecret:
    """A new webhook at an address that was found good.

    Raises:
        DomainError: who may not, WRONG_STATE (closed), TOO_MANY.
    """
    application = applications.editable_application(session, actor, application_id)
    require_open(application)
    present = session.scalar(select(func.count()).where(Webhook.application_id == application.id)) or 0
    if present >= MOST:
        raise DomainError(TOO_MANY, members={"limit": MOST}, limit=MOST)
    secret = mint_signing_secret(secrets.token_bytes(32))
    hook = Webhook(
        application_id=application.id,
        url=url,
        sealed_secret=sealer.seal(secret.encode()),
        created_at=actor.now,
        created_by=actor.id,
        busy_until=actor.now,
    )
    hook.application = application
    session.add(hook)
    session.flush()
    audit.tell(session, actor, "webhook.add", **_told(hook))
    return NewSecret(hook, secret)


def of_application(session: Session, actor: Actor, application_id: str) -> list[Webhook]:
    """The webhooks of an application, the oldest first.

    Raises:
        DomainError: who may not.
    """
    application = applications.get(session, actor, application_id)
    query = select(Webhook).where(Webhook.application_id == application.id)
    return list(session.scalars(query.order_by(Webhook.created_at, Webhook.id)))


def get(
    session: Session, actor: Actor, webhook_id: str, permission: Permission = Permission.READ_APPLICATION
) -> Webhook:
    """A webhook of an application of the actor's.

    Raises:
        DomainError: who may not.
    """
    require_signed_in(actor)
    hook = session.get(Webhook, webhook_id)
    if hook is None:
        raise DomainError(NOT_FOUND)
    actor.require(permission, hook.application.organisation_id)
    return hook


def messages(session: Session, actor: Actor, webhook_id: str) -> list[WebhookMessage]:
    """The latest messages to a webhook, the newest first.

    Raises:
        DomainError: who may not.
    """
    hook = get(session, actor, webhook_id)
    query = select(WebhookMessage).where(WebhookMessage.webhook_id == hook.id)
    return list(
        session.scalars(query.order_by(WebhookMessage.created_at.desc(), WebhookMessage.id.desc()).limit(SHOWN))
    )


def replace_secret(session: Session, actor: Actor, webhook_id: str, *, sealer: Sealer) -> NewSecret:
    """A new secret; the one before signs as well for a day, so that the receiver may change over in peace.

    Raises:
        DomainError: who may not.
    """
    hook = _editable(session, actor, webhook_id)
    secret = mint_signing_secret(secrets.token_bytes(32))
    hook.sealed_before, hook.before_ends_at = hook.sealed_secret, actor.now + BOTH_SIGN
    hook.sealed_secret = sealer.seal(secret.encode())
    audit.tell(session, actor, "webhook.secret", **_told(hook))
    return NewSecret(hook, secret)


def remove(session: Session, actor: Actor, webhook_id: str) -> None:
    """End a webhook; what waits for it is sent no more.

    Raises:
        DomainError: who may not.
    """
    hook = _editable(session, actor, webhook_id)
    audit.tell(session, actor, "webhook.remove", **_told(hook))
    session.execute(delete(WebhookMessage).where(WebhookMessage.webhook_id == hook.id))
    session.delete(hook)


def enable(session: Session, actor: Actor, webhook_id: str) -> Webhook:
    """Send again to a webhook that was turned off; what was not sent meanwhile stays so.

    Raises:
        DomainError: who may not, ALREADY_DONE (it is on).
    """
    hook = _editable(session, actor, webhook_id)
    if hook.disabled_at is None:
        raise DomainError(ALREADY_DONE)
    hook.disabled_at = hook.failing_since = None
    audit.tell(session, actor, "webhook.enable", **_told(hook))
    return hook


def send_test(session: Session, actor: Actor, webhook_id: str) -> Webhook:
    """Send a message that says nothing but that it is one.

    Raises:
        DomainError: who may not, WRONG_STATE (it is off), ALREADY_DONE (one is on its way).
    """
    hook = _working(session, actor, webhook_id)
    waits = (WebhookMessage.webhook_id == hook.id, WebhookMessage.type == webhook_messages.TEST)
    waiting = select(WebhookMessage.id).where(*waits, WebhookMessage.attempts == 0, WebhookMessage.due_at.is_not(None))
    if session.scalar(waiting.limit(1)):
        raise DomainError(ALREADY_DONE)
    data = {"application": {"id": hook.application_id, "name": hook.application.name}}
    webhook_messages.put(session, [hook], webhook_messages.TEST, data, actor.now)
    audit.tell(session, actor, "webhook.test", **_told(hook))
    return hook


def send_again(session: Session, actor: Actor, webhook_id: str, message_id: str) -> WebhookMessage:
    """Send a message once more, now, under the same id; its tries begin anew.

    Raises:
        DomainError: who may not, NOT_FOUND, WRONG_STATE (it is off).
    """
    hook = _working(session, actor, webhook_id)
    message = session.get(WebhookMessage, message_id, with_for_update=True)
    if message is None or message.webhook_id != hook.id:
        raise DomainError(NOT_FOUND)
    message.attempts, message.due_at, message.delivered_at = 0, actor.now, None
    audit.tell(session, actor, "webhook.send-again", **_told(hook))
    return message


def turn_off(session: Session, hook: Webhook, actor: Actor) -> None:
    """Send no more to a webhook that fails; what waits is sent no more either."""
    hook.disabled_at = actor.now
    waiting = (WebhookMessage.webhook_id == hook.id, WebhookMessage.due_at.is_not(None))
    session.execute(update(WebhookMessage).where(*waiting).values(due_at=None))
    audit.tell(session, actor, "webhook.turn-off", **_told(hook))


def _editable(session: Session, actor: Actor, webhook_id: str) -> Webhook:
    hook = get(session, actor, webhook_id, Permission.EDIT_APPLICATION)
    session.refresh(hook, with_for_update=True)
    return hook


def _working(session: Session, actor: Actor, webhook_id: str) -> Webhook:
    hook = _editable(session, actor, webhook_id)
    if hook.disabled_at is not None:
        raise DomainError(WRONG_STATE, members={"state": "off"}, state=_OFF)
    return hook


def _told(hook: Webhook) -> dict[str, Any]:
    after = {"application": hook.application_id, "host": hook.url.split("/")[2]}  # a path may hold a secret
    return {"subject": hook.id, "organisation_id": hook.application.organisation_id, "after": after}
