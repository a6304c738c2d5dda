from typing import Any

import pytest

from gateway.domain.limits import stored
from gateway.domain.plans import Window
from gateway.services import limits, plans, quota_counts, subscriptions
from gateway.store.counting import count_batch
from gateway.store.rollup import line_of, roll_up
from tests.fixtures.consuming import MOMENT, finished
from tests.fixtures.publishing import NOW

DAY, MINUTE = ("calendar", "day"), ("calendar", "minute")


@pytest.fixture
def joined(database, developer, application, holidays):
    with database.begin() as session:
        plan_id = holidays.plans[0].id
        return subscriptions.subscribe(session, developer, application.id, api_id=holidays.id, plan_id=plan_id)


@pytest.fixture
def called(database, publisher, application, holidays, joined):
    """Three calls of this minute, of which one costs five, and one of this morning."""
    own = {"application_id": application.id, "api_id": holidays.id, "subscription_id": joined.id}
    own |= {"plan_id": joined.plan_id}
    calls: tuple[dict[str, Any], ...] = ({}, {}, {"operation": "POST /days"}, {"received_at": MOMENT - 7_200})
    lines = [line_of(finished(**(own | each))) for each in calls]
    with database.begin() as session:
        plans.update_plan(session, publisher, joined.plan_id, costs={"POST /days": 5})
        count_batch(session, "batch", roll_up(lines, "batch"), NOW)


def test_rates_are_no_quotas():
    windows = [Window("day", 5), Window("hour", 5, "rolling"), Window("second", 5, "rate")]

    assert quota_counts.measures_of(windows) == {("calendar", "day"), ("rolling", "hour")}


def test_what_a_plan_says_is_in_force_unless_there_are_limits_of_its_own(database, joined):
    with database.read() as session:
        found = quota_counts.terms(session, [Window("month", 9)])

    assert found.of(joined.plan_id, []) == (Window("minute", 60), Window("day", 1_000), Window("month", 9))
    assert found.of(joined.plan_id, stored([Window("day", 7)]))[1] == Window("day", 7)
    assert found.measures == {MINUTE, DAY, ("calendar", "month")}
    assert found.zones == {"UTC"}


@pytest.mark.usefixtures("called")
def test_each_measure_is_summed_from_where_its_window_began_at_what_calls_cost(database, joined):
    with database.read() as session:
        (spent,) = quota_counts.of_subscriptions(session, quota_counts.terms(session, ()), MOMENT + 1, ())

    assert (spent.id, spent.kept[0]) == (joined.id, joined.plan_id)
    assert spent.calls == {MINUTE: 7, DAY: 8}


@pytest.mark.usefixtures("called")
def test_a_cap_counts_the_calls_of_all_and_without_caps_nothing_is_counted(database, publisher, holidays):
    with database.begin() as session:
        assert quota_counts.of_caps(session, MOMENT + 1, ()) == []
        limits.set_api_limits(session, publisher, holidays.id, caps=[Window("day", 99, per="api")])
        (spent,) = quota_counts.of_caps(session, MOMENT + 1, ())

    assert (spent.id, spent.calls) == (holidays.id, {DAY: 8})
