from sqlalchemy import select

from gateway.store.answers import FormAnswer
from tests.fixtures.people import NOW


def test_a_form_that_is_being_answered_has_no_answer(database):
    with database.begin() as session:
        session.add(FormAnswer(digest=b"form", sent_at=NOW))

    with database.read() as session:
        kept = session.scalars(select(FormAnswer)).one()
        assert (kept.digest, kept.sent_at, kept.sealed) == (b"form", NOW, None)
