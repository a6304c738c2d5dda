import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from gateway.pipeline.refusals import STORE_AWAY, Failure
from gateway.store.away import answering
from gateway.store.database import Database
from gateway.store.usage import UsageBatch
from tests.fixtures.publishing import NOW


def test_a_database_that_cannot_be_opened_is_away(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/nowhere/guichet.db")

    with pytest.raises(Failure) as caught, answering(), database.read() as session:
        session.execute(text("SELECT 1"))

    assert caught.value.row is STORE_AWAY


def test_a_wrong_question_stays_a_bug(database):
    with database.begin() as session:
        session.add(UsageBatch(name="a", counted_at=NOW))

    with pytest.raises(IntegrityError), answering(), database.begin() as session:
        session.execute(text("INSERT INTO usage_batches SELECT * FROM usage_batches"))


def test_what_is_right_passes_through(database):
    with answering(), database.read() as session:
        assert session.scalar(text("SELECT 1")) == 1
