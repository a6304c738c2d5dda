"""A form is answered once: who sends it again, at once or a moment later, gets the answer that the first one got.

The law: the answer may hold a secret that is shown once, so it is kept for two minutes, and sealed with a key that only
the form itself has (its nonce): nothing that is stored opens it, not even with the installation's own secret.
"""

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_
from sqlalchemy.orm import Session

from gateway.store.answers import FormAnswer
from gateway.store.database import unless_taken
from gateway.store.sealing import Sealer

KEPT = timedelta(minutes=2)
ABANDONED = timedelta(seconds=30)
"""Who has not answered for so long was killed meanwhile."""


def claim(session: Session, digest: bytes, now: datetime) -> bool:
    """Whether nobody answers, or has answered, this form: whoever asks does it then, and `keep`s or `forget`s it."""
    stuck = and_(FormAnswer.sealed.is_(None), FormAnswer.sent_at < now - ABANDONED)
    session.execute(delete(FormAnswer).where(or_(FormAnswer.sent_at < now - KEPT, stuck)))
    try:
        with unless_taken(session, _SentBeforeError()):
            session.add(FormAnswer(digest=digest, sent_at=now))
    except _SentBeforeError:
        return False
    return True


def keep(session: Session, digest: bytes, nonce: str, answer: bytes) -> None:
    """Keep the answer, for who sends the form again."""
    if form := session.get(FormAnswer, digest):
        form.sealed = Sealer(nonce).seal(answer)


def forget(session: Session, digest: bytes) -> None:
    """Nothing was done: the form may be sent again."""
    session.execute(delete(FormAnswer).where(FormAnswer.digest == digest))


def answer_to(session: Session, digest: bytes, nonce: str) -> bytes | None:
    """What was answered to this form; None when there is no answer yet."""
    form = session.get(FormAnswer, digest)
    return Sealer(nonce).unseal(form.sealed) if form and form.sealed else None


class _SentBeforeError(Exception):
    """The same form was sent just now."""
