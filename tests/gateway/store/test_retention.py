from collections import Counter
from datetime import UTC, datetime
from threading import Thread

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from gateway.store import retention
from gateway.store.counting import add_sums, count_batch
from gateway.store.retention import Retention, age, is_anything_old
from gateway.store.rollup import Sum, kind_of, line_of, roll_up
from gateway.store.usage import USED, RecentCall, UsageDay, UsageHour, UsageMinute
from tests.fixtures.consuming import MOMENT, finished
from tests.fixtures.publishing import NOW
from tests.fixtures.store import only_postgresql

HOUR, DAY = 3_600, 86_400
KEEP = Retention()
TABLES = (UsageMinute, UsageHour, UsageDay)


def count(database, *events):
    with database.begin() as session:
        count_batch(session, f"batch {id(events)}", roll_up(map(line_of, events), "batch"), NOW)


def age_all(database, now, keep=KEEP):
    """Age until nothing is old; how many transactions that took."""
    for rounds in range(1_000):
        with database.read() as session:
            if not is_anything_old(session, keep, now):
                return rounds
        with database.begin() as session:
            age(session, keep, now)
    raise AssertionError("it never ends")


def rows(database):
    """How many rows each table has, the finest first."""
    with database.read() as session:
        return tuple(session.scalar(select(func.count()).select_from(table)) for table in TABLES)


def sums(database, since, until):
    """(calls, bytes) of a span by everything but time."""
    alike = [column for column in USED.c if column.name not in {"minute", "seconds", "calls", "sent_bytes"}]
    query = select(*alike, func.sum(USED.c.calls), func.sum(USED.c.sent_bytes)).group_by(*alike)
    with database.read() as session:
        found = session.execute(query.where(USED.c.minute >= since, USED.c.minute < until)).all()
    return {tuple(row[:-2]): (int(row[-2]), int(row[-1])) for row in found}


def test_what_is_fresh_stays_by_the_minute(database):
    count(database, finished(received_at=MOMENT), finished(received_at=MOMENT - KEEP.minutes))

    assert age_all(database, MOMENT + 59) == 0
    assert rows(database) == (2, 0, 0)


def test_after_two_days_minutes_become_an_hour_that_adds_up(database):
    count(database, *(finished(received_at=MOMENT + 60 * minute, sent_bytes=minute) for minute in range(60)))

    age_all(database, MOMENT + HOUR + KEEP.minutes)

    with database.read() as session:
        (hour,) = session.scalars(select(UsageHour))
    assert rows(database) == (0, 1, 0)
    assert (hour.minute, hour.calls, hour.sent_bytes) == (MOMENT, 60, sum(range(60)))


def test_hours_become_days_and_days_end(database):
    midnight = MOMENT - 12 * HOUR
    count(database, *(finished(received_at=midnight + HOUR * hour) for hour in range(24)))
    seen = []
    for late in (KEEP.hours + DAY - 1, KEEP.hours + DAY, KEEP.days + DAY - 1, KEEP.days + DAY):
        age_all(database, midnight + late)
        seen.append(rows(database))

    assert seen == [(0, 24, 0), (0, 0, 1), (0, 0, 1), (0, 0, 0)]


def test_what_comes_late_joins_what_it_belongs_to(database):
    count(database, finished())
    age_all(database, MOMENT + HOUR + KEEP.minutes)
    count(database, finished(received_at=MOMENT + 60))

    age_all(database, MOMENT + HOUR + KEEP.minutes)

    assert rows(database) == (0, 1, 0)
    assert [total for total, _ in sums(database, MOMENT, MOMENT + HOUR).values()] == [2]


AGES = st.lists(
    st.builds(
        finished,
        received_at=st.integers(0, 420 * DAY).map(lambda seconds: MOMENT - seconds),
        status=st.sampled_from([200, 429]),
        application_id=st.sampled_from(["app_1", "app_2"]),
        sent_bytes=st.integers(0, 10**9),
        latency_ms=st.sampled_from([1, 700]),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(AGES, st.lists(st.integers(0, 20 * DAY), max_size=3), st.integers(0, 60))
def test_the_totals_of_a_span_are_the_same_before_and_after(database, events, waits, first_day):
    with database.begin() as session:
        for table in (*TABLES, RecentCall):
            session.execute(delete(table))
    keep = Retention.of(hours=48, days=90, months=100, call_days=90)  # nothing is old enough to be deleted
    midnight = MOMENT // DAY * DAY
    spans = [
        (midnight - first_day * DAY, midnight + DAY),
        (midnight - 420 * DAY, midnight - first_day * DAY),
        (MOMENT - 47 * HOUR, MOMENT + HOUR),
    ]
    count(database, *events)
    before = [sums(database, *span) for span in spans]

    now = MOMENT
    for wait in [0, *waits]:
        now += wait
        age_all(database, now, keep)

        whole = spans if not wait else spans[:2]  # an hour of the last two days may be part of a day by now
        assert [sums(database, *span) for span in whole] == before[: len(whole)]


def test_a_transaction_moves_no_more_than_it_should(database, monkeypatch):
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", 10)
    kinds = Counter(kind_of(finished(operation=f"GET /{number}")) for number in range(25))
    with database.begin() as session:
        add_sums(session, UsageMinute, {kind: Sum(calls, 1) for kind, calls in kinds.items()})

    rounds = age_all(database, MOMENT + HOUR + KEEP.minutes)

    assert (rounds, rows(database)) == (3, (0, 25, 0))


def test_what_was_not_committed_is_where_it_was(database):
    count(database, finished())
    now = MOMENT + HOUR + KEEP.minutes
    with database.begin() as session:
        age(session, KEEP, now)
        session.rollback()

    before = rows(database)
    age_all(database, now)

    assert (before, rows(database)) == ((1, 0, 0), (0, 1, 0))
    assert list(sums(database, 0, MOMENT * 2).values()) == [(1, 10)]


@only_postgresql
def test_two_that_do_it_at_once_move_each_row_once(database, monkeypatch):
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", 20)
    count(database, *(finished(received_at=MOMENT + 60 * (number % 60), operation=f"GET /{number % 7}")
                      for number in range(420)))  # fmt: skip
    now = MOMENT + HOUR + KEEP.minutes
    others = [Thread(target=age_all, args=(database, now)) for _ in range(3)]
    for other in others:
        other.start()
    for other in others:
        other.join()

    assert rows(database) == (0, 7, 0)
    assert sum(calls for calls, _ in sums(database, 0, MOMENT * 2).values()) == 420


def test_single_calls_are_forgotten_when_their_time_is_up(database):
    count(database, finished(request_id="old"), finished(request_id="new", received_at=MOMENT + 2))

    age_all(database, MOMENT + KEEP.calls + 1)

    with database.read() as session:
        assert session.scalars(select(RecentCall.request_id)).all() == ["new"]


def test_settings_say_how_long_in_units_of_their_own():
    assert Retention.of(hours=48, days=90, months=13, call_days=90) == Retention()
    assert datetime.fromtimestamp(Retention().days, UTC).toordinal() - datetime.fromtimestamp(0, UTC).toordinal() == 403
