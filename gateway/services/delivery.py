"""Sending what is due in the outbox. Any number of workers may try: a message is claimed before it is sent.

A message is claimed by moving its due time ahead in a transaction of its own; if the worker dies, it is due again
then. So a message can go out twice after a crash, but is never lost.
"""

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

import structlog
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from gateway.mail.senders import MailRefused, Sender
from gateway.store.database import Database
from gateway.store.mail import Mail

_CLAIM = timedelta(minutes=2)
_MOST_AT_ONCE = 20
_MOST_ATTEMPTS = 12

log = structlog.get_logger(__name__)


def deliver_due(database: Database, sender: Sender, now: datetime) -> int:
    """Send what is due; how many messages went out."""
    if not _anything_due(database, now):
        return 0
    with database.begin() as session:
        claimed = _claim(session, now)
    sent = [mail.id for mail in claimed if _send(sender, mail, now)]
    if sent:
        with database.begin() as session:
            for mail_id in sent:
                mail = session.get_one(Mail, mail_id)
                # The body may hold a link that opens an account: it is not kept longer than it must.
                mail.sent_at, mail.body = now, ""
    return len(sent)


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 2 minutes, doubling, at most 6 hours."""
    return min(_CLAIM * (1 << min(max(attempts - 1, 0), 10)), timedelta(hours=6))


def _anything_due(database: Database, now: datetime) -> bool:
    with database.read() as session:
        return session.scalar(_due(now).limit(1)) is not None


def _claim(session: Session, now: datetime) -> list[Mail]:
    mails = list(session.scalars(_due(now).limit(_MOST_AT_ONCE).with_for_update(skip_locked=True)))
    for mail in mails:
        mail.attempts += 1
        mail.due_at = now + backoff(mail.attempts)
    return mails


def _due(now: datetime) -> Select[Mail]:
    return (
        select(Mail)
        .where(Mail.sent_at.is_(None), Mail.due_at <= now, Mail.attempts < _MOST_ATTEMPTS)
        .order_by(Mail.due_at)
    )


def _send(sender: Sender, mail: Mail, now: datetime) -> bool:
    message = EmailMessage()
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(mail.id, "guichet")
    message["Content-Language"] = mail.language
    # RFC 3834 §5: nobody's holiday notice should answer this.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    try:
        sender.send(message)
    except MailRefused as refused:
        log.warning("mail not sent", mail=mail.id, attempts=mail.attempts, reason=str(refused))
        return False
    return True
