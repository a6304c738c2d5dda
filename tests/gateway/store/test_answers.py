from datetime import timedelta

from sqlalchemy import select

from gateway.store.answers import KeptAnswer
from tests.fixtures.people import NOW


def test_what_is_being_answered_has_no_answer(database):
    until = NOW + timedelta(minutes=2)
    with database.begin() as session:
        session.add(KeptAnswer(digest=b"form", body=b"", sent_at=NOW, keep_until=until))

    with database.read() as session:
        kept = session.scalars(select(KeptAnswer)).one()
        assert (kept.digest, kept.sent_at, kept.keep_until, kept.sealed) == (b"form", NOW, until, None)
