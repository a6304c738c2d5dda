"""Sending what is due in the outbox. Any number of workers may try: a message is claimed before it is sent.

A message is claimed by moving its due time ahead in a transaction of its own; if the worker dies, it is due again
then. So a message can go out twice after a crash (under the same Message-ID), but is never lost.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import structlog
from sqlalchemy import Select, select

from gateway.mail.senders import MailRefused, Sender
from gateway.store.database import Database
from gateway.store.mail import Mail

MOST_ATTEMPTS = 12
"""How often a message is tried, which takes a day and a half."""

_FIRST_WAIT = timedelta(minutes=2)
_LONGEST_WAIT = timedelta(hours=6)
_MOST_AT_ONCE = 20

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Claimed:
    mail_id: str
    attempts: int
    message: EmailMessage


def deliver_due(database: Database, sender: Sender, now: datetime) -> int:
    """Send what is due; how many messages went out."""
    if not _anything_due(database, now):
        return 0
    sent = 0
    # One at a time: a slow server must not let the others' claims run out.
    for _ in range(_MOST_AT_ONCE):
        claimed = _claim(database, now)
        if claimed is None:
            break
        sent += _send(database, sender, claimed, now)
    return sent


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 2 minutes, doubling, at most 6 hours."""
    return min(_FIRST_WAIT * (1 << min(max(attempts - 1, 0), 10)), _LONGEST_WAIT)


def _anything_due(database: Database, now: datetime) -> bool:
    # On SQLite a claim takes the write lock; looking does not.
    with database.read() as session:
        return session.scalar(_due(now)) is not None


def _claim(database: Database, now: datetime) -> _Claimed | None:
    with database.begin() as session:
        mail = session.scalar(_due(now).with_for_update(skip_locked=True))
        if mail is None:
            return None
        message = _message(mail, now)
        mail.attempts += 1
        mail.due_at = now + backoff(mail.attempts)
        if mail.attempts == MOST_ATTEMPTS:
            # No attempt is left that would need it, and it may hold a link.
            mail.body = ""
        return _Claimed(mail.id, mail.attempts, message)


def _due(now: datetime) -> Select[Mail]:
    waiting = (Mail.sent_at.is_(None), Mail.due_at <= now, Mail.attempts < MOST_ATTEMPTS)
    return select(Mail).where(*waiting).order_by(Mail.due_at).limit(1)


def _send(database: Database, sender: Sender, claimed: _Claimed, now: datetime) -> bool:
    try:
        sender.send(claimed.message)
    except MailRefused as refused:
        given_up = claimed.attempts == MOST_ATTEMPTS
        log.warning(
            "mail not sent", mail=claimed.mail_id, attempts=claimed.attempts, given_up=given_up, reason=str(refused)
        )
        return False
    with database.begin() as session:
        mail = session.get_one(Mail, claimed.mail_id)
        # The body may hold a link that opens an account: it is not kept longer than it must.
        mail.sent_at, mail.body = now, ""
    return True


def _message(mail: Mail, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail.id}@guichet>"
    # RFC 3834 §5: nobody's holiday notice should answer this.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    # After the content, which begins the Content- fields anew.
    message["Content-Language"] = mail.language
    return message
