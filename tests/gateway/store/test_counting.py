from dataclasses import replace

import pytest
from sqlalchemy import func, select

from gateway.services import credentials
from gateway.store import counting
from gateway.store.applications import Credential
from gateway.store.counting import count_batch, forget_batches
from gateway.store.rollup import line_of, roll_up
from gateway.store.usage import RecentCall, UsageBatch, UsageMinute
from tests.fixtures.consuming import MOMENT, counted_queries, finished
from tests.fixtures.publishing import NOW


def rolled(*events):
    return roll_up(map(line_of, events), "batch")


def counted(session):
    query = select(func.sum(UsageMinute.calls), func.sum(UsageMinute.sent_bytes), func.count())
    return tuple(int(value or 0) for value in session.execute(query).one())


def test_batches_of_one_minute_add_up_in_one_row(database):
    for name in ("a", "b"):
        with database.begin() as session:
            count_batch(session, name, rolled(finished(), finished(sent_bytes=5)), NOW)

    with database.read() as session:
        assert counted(session) == (4, 30, 1)


def test_a_batch_that_is_in_adds_nothing(database):
    with database.begin() as session:
        first = count_batch(session, "a", rolled(finished()), NOW)
    with database.begin() as session:
        second = count_batch(session, "a", rolled(finished()), NOW)

    with database.read() as session:
        assert (first, second, counted(session)) == (True, False, (1, 10, 1))


def test_more_kinds_than_one_statement_takes_are_all_counted(database):
    events = [finished(operation=f"GET /{number}") for number in range(1_201)]

    with database.begin() as session:
        count_batch(session, "a", rolled(*events), NOW)
    with database.begin() as session:
        count_batch(session, "b", rolled(*events), NOW)

    with database.read() as session:
        assert counted(session) == (2_402, 24_020, 1_201)


def test_the_widest_row_fits_into_both_databases(database):
    wide = finished(
        operation="GET /" + "\N{GRINNING FACE}" * 600, refusal="é" * 70, api_id="a" * 50, request_id="r" * 50
    )

    with database.begin() as session:
        count_batch(session, "a", rolled(wide), NOW)

    with database.read() as session:
        assert counted(session)[0] == 1


def test_each_application_keeps_its_latest_calls(database, monkeypatch):
    monkeypatch.setattr(counting, "RECENT_CALLS_KEPT", 100)
    late = [finished(received_at=MOMENT + number) for number in range(100)]
    early = [finished(received_at=MOMENT - number) for number in range(1, 31)]
    others = [finished(application_id="app_2")]
    tidying = replace(late[0], event=replace(late[0].event, request_id="req_0"))
    for name, events in (("a", early), ("b", late[1:80]), ("c", [*late[80:], tidying, *others])):
        with database.begin() as session:
            count_batch(session, name, rolled(*events), NOW)

    assert kept(database) == {call.event.request_id for call in (*late[1:], tidying, *others)}


def test_a_list_is_tidied_now_and_then_not_with_each_call(database, monkeypatch):
    monkeypatch.setattr(counting, "RECENT_CALLS_KEPT", 1)
    sizes = []
    for request_id in ("req_1", "req_2", "req_3", "req_40"):
        with database.begin() as session:
            count_batch(session, request_id, rolled(finished(request_id=request_id)), NOW)
        sizes.append(len(kept(database)))

    assert sizes == [1, 2, 3, 1]


def kept(database):
    """The ids of the calls that are kept."""
    with database.read() as session:
        return set(session.scalars(select(RecentCall.request_id)))


@pytest.fixture
def keys(database, developer, application):
    """Two API keys of an application."""
    with database.begin() as session:
        made = [credentials.add_key(session, developer, application.id, name=name) for name in ("day", "night")]
    return [each.credential.id for each in made]


def used(database, key, seconds):
    """When a key was last used, after a batch in which it was used so many seconds after the moment."""
    with database.begin() as session:
        count_batch(session, f"{key} {seconds}", rolled(finished(credential_id=key, received_at=MOMENT + seconds)), NOW)
    return last_use(database, key)


def last_use(database, key):
    with database.read() as session:
        at = session.get_one(Credential, key).last_used_at
    return at and at.timestamp() - MOMENT


def test_the_last_use_of_each_key_is_noted_at_most_once_a_minute_and_never_backwards(database, keys):
    first, other = keys

    assert [used(database, first, seconds) for seconds in (0, 59, 60, 10, 200)] == [0, 0, 60, 60, 200]
    assert last_use(database, other) is None


def test_a_batch_that_is_in_notes_no_use(database, keys):
    for seconds in (0, 300):
        with database.begin() as session:
            event = finished(credential_id=keys[0], received_at=MOMENT + seconds)
            count_batch(session, "a", rolled(event), NOW)

    assert last_use(database, keys[0]) == 0


def test_a_key_that_is_gone_stops_no_batch(database, keys):
    events = [finished(credential_id=key) for key in (*keys, "crd_gone", "x\0" * 50)]

    with database.begin() as session:
        assert count_batch(session, "a", rolled(*events), NOW)

    assert [last_use(database, key) for key in keys] == [0, 0]


def test_noting_uses_is_one_question_for_a_batch(database, keys):
    def asked(*events):
        with counted_queries(database) as statements, database.begin() as session:
            count_batch(session, str(len(events)), rolled(*events), NOW)
        return len(statements)

    def one(key=""):
        return finished(credential_id=key, request_id="req_1")  # which tidies nothing

    assert asked(*map(one, keys * 50)) == asked(one()) + 1


def test_names_are_forgotten_when_asked(database):
    with database.begin() as session:
        for name in ("a", "b", "c"):
            count_batch(session, name, rolled(), NOW)
        forget_batches(session, ["a", "c"])
        forget_batches(session, [])

    with database.read() as session:
        assert session.scalars(select(UsageBatch.name)).all() == ["b"]
