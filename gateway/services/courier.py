"""Sending messages to webhooks: signed (Standard Webhooks), tried again for three days, and at last turned off.

A message is claimed by a transaction of its own before it is sent, as the mail is (delivery.py), and with it its
webhook: one worker at a time sends to a receiver. A worker sends to several receivers at once, each of another
organisation, and to those that fail after those that do not: who has receivers that hang keeps their own messages
waiting, and nobody else's for longer than one try. A message may arrive twice after a crash, under the same id, but is
never lost.
"""

import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile

import structlog
from sqlalchemy import ColumnElement, Select, delete, select, update
from sqlalchemy.orm import Session, aliased

from gateway.credentials.webhook_signatures import signed_fields
from gateway.http.headers import Headers
from gateway.http.messages import Body
from gateway.pipeline.effects import Send
from gateway.pipeline.refusals import Failure
from gateway.pipeline.service import Service, Waits
from gateway.services import mail, quota_letters, webhooks
from gateway.services.actor import Actor
from gateway.services.house import LinkTo
from gateway.services.receivers import receiver_of
from gateway.store.applications import Application
from gateway.store.database import Database
from gateway.store.sealing import Sealer
from gateway.store.webhooks import Webhook, WebhookMessage
from gateway.upstream.addresses import AddressPolicy
from gateway.upstream.blocking import BlockingUpstream
from gateway.words import Words

PAUSES = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
"""How long is waited after each try that failed: the schedule of the specification, three days in all."""

FAILING = timedelta(days=3)
"""After so long without a success a webhook is turned off."""

KEPT = timedelta(days=30)
"""For how long messages are listed."""

CLAIM = timedelta(minutes=2)
WAITS = Waits(connect=5.0, first_byte=10.0, idle=5.0, total=15.0)
_MOST_AT_ONCE = 8
"""To so many receivers a worker sends at once; a round takes as long as the slowest of them."""

_GONE = 410
"""By this answer a receiver says that nothing is to be sent there any more (specification, "Webhook delivery")."""

