from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text
from sqlalchemy.exc import OperationalError

from gateway.pipeline.ports import Changed
from gateway.services import audit
from gateway.services.actor import system
from gateway.store.changes import CATALOGUE, Change, announce, changes_since, latest
from gateway.store.keys import ensure_signing_key
from gateway.store.sealing import Sealer
from tests.fixtures.people import NOW
from tests.fixtures.store import only_postgresql

SEALER = Sealer("a master secret that is long enough")
SUBJECTS = st.sampled_from([CATALOGUE, "app_1", "app_2", "app_3"])


def waits(database, deed):
    """Whether somebody else's transaction is in the way of a deed (PostgreSQL)."""
    try:
        with database.begin() as session:
            session.execute(text("SET LOCAL lock_timeout = '20ms'"))
            deed(session)
    except OperationalError as error:
        return "lock timeout" in str(error)
    return False


def say(database, *subjects):
    with database.begin() as session:
        for subject in subjects:
            announce(session, subject, NOW)


def since(database, cursor):
    with database.read() as session:
        return changes_since(session, cursor)


def test_nothing_changed_in_the_beginning(database):
    with database.read() as session:
        assert latest(session) == 0
    assert since(database, 7) == Changed(7, catalogue=False, applications=frozenset())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(batches=st.lists(st.lists(SUBJECTS, max_size=3), max_size=5))
def test_a_worker_that_follows_its_cursor_misses_nothing_and_sees_nothing_twice(database, batches):
    with database.read() as session:
        cursor = latest(session)

    for batch in batches:
        say(database, *batch)
        changed = since(database, cursor)
        assert changed.catalogue is (CATALOGUE in batch)
        assert changed.applications == set(batch) - {CATALOGUE}
        assert changed.cursor == cursor + len(batch)
        cursor = changed.cursor
    assert since(database, cursor).cursor == cursor


def test_what_is_rolled_back_was_never_said(database):
    class UndoneError(Exception):
        pass

    def undo():
        with database.begin() as session:
            announce(session, CATALOGUE, NOW)
            raise UndoneError

    with pytest.raises(UndoneError):
        undo()

    assert since(database, 0).catalogue is False


def test_a_number_is_never_used_twice_even_after_sweeping(database):
    say(database, CATALOGUE, "app_1")
    with database.begin() as session:
        session.execute(delete(Change))
    say(database, "app_2")

    with database.read() as session:
        assert latest(session) == 3
    assert since(database, 2).applications == {"app_2"}


@only_postgresql
def test_who_announces_waits_for_whoever_announced_before_and_is_still_on_their_way(database):
    with database.begin() as first:
        announce(first, "app_1", NOW)
        first.flush()

        assert waits(database, lambda second: announce(second, "app_2", NOW))
        assert since(database, 0).cursor == 0

    assert since(database, 0).applications == {"app_1"}


@only_postgresql
def test_a_new_signing_key_keeps_to_the_order_too(database):
    with database.begin() as first:
        announce(first, CATALOGUE, NOW)

        assert waits(database, lambda second: ensure_signing_key(second, SEALER, NOW))


def test_told_with_their_sentences_changes_become_visible_in_the_order_of_their_numbers(database):
    """A worker that reads while others write must never see a number and later one below it."""
    done = []

    def write(number):
        for _ in range(10):
            with database.begin() as session:
                audit.tell(session, system(), "test", "x", announce=[f"app_{number}"])
        done.append(number)

    def follow():
        seen, cursor = [], 0
        while len(done) < 4 or since(database, cursor).cursor > cursor:
            with database.read() as session:
                seen += session.scalars(select(Change.id).where(Change.id > cursor).order_by(Change.id)).all()
            cursor = seen[-1] if seen else 0
        return seen

    with ThreadPoolExecutor(5) as pool:
        following = pool.submit(follow)
        list(pool.map(write, range(4)))
        seen = following.result()

    with database.read() as session:
        assert seen == list(session.scalars(select(Change.id).order_by(Change.id)))
    assert len(seen) == 40
