from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from gateway.services import usage_counts
from gateway.services.usage_counts import MOST_HOURS, Ended, percentiles, reasons, statuses
from gateway.store.usage import LATENCY_BUCKETS, USED
from tests.fixtures.publishing import NOW
from tests.gateway.services.test_usage import call, happened

__all__ = ["call", "happened"]


def ended(*calls, bucket=0):
    return [Ended(status, refusal, bucket, count) for status, refusal, count in calls]


def test_hours_are_whole_and_the_present_one_is_the_last():
    hours = usage_counts.last_hours(NOW.replace(minute=59), 2)

    assert [hour - NOW.timestamp() for hour in hours] == [-3_600, 0]
    assert len(usage_counts.last_hours(NOW, 10**6)) == MOST_HOURS
    assert len(usage_counts.last_hours(NOW, 0)) == 1


def test_reasons_are_those_of_refusals_or_of_failures_the_most_frequent_first():
    calls = ended((2, "", 9), (4, "quota-spent", 1), (4, "not-subscribed", 2), (5, "upstream-timeout", 3))
    calls += ended((4, "quota-spent", 4), bucket=2)

    assert reasons(calls, failed=False) == (("quota-spent", 5), ("not-subscribed", 2))
    assert reasons(calls, failed=True) == (("upstream-timeout", 3),)


def test_statuses_are_added_up_by_class():
    assert statuses([(4, 1), (2, 5), (4, 2)]) == ((2, 5), (4, 3))


def test_without_an_answered_call_there_is_no_latency():
    assert percentiles(ended((4, "quota-spent", 100))) == ()


def test_what_took_longer_than_the_last_step_has_no_bound():
    assert percentiles(ended((2, "", 1), bucket=len(LATENCY_BUCKETS))) == ((50, None), (95, None), (99, None))


@given(st.lists(st.integers(0, 29_000), min_size=1, max_size=300))
def test_a_percentile_is_the_upper_bound_of_the_step_that_the_exact_one_falls_into(times):
    calls = [Ended(2, "", bisect_left(LATENCY_BUCKETS, each), 1) for each in times]
    ordered = sorted(times)

    for percent, at_most in percentiles(calls):
        exact = ordered[-(-percent * len(ordered) // 100) - 1]  # the nearest rank
        assert at_most == LATENCY_BUCKETS[bisect_left(LATENCY_BUCKETS, exact)]


def test_only_so_many_applications_are_told_apart_those_that_call_the_most(database, happened, call, monkeypatch):
    monkeypatch.setattr(usage_counts, "MOST_SHARES", 2)
    happened(*(call(application_id=f"app_{number}") for number in (1, 2, 2, 3, 3, 3)))

    with database.read() as session:
        shares = usage_counts.by_application(session, (USED.c.calls > 0,))

    assert [(share.id, share.calls) for share in shares] == [("app_3", 3), ("app_2", 2)]


@pytest.mark.parametrize("seconds", [usage_counts.HOUR, usage_counts.DAY])
def test_stretches_begin_at_their_whole_multiples(database, happened, call, seconds):
    happened(call(received_at=seconds * 20_000 + 61))

    with database.read() as session:
        query = select(usage_counts.beginning(seconds))
        assert session.scalars(query).all() == [seconds * 20_000]
