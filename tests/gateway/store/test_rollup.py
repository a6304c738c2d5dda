from collections import Counter

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.store.rollup import kind_of, line_of, roll_up
from gateway.store.usage import LATENCY_BUCKETS, RECENT_CALLS_KEPT, UsageMinute
from tests.fixtures.consuming import MOMENT, finished

EVENTS = st.lists(
    st.builds(
        finished,
        received_at=st.floats(MOMENT, MOMENT + 300),
        status=st.sampled_from([200, 201, 404, 429, 503]),
        refusal=st.sampled_from(["", "quota-spent"]),
        application_id=st.sampled_from(["", "app_1", "app_2"]),
        sent_bytes=st.integers(0, 10**12),
        latency_ms=st.integers(0, 100_000),
    ),
    max_size=40,
)


@given(EVENTS)
def test_every_call_is_counted_once_with_its_kind(events):
    rollup = roll_up(map(line_of, events), "batch")

    assert {kind: total.calls for kind, total in rollup.sums.items()} == Counter(map(kind_of, events))
    assert sum(total.sent_bytes for total in rollup.sums.values()) == sum(event.sent_bytes for event in events)


@pytest.mark.parametrize(
    ("latency_ms", "bucket"),
    [(0, 0), (5, 0), (6, 1), (10, 1), (30_000, 11), (30_001, 12), (10**9, len(LATENCY_BUCKETS))],
)
def test_a_latency_falls_into_the_first_bucket_that_holds_it(latency_ms, bucket):
    assert kind_of(finished(latency_ms=latency_ms)).latency_bucket == bucket


def test_a_minute_begins_at_its_second_zero():
    assert kind_of(finished(received_at=MOMENT + 59.999)).minute == MOMENT
    assert kind_of(finished(received_at=MOMENT + 60)).minute == MOMENT + 60


def test_the_members_of_a_kind_are_the_key_of_the_table():
    assert list(kind_of(finished())._fields) == [column.name for column in UsageMinute.__table__.primary_key]


def test_half_a_line_at_the_end_is_told_and_left_out():
    with capture_logs() as logs:
        rollup = roll_up([line_of(finished()), line_of(finished())[:-1]], "batch")

    assert sum(total.calls for total in rollup.sums.values()) == 1
    assert [(entry["log_level"], entry["batch"], entry["lines"]) for entry in logs] == [("warning", "batch", 1)]


@pytest.mark.parametrize(
    "line", [b"\n", b"{}\n", b"[1]\n", b"\0\0\0\n", b'{"event":{},"latency_ms":1,"sent_bytes":1}\n']
)
def test_what_is_no_call_is_left_out_and_the_rest_counted(line):
    rollup = roll_up([line_of(finished()), line, line_of(finished())], "batch")

    assert sum(total.calls for total in rollup.sums.values()) == 2


def test_only_the_latest_calls_of_an_application_are_held():
    events = [finished() for _ in range(RECENT_CALLS_KEPT + 5)]

    rollup = roll_up(map(line_of, events), "batch")

    assert list(rollup.latest["app_1"]) == events[5:]


def test_the_last_use_of_each_key_is_told_in_whatever_order_the_calls_come():
    uses = [("crd_1", 5), ("crd_2", 1), ("crd_1", 9), ("", 20), ("crd_1", 7)]
    events = [finished(credential_id=key, received_at=MOMENT + seconds) for key, seconds in uses]

    rollup = roll_up(map(line_of, events), "batch")

    assert rollup.used == {"crd_1": MOMENT + 9, "crd_2": MOMENT + 1}


def test_a_line_from_before_keys_were_told_is_counted():
    told = orjson.loads(line_of(finished()))
    del told["event"]["credential_id"]

    rollup = roll_up([orjson.dumps(told) + b"\n"], "batch")

    assert (sum(total.calls for total in rollup.sums.values()), rollup.used) == (1, {})


def test_calls_of_nobody_are_counted_and_not_listed():
    rollup = roll_up([line_of(finished(application_id=""))], "batch")

    assert (len(rollup.sums), dict(rollup.latest)) == (1, {})


def test_what_no_column_could_hold_is_clipped():
    kind = kind_of(finished(operation="GET /" + "é" * 5_000, refusal="r" * 100, api_id="a\0b"))

    assert (len(kind.operation), len(kind.refusal), kind.api_id) == (500, 60, "ab")


def test_a_line_holds_no_query_no_address_and_no_person():
    told = orjson.loads(line_of(finished()))

    assert set(told) == {"event", "latency_ms", "sent_bytes"}
    assert not set(told["event"]) & {"query", "path", "client_address", "headers", "email"}