OFF_SUBJECT = Words("{application}: a webhook is turned off", "{application}\u00a0: un webhook est désactivé")
OFF = Words(
    """{greeting}

The webhook of your application {application} at {host} is turned off, because nothing that was sent there for days arrived, or because it answered that it is gone. The last try came to: {outcome}.

Nothing more is sent there until you turn it on again:
{link}
""",  # noqa: E501 - a paragraph of a message is one line
    """{greeting}

Le webhook de votre application {application} à {host} est désactivé, parce que rien de ce qui y a été envoyé depuis des jours n’est arrivé, ou parce qu’il a répondu ne plus exister. Le dernier essai a donné\u00a0: {outcome}.

Plus rien n’y est envoyé jusqu’à ce que vous le réactiviez\u00a0:
{link}
""",  # noqa: E501 - a paragraph of a message is one line
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Claimed:
    message_id: str
    webhook_id: str
    attempts: int
    url: str
    body: bytes
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Courier:
    """Sends where the policy allows. `tls` verifies certificates, by default against the system's authorities."""

    database: Database
    sealer: Sealer
    policy: AddressPolicy
    link_to: LinkTo
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def deliver_due(self, now: datetime) -> int:
        """Send some of what is due; how many messages arrived."""
        with self.database.read() as session:
            if session.scalar(_due_webhooks(now)) is None:
                return 0
        with ThreadPoolExecutor(_MOST_AT_ONCE) as threads:
            claims = takewhile(bool, (self._claim(now) for _ in range(_MOST_AT_ONCE)))
            return sum(threads.map(partial(self._deliver, now), claims))

    def _deliver(self, now: datetime, claimed: _Claimed) -> bool:
        outcome = self._send(claimed, now)
        with self.database.begin() as session:
            return _note(session, claimed, outcome, self.link_to, now)

    def _claim(self, now: datetime) -> _Claimed | None:
        with self.database.begin() as session:
            hook = session.scalar(_due_webhooks(now).with_for_update(skip_locked=True, of=Webhook))
            if hook is None:
                return None
            due = select(WebhookMessage).where(WebhookMessage.webhook_id == hook.id, WebhookMessage.due_at <= now)
            message = session.scalars(due.order_by(WebhookMessage.due_at).limit(1).with_for_update()).first()
            if message is None:  # sent or withdrawn by somebody just now
                return None
            hook.busy_until = now + CLAIM
            message.attempts += 1
            message.due_at = now + CLAIM
            secrets = tuple(self.sealer.unseal(sealed).decode() for sealed in _sealed(hook, now))
            return _Claimed(message.id, hook.id, message.attempts, hook.url, message.body.encode(), secrets)

    def _send(self, claimed: _Claimed, now: datetime) -> str:
        """What a try comes to: a status, or a code of refusals.py. No redirect is followed."""
        target, path_and_query = receiver_of(claimed.url)
        signed = signed_fields(claimed.message_id, claimed.body, claimed.secrets, int(now.timestamp()))
        headers = Headers((("Content-Type", "application/json"), ("User-Agent", "Guichet-Webhooks"), *signed))
        service = Service((target,), waits=WAITS, retries=0, owner=claimed.webhook_id)
        # A client for each message: no connection of one receiver is kept for another, and none is judged by the last.
        upstream = BlockingUpstream(self.policy, self.tls)
        try:
            body = Body((claimed.body,), len(claimed.body))
            reply = upstream.send(Send(service, "POST", path_and_query, headers, body))
            reply.body.close()
        except Failure as failure:
            return failure.row.code
        finally:
            upstream.close()
        return str(reply.status)


def _due_webhooks(now: datetime) -> Select[Webhook]:
    waiting = select(WebhookMessage.id).where(WebhookMessage.webhook_id == Webhook.id, WebhookMessage.due_at <= now)
    other, others = aliased(Webhook), aliased(Application)
    same = others.organisation_id == Application.organisation_id
    served = select(other.id).join(others).where(same, other.busy_until > now).correlate(Application)
    free = (Webhook.disabled_at.is_(None), Webhook.busy_until <= now, waiting.exists(), ~served.exists())
    order = (Webhook.failing_since.is_not(None), Webhook.busy_until, Webhook.id)
    return select(Webhook).join(Webhook.application).where(*free).order_by(*order).limit(1)


def _sealed(hook: Webhook, now: datetime) -> Sequence[bytes]:
    if hook.sealed_before is not None and hook.before_ends_at is not None and now < hook.before_ends_at:
        return (hook.sealed_secret, hook.sealed_before)
    return (hook.sealed_secret,)


def _note(session: Session, claimed: _Claimed, outcome: str, link_to: LinkTo, now: datetime) -> bool:
    """Write down what a try came to; whether the message arrived."""
    hook = session.get(Webhook, claimed.webhook_id, with_for_update=True)
    if hook is None:  # it was removed meanwhile
        return False
    arrived = len(outcome) == len("200") and outcome.startswith("2")
    next_at = None if arrived or claimed.attempts > len(PAUSES) else now + PAUSES[claimed.attempts - 1]
    # Somebody may have asked meanwhile that it be sent again: then it is due already.
    own: tuple[ColumnElement[bool], ...] = (
        WebhookMessage.id == claimed.message_id, WebhookMessage.attempts == claimed.attempts,
    )  # fmt: skip
    told = {"outcome": outcome, "tried_at": now, "due_at": next_at, "delivered_at": now if arrived else None}
    session.execute(update(WebhookMessage).where(*own).values(told))
    hook.busy_until = now
    hook.failing_since = None if arrived else hook.failing_since or now
    if hook.failing_since and hook.disabled_at is None:
        log.info("a webhook's receiver did not take a message", webhook=hook.id, outcome=outcome)
        if outcome == str(_GONE) or now - hook.failing_since >= FAILING:
            _turn_off(session, hook, outcome, link_to, now)
    forgotten = (WebhookMessage.webhook_id == hook.id, WebhookMessage.created_at < now - KEPT)
    session.execute(delete(WebhookMessage).where(*forgotten))
    return arrived


def _turn_off(session: Session, hook: Webhook, outcome: str, link_to: LinkTo, now: datetime) -> None:
    house = Actor("system", "guichet", now)
    webhooks.turn_off(session, hook, house)
    application = hook.application
    for account in quota_letters.members(session, application.organisation_id):
        link = link_to("webhook", mail.language_of(account), hook.id)
        told = {"application": application.name, "host": hook.url.split("/")[2], "outcome": outcome, "link": link}
        mail.write(session, house, account, OFF_SUBJECT, OFF, **told)
