import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError

from gateway.store.accounts import Organisation
from gateway.store.changes import Change
from gateway.store.database import Database, looking, unless_taken
from gateway.store.tables import METADATA
from tests.fixtures.people import NOW, an_account


class StoppedError(Exception):
    pass


class TakenError(Exception):
    pass


def count(database, model=Change):
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model))


def test_what_is_begun_is_kept_together(database):
    with database.begin() as session:
        session.add_all([Change(subject="a", at=NOW), Change(subject="b", at=NOW)])

    assert count(database) == 2


def test_what_stops_half_way_leaves_nothing(database):
    def stop_half_way():
        with database.begin() as session:
            session.add(Change(subject="a", at=NOW))
            session.flush()
            raise StoppedError

    with pytest.raises(StoppedError):
        stop_half_way()

    assert count(database) == 0


def test_what_was_only_read_is_never_written(database):
    # PostgreSQL refuses it at once, SQLite forgets it.
    with suppress(InternalError), database.read() as session:
        session.add(Change(subject="a", at=NOW))
        session.flush()

    assert count(database) == 0


def test_all_that_is_read_is_of_one_moment(database):
    with database.read() as session:
        before = session.scalar(select(func.count()).select_from(Change))
        with database.begin() as other:
            other.add(Change(subject="a", at=NOW))
        after = session.scalar(select(func.count()).select_from(Change))

    assert (before, after, count(database)) == (0, 0, 1)


def test_rows_can_be_read_after_their_transaction(database):
    with database.begin() as session:
        account = an_account(session)

    assert account.email == "camille@example.org"


def test_a_new_file_may_be_opened_by_many_at_once(tmp_path):
    together = threading.Barrier(8)

    def open_it(url):
        database = Database(url)
        together.wait(timeout=30)
        with database.begin() as session:
            mode = session.execute(text("PRAGMA journal_mode")).scalar()
        database.dispose()
        return mode

    for number in range(20):
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(open_it, [f"sqlite:///{tmp_path}/{number}.db"] * 8)) == {"wal"}


def test_many_writers_at_once_all_succeed_in_turn(database):
    def write(number):
        with database.begin() as session:
            last = session.scalar(select(Organisation).where(Organisation.id == "org_1").with_for_update())
            last.name_en = str(int(last.name_en) + 1)
        return number

    with database.begin() as session:
        session.add(Organisation(id="org_1", kind="consumer", slug="s", name_en="0", name_fr="0", created_at=NOW))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(24)))

    with database.read() as session:
        assert session.get(Organisation, "org_1").name_en == "24"


def test_a_reader_does_not_wait_for_a_writer(database):
    with database.begin() as session:
        session.add(Change(subject="a", at=NOW))
        session.flush()

        assert count(database) == 0


def test_a_row_that_points_nowhere_is_refused(database):
    with pytest.raises(IntegrityError), database.begin() as session:
        session.execute(
            text("INSERT INTO memberships (id, account_id, organisation_id, role) VALUES ('m', 'a', 'o', 'r')")
        )


def test_a_look_sees_what_is_committed_holds_nothing_up(database):
    with database.begin() as session, looking(session) as look:
        before = look.scalar(select(func.count()).select_from(Organisation))
        with database.begin() as other:
            other.add(Organisation(id="org_1", kind="consumer", slug="s", name_en="n", name_fr="n", created_at=NOW))
        look.rollback()
        after = look.scalar(select(func.count()).select_from(Organisation))

    assert (before, after) == (0, 1)


def test_a_look_does_not_see_what_its_own_session_has_not_committed(database):
    with database.begin() as session:
        session.add(Change(subject="a", at=NOW))
        session.flush()
        with looking(session) as look:
            assert look.scalar(select(func.count()).select_from(Change)) == 0


# --- unless_taken


def an_organisation(slug):
    return Organisation(id=f"org_{slug}", kind="consumer", slug="same", name_en="n", name_fr="n", created_at=NOW)


def test_a_value_that_is_taken_becomes_the_given_error_and_the_rest_goes_on(database):
    with database.begin() as session:
        session.add(an_organisation("a"))
    with database.begin() as session:
        session.add(Change(subject="before", at=NOW))
        with pytest.raises(TakenError) as caught, unless_taken(session, TakenError()):
            session.add(an_organisation("b"))
        session.add(Change(subject="after", at=NOW))

    assert caught.value.__cause__ is None
    assert (count(database), count(database, Organisation)) == (2, 1)


def test_a_value_that_is_free_is_kept(database):
    with database.begin() as session, unless_taken(session, TakenError()):
        session.add(an_organisation("a"))

    assert count(database, Organisation) == 1


def test_another_error_stays_what_it_is(database):
    def stop():
        with database.begin() as session, unless_taken(session, TakenError()):
            session.add(an_organisation("a"))
            raise StoppedError

    with pytest.raises(StoppedError):
        stop()

    assert count(database, Organisation) == 0


def test_of_many_at_once_exactly_one_has_the_value(database):
    together = threading.Barrier(6)

    def take(number):
        together.wait()
        try:
            with database.begin() as session, unless_taken(session, TakenError()):
                session.add(an_organisation(str(number)))
        except TakenError:
            return "taken"
        return "kept"

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(take, range(6)))

    assert (outcomes.count("kept"), outcomes.count("taken")) == (1, 5)


# --- SQLite


@pytest.fixture
def sqlite(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'one.db'}")
    METADATA.create_all(database.engine)
    yield database
    database.dispose()


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 1), ("foreign_keys", 1), ("busy_timeout", 5_000)]
)
def test_each_connection_of_sqlite_is_told_how_to_behave(sqlite, pragma, value):
    with sqlite.read() as session:
        assert session.scalar(text(f"PRAGMA {pragma}")) == value


def test_a_transaction_that_changes_takes_the_write_lock_at_once(sqlite):
    other = Database(sqlite.url)
    with sqlite.begin() as session:
        session.connection()
        with other.read() as reading:
            reading.execute(text("PRAGMA busy_timeout=0"))
            with pytest.raises(OperationalError, match="locked"):
                reading.execute(text("INSERT INTO changes (subject, at) VALUES ('a', '2026-11-22')"))
    other.dispose()


def test_which_kind_of_database_it_is(database, database_url):
    assert database.is_sqlite is database_url.startswith("sqlite")
    assert database.url == database_url


def test_preparing_a_database_opens_nothing(tmp_path):
    Database(f"sqlite:///{tmp_path / 'never' / 'there.db'}").dispose()

    assert not (tmp_path / "never").exists()
