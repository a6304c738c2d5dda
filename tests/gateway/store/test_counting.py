from sqlalchemy import func, select

from gateway.store.counting import count_batch, forget_batches
from gateway.store.rollup import line_of, roll_up
from gateway.store.usage import RECENT_CALLS_KEPT, RecentCall, UsageBatch, UsageMinute
from tests.fixtures.consuming import MOMENT, finished
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


def test_each_application_keeps_its_latest_hundred_calls(database):
    late = [finished(received_at=MOMENT + number) for number in range(RECENT_CALLS_KEPT)]
    early = [finished(received_at=MOMENT - number) for number in range(1, 31)]
    others = [finished(application_id="app_2")]
    for name, events in (("a", early), ("b", late[:80]), ("c", [*late[80:], *others])):
        with database.begin() as session:
            count_batch(session, name, rolled(*events), NOW)

    with database.read() as session:
        kept = set(session.scalars(select(RecentCall.request_id)))
    assert kept == {call.event.request_id for call in late + others}


def test_names_are_forgotten_when_asked(database):
    with database.begin() as session:
        for name in ("a", "b", "c"):
            count_batch(session, name, rolled(), NOW)
        forget_batches(session, ["a", "c"])
        forget_batches(session, [])

    with database.read() as session:
        assert session.scalars(select(UsageBatch.name)).all() == ["b"]
