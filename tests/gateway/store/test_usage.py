from gateway.store.tables import METADATA
from gateway.store.usage import LATENCY_BUCKETS


def test_buckets_rise():
    assert list(LATENCY_BUCKETS) == sorted(set(LATENCY_BUCKETS))


def test_no_column_of_usage_could_hold_a_query_a_body_an_address_or_a_person():
    columns = {column.name for name in ("usage_minutes", "recent_calls") for column in METADATA.tables[name].columns}

    assert columns == {
        "minute", "api_id", "version_id", "operation", "application_id", "subscription_id", "plan_id", "status_class",
        "refusal", "latency_bucket", "calls", "sent_bytes", "request_id", "at", "status", "latency_ms",
    }  # fmt: skip
