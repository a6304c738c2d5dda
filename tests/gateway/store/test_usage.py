from gateway.store.tables import METADATA
from gateway.store.usage import LATENCY_BUCKETS, USED


def test_buckets_rise():
    assert list(LATENCY_BUCKETS) == sorted(set(LATENCY_BUCKETS))


TABLES = ("usage_minutes", "usage_hours", "usage_days", "recent_calls")


def test_no_column_of_usage_could_hold_a_query_a_body_an_address_or_a_person():
    columns = {column.name for name in TABLES for column in METADATA.tables[name].columns}

    assert columns == {
        "minute", "api_id", "version_id", "operation", "application_id", "subscription_id", "plan_id", "status_class",
        "refusal", "latency_bucket", "calls", "sent_bytes", "request_id", "at", "status", "latency_ms",
    }  # fmt: skip


def test_the_three_tables_have_the_same_columns_in_the_same_order():
    minutes, hours, days = ([column.name for column in METADATA.tables[name].columns] for name in TABLES[:3])

    assert [*minutes, "seconds"] == [*hours, "seconds"] == [*days, "seconds"] == [column.name for column in USED.c]
