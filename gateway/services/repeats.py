"""What is sent twice is answered once: the second gets the answer that the first one got.

The law: the answer may hold a secret that is shown once. So it is sealed with a key that only whoever sent it has (the
nonce of a form; the token and the key of a request): nothing that is stored opens it, not even with the installation's
own secret.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import and_, delete, or_
from sqlalchemy.orm import Session

from gateway.pipeline.refusals import Failure
from gateway.services.actor import utc_now
from gateway.store.answers import KeptAnswer
from gateway.store.away import answering
from gateway.store.database import Database, unless_taken
from gateway.store.sealing import Sealer

ABANDONED = timedelta(seconds=30)
"""Who has not answered for so long was killed meanwhile."""

log = structlog.get_logger(__name__)


class Sent(NamedTuple):
    """What was sent: the digest by which it is known, the secret of whoever sent it, and the digest of its body."""

    digest: bytes
    secret: str
    body: bytes = b""


class Earlier(NamedTuple):
    """The same, as it was sent before: its body's digest, and what was answered; None while it is being answered."""

    body: bytes
    answer: bytes | None


def answered_before(database: Database, sent: Sent, kept: timedelta) -> Earlier | None:
    """What the same was answered; None for the first who sends it: they do the work, and say when it is `done`."""
    with database.begin() as session:
        if claim(session, sent, utc_now(), kept):
            return None
        return earlier(session, sent) or Earlier(sent.body, None)


def done(database: Database, sent: Sent, answer: bytes | None, request_id: str) -> None:
    """Keep what was answered for who sends the same again; None, where nothing was done, lets it be sent again."""
    try:
        with answering(), database.begin() as session:
            if answer is None:
                forget(session, sent)
            else:
                keep(session, sent, answer)
    except Failure as failure:
        # It was done, and whoever asked hears of it; only who sends it again does not.
        log.warning("an answer was not kept", request_id=request_id, exc_info=failure)


def claim(session: Session, sent: Sent, now: datetime, kept: timedelta) -> bool:
    """Whether nobody answers, or has answered, this: whoever asks does it then, and `keep`s or `forget`s it."""
    stuck = and_(KeptAnswer.sealed.is_(None), KeptAnswer.sent_at < now - ABANDONED)
    session.execute(delete(KeptAnswer).where(or_(KeptAnswer.keep_until < now, stuck)))
    try:
        with unless_taken(session, _SentBeforeError()):
            session.add(KeptAnswer(digest=sent.digest, body=sent.body, sent_at=now, keep_until=now + kept))
    except _SentBeforeError:
        return False
    return True


def keep(session: Session, sent: Sent, answer: bytes) -> None:
    """Keep the answer, for who sends the same again."""
    if known := session.get(KeptAnswer, sent.digest):
        known.sealed = Sealer(sent.secret).seal(answer)


def forget(session: Session, sent: Sent) -> None:
    """Nothing was done: it may be sent again."""
    session.execute(delete(KeptAnswer).where(KeptAnswer.digest == sent.digest))


def earlier(session: Session, sent: Sent) -> Earlier | None:
    """What is known of the same; None when nothing is."""
    known = session.get(KeptAnswer, sent.digest)
    if known is None:
        return None
    return Earlier(known.body, Sealer(sent.secret).unseal(known.sealed) if known.sealed else None)


class _SentBeforeError(Exception):
    """The same was sent just now."""
