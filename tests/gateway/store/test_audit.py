import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from gateway.store.audit import GENESIS, AuditEvent, AuditHead, append, broken_links, keeps_its_end
from gateway.store.database import Database
from gateway.store.tables import METADATA
from tests.fixtures.people import NOW

TEXT_COLUMNS = ["actor", "actor_name", "command", "subject", "organisation_id", "reason", "request_id"]


def an_event(number=0, **given):
    usual = {
        "at": NOW + timedelta(microseconds=number),
        "actor": "acc_1",
        "actor_name": "Zoë",
        "command": "api.publish",
        "subject": f"api_{number}",
        "organisation_id": "dep_1",
        "before": {"state": "checked", "n": 1.5, "é": None},
        "after": {"state": "published", "deep": [{"a": True}]},
        "reason": "because",
        "request_id": "req_1",
    }
    return AuditEvent(**usual | given)


def write(database, count):
    with database.begin() as session:
        for number in range(count):
            append(session, an_event(number))


def broken(database):
    with database.read() as session:
        return [event.sequence for event in broken_links(session)]


def alter(database, sequence, /, **values):
    with database.begin() as session:
        session.execute(update(AuditEvent).where(AuditEvent.sequence == sequence).values(**values))


@pytest.fixture
def five(database):
    write(database, 5)
    return database


def test_a_trail_is_numbered_chained_and_whole(five):
    with five.read() as session:
        events = session.scalars(select(AuditEvent).order_by(AuditEvent.sequence)).all()
        assert keeps_its_end(session)

    assert [event.sequence for event in events] == [1, 2, 3, 4, 5]
    assert [event.previous_hash for event in events] == [GENESIS, *[event.hash for event in events[:-1]]]
    assert broken(five) == []


def test_a_trail_without_events_is_whole(database):
    with database.read() as session:
        assert list(broken_links(session)) == []
        assert keeps_its_end(session)


@pytest.mark.parametrize("column", TEXT_COLUMNS)
def test_one_altered_letter_is_seen_where_it_is(five, column):
    with five.read() as session:
        told = session.scalar(select(getattr(AuditEvent, column)).where(AuditEvent.sequence == 3))

    alter(five, 3, **{column: told[:-1] + chr(ord(told[-1]) ^ 1)})

    assert broken(five) == [3]


@pytest.mark.parametrize(
    "values",
    [
        {"at": NOW},
        {"before": {"state": "checked", "n": 1.5}},
        {"after": {"state": "published", "deep": [{"a": False}]}},
        {"after": {}},
        {"sequence": 6},
    ],
    ids=str,
)
def test_whatever_else_is_altered_is_seen(five, values):
    alter(five, 3, **values)

    assert broken(five)


@pytest.mark.parametrize("column", ["hash", "previous_hash"])
def test_a_forged_link_is_seen(five, column):
    alter(five, 3, **{column: hashlib.sha256(b"forged").hexdigest()})

    assert 3 in broken(five)


@pytest.mark.parametrize("sequence", [1, 3])
def test_an_event_that_is_taken_out_is_missed_by_the_next(five, sequence):
    with five.begin() as session:
        session.execute(delete(AuditEvent).where(AuditEvent.sequence == sequence))

    assert broken(five) == [sequence + 1]


@pytest.mark.parametrize("kept", [0, 4])
def test_a_trail_that_is_cut_at_its_end_is_seen(five, kept):
    with five.begin() as session:
        session.execute(delete(AuditEvent).where(AuditEvent.sequence > kept))

    with five.read() as session:
        assert list(broken_links(session)) == []
        assert not keeps_its_end(session)


def test_two_events_that_change_places_are_seen(five):
    alter(five, 2, sequence=99)
    alter(five, 3, sequence=2)
    alter(five, 99, sequence=3)

    assert {2, 3} <= set(broken(five))


def test_an_event_that_is_undone_leaves_no_gap(database):
    class UndoneError(Exception):
        pass

    def undo():
        with database.begin() as session:
            append(session, an_event())
            raise UndoneError

    write(database, 1)
    with pytest.raises(UndoneError):
        undo()
    write(database, 1)

    with database.read() as session:
        assert list(session.scalars(select(AuditEvent.sequence).order_by(AuditEvent.sequence))) == [1, 2]
        assert session.get(AuditHead, 1).sequence == 2
    assert broken(database) == []


def test_writers_at_once_make_one_chain(database):
    def work(_number):
        for number in range(5):
            with database.begin() as session:
                append(session, an_event(number))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))

    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(AuditEvent)) == 30
        assert keeps_its_end(session)
    assert broken(database) == []


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('audit') / 'one.db'}")
    METADATA.create_all(database.engine)
    with database.begin() as session:
        session.add(AuditHead(id=1, sequence=0, hash=GENESIS))
    write(database, 3)
    yield database
    database.dispose()


ANY_VALUE = st.dictionaries(
    st.text(max_size=5), st.text(max_size=5) | st.integers(-9, 9) | st.booleans() | st.none(), max_size=3
)


@given(
    sequence=st.integers(1, 3),
    column=st.sampled_from([*TEXT_COLUMNS, "before", "after"]),
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    values=ANY_VALUE,
)
def test_no_alteration_of_any_event_goes_unseen(memory, sequence, column, text, values):
    altered = values if column in {"before", "after"} else text
    event = AuditEvent.sequence == sequence
    with Session(memory.engine) as session:
        kept = session.scalar(select(getattr(AuditEvent, column)).where(event))
        session.execute(update(AuditEvent).where(event).values(**{column: altered}))
        seen = [event.sequence for event in broken_links(session)]
        session.rollback()

    assert seen == ([] if altered == kept else [sequence])
