from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from gateway.store.notices import (
    CLAIM,
    PAUSE,
    CalledSubscription,
    QuotaNotice,
    claim_called,
    forget_ended,
    is_anybody_due,
    let_go,
    note_called,
    tell_once,
)
from tests.fixtures.people import NOW

DUE = NOW + PAUSE


def call(database, *subscriptions, now=NOW):
    with database.begin() as session:
        note_called(session, subscriptions, now)


def claim(database, now):
    with database.begin() as session:
        return claim_called(session, now)


def free(database, claimed, now):
    with database.begin() as session:
        let_go(session, claimed, now)


def is_due(database, now):
    with database.read() as session:
        return is_anybody_due(session, now)


def kept(database):
    with database.read() as session:
        return {row.subscription_id: row.batches for row in session.scalars(select(CalledSubscription))}


def notice(**changes):
    usual = {"subscription_id": "sub_1", "window": "day", "began_at": NOW, "most": 100, "percent": 80}
    return QuotaNotice(**usual | {"ends_at": NOW + timedelta(days=1)} | changes)


def test_calls_gather_for_a_while_and_are_looked_at_once(database):
    call(database, "sub_2", "sub_1")
    call(database, "sub_1")

    assert not is_due(database, DUE - timedelta(microseconds=1))
    assert is_due(database, DUE)
    assert sorted(claim(database, DUE)) == [("sub_1", 2), ("sub_2", 1)]
    assert claim(database, DUE) == []


def test_who_was_looked_at_is_forgotten(database):
    call(database, "sub_1")
    free(database, claim(database, DUE), DUE)

    assert kept(database) == {}


def test_who_was_called_while_somebody_looked_is_looked_at_again(database):
    call(database, "sub_1")
    claimed = claim(database, DUE)
    call(database, "sub_1", now=DUE)
    free(database, claimed, DUE)

    assert kept(database) == {"sub_1": 2}
    assert claim(database, DUE) == []
    assert claim(database, DUE + PAUSE) == [("sub_1", 2)]


def test_after_whoever_died_with_a_claim_another_one_looks(database):
    call(database, "sub_1")
    claim(database, DUE)

    assert not is_due(database, DUE + CLAIM - timedelta(seconds=1))
    assert claim(database, DUE + CLAIM) == [("sub_1", 1)]


def test_nobody_called_is_nothing_written(database):
    call(database)

    assert kept(database) == {}


def test_a_notice_is_told_once_for_each_window_limit_and_threshold(database):
    changed: tuple[dict[str, object], ...] = (
        {},
        {},
        {"percent": 100},
        {"most": 200},
        {"began_at": NOW + timedelta(days=1)},
        {"window": "hour"},
        {},
    )
    with database.begin() as session:
        told = [tell_once(session, notice(**each)) for each in changed]

    assert told == [True, False, True, True, True, True, False]


def test_of_many_at_once_one_tells(database):
    together = Barrier(4)

    def tell(_number):
        together.wait()
        with database.begin() as session:
            return tell_once(session, notice())

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(tell, range(4))) == [False, False, False, True]


def test_a_notice_whose_transaction_fails_is_anybodys_again(database):
    class DiesError(Exception):
        pass

    def dying(session):
        assert tell_once(session, notice())
        raise DiesError

    with pytest.raises(DiesError), database.begin() as session:
        dying(session)

    with database.begin() as session:
        assert tell_once(session, notice())


def test_what_was_told_of_windows_that_ended_is_forgotten(database):
    ends = NOW + timedelta(days=1)
    with database.begin() as session:
        tell_once(session, notice())
        forget_ended(session, ends)
        assert not tell_once(session, notice())
        forget_ended(session, ends + timedelta(seconds=1))
        assert tell_once(session, notice())
