import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from gateway.counters.local import LocalLedger
from gateway.domain.errors import FORBIDDEN, NOT_FOUND, DomainError
from gateway.domain.plans import Charge, Window
from gateway.pipeline.refusals import LEDGER_AWAY, Failure
from gateway.services import allowances, limits, plans, quotas, subscriptions
from gateway.services.allowances import Grant
from gateway.services.quotas import Wanted
from gateway.store.applications import Application, Subscription
from gateway.store.counting import count_batch
from gateway.store.rollup import line_of, roll_up
from gateway.store.usage import UsageMinute
from tests.fixtures.consuming import MOMENT, counted_queries, finished
from tests.fixtures.publishing import NOW, published_api

DAY = Window("day", 10)
MANY = 100_000
BATCHES = itertools.count()
ALL = Wanted()
SPENT = (Window("day", 99), Window("month", 99), Window("hour", 99, "rolling"))


@pytest.fixture
def ledger(tmp_path):
    ledger = LocalLedger(tmp_path / "ledger.table", lambda: MOMENT)
    yield ledger
    ledger.close()


@pytest.fixture
def joined(database, publisher, developer, application, holidays):
    """A subscription of ten calls a day, of which a GET of one holiday costs two."""
    with database.begin() as session:
        plan = plans.update_plan(session, publisher, holidays.plans[0].id, windows=[DAY], costs={"GET /dear": 2})
        return subscriptions.subscribe(session, developer, application.id, api_id=holidays.id, plan_id=plan.id)


@pytest.fixture
def called(database, ledger, application, holidays, joined):
    """Make so many calls: the record and the ledger know of them."""

    def call(times, **changes):
        own = {"application_id": application.id, "api_id": holidays.id, "subscription_id": joined.id}
        own |= {"plan_id": joined.plan_id}
        lines = [line_of(finished(**(own | changes))) for _ in range(times)]
        with database.begin() as session:
            count_batch(session, f"batch {next(BATCHES)}", roll_up(lines, "batch"), NOW)
        cost = 2 if changes.get("operation") == "GET /dear" else 1
        for _ in range(times):
            ledger.spend((Charge(joined.id, SPENT, cost),))

    return call


def found(database, operator, ledger, wanted=ALL, **given):
    with database.read() as session:
        return quotas.browse(session, operator, ledger, wanted, **given)


def told(page):
    return [(quota.window.name, quota.used, quota.window.limit, quota.state) for quota in page.items]


@pytest.mark.parametrize(("calls", "state"), [(8, "near"), (10, "at"), (12, "over")])
def test_who_has_used_four_fifths_of_a_limit_or_more_is_shown(database, operator, ledger, called, calls, state):
    called(calls)

    page, is_exact = found(database, operator, ledger)

    assert (told(page), is_exact) == ([("day", calls, 10, state)], True)
    assert page.items[0].subscription.application.name == "Ovens"
    assert page.items[0].resets_in == 43_200


def test_who_has_used_less_is_not_nor_who_was_refused_or_called_yesterday(database, operator, ledger, called):
    called(7)
    called(5, refusal="quota-spent", status=429)
    called(5, received_at=MOMENT - 86_400)

    assert found(database, operator, ledger).page.total == 0


def test_what_an_operation_costs_counts(database, operator, ledger, called):
    called(4, operation="GET /dear")

    assert told(found(database, operator, ledger).page) == [("day", 8, 10, "near")]


def test_the_number_is_the_ledgers_even_where_the_record_is_behind(database, operator, ledger, called, joined):
    called(8)
    ledger.spend((Charge(joined.id, (DAY,)),))

    assert told(found(database, operator, ledger).page) == [("day", 9, 10, "near")]


def test_without_its_ledger_the_page_says_what_the_record_knows(database, operator, called):
    class Away:
        is_shared = True

        def left(self, _charges):
            raise Failure(LEDGER_AWAY)

    called(9)

    page, is_exact = found(database, operator, Away())

    assert (told(page), is_exact) == ([("day", 9, 10, "near")], False)
    assert page.items[0].resets_in == 43_200


def test_a_rolling_limit_a_systems_default_and_ones_own_are_quotas_too_and_a_rate_is_none(
    database, operator, publisher, ledger, called, joined
):
    called(9)
    own = [Window("hour", 11, "rolling"), Window("second", 5, "rate"), Window("week", 12, per="credential")]
    with database.begin() as session:
        limits.override(session, publisher, joined.id, windows=own, reason="Census")

    page = found(database, operator, ledger, system=[Window("month", 10)]).page

    assert {(quota.window.name, quota.state) for quota in page.items} == {
        ("day", "near"), ("month", "near"), ("rolling-hour", "near"),
    }  # fmt: skip


def test_who_was_given_more_or_was_reset_is_no_longer_near(database, operator, ledger, called, joined):
    called(9)
    with database.begin() as session:
        allowances.grant_extra(session, operator, joined.id, Grant("day", 5), reason="Census")
    assert found(database, operator, ledger).page.total == 0
    with database.begin() as session:
        allowances.grant_extra(session, operator, joined.id, Grant("day", 0), reason="Over")
        allowances.reset(session, operator, joined.id, windows=["day"], reason="Our mistake")

    assert found(database, operator, ledger).page.total == 0

    ledger.spend((Charge(f"{joined.id}~{int(MOMENT)}", (DAY,), 8),))
    assert told(found(database, operator, ledger).page) == [("day", 8, 10, "near")]


def test_a_reset_of_the_day_before_hides_nothing(database, operator, ledger, called, joined):
    yesterday = replace(operator, now=NOW - timedelta(days=1))
    with database.begin() as session:
        allowances.reset(session, yesterday, joined.id, windows=["day"], reason="Our mistake")
    called(9)

    page = found(database, operator, ledger).page

    assert page.total == 1


def test_caps_of_apis_are_among_them(database, operator, publisher, ledger, called, holidays):
    called(9)
    with database.begin() as session:
        limits.set_api_limits(session, publisher, holidays.id, caps=[Window("day", 9, per="api")])
    ledger.spend((Charge(holidays.id, (Window("day", 9, per="api"),), 9),))

    page = found(database, operator, ledger).page

    assert told(page) == [("api-day", 9, 9, "at"), ("day", 9, 10, "near")]
    assert page.items[0].subscription is None


def test_they_are_filtered_by_department_by_api_by_state_and_by_name(
    database, operator, ledger, called, department, holidays
):
    called(9)
    for wanted in (
        Wanted(department_id=department.id), Wanted(api_id=holidays.id), Wanted(state="near"),
        Wanted(words="ovens jours"), Wanted(words="boulang"),
    ):  # fmt: skip
        assert found(database, operator, ledger, wanted).page.total == 1
    for wanted in (Wanted(department_id="x"), Wanted(api_id="x"), Wanted(state="over"), Wanted(words="ovens zeppelin")):
        assert found(database, operator, ledger, wanted).page.total == 0


def test_windows_begin_where_each_department_is(database, operator, publisher, ledger, called, department):
    with database.begin() as session:
        session.get(type(department), department.id).time_zone = "America/Toronto"
    called(9, received_at=MOMENT - 8 * 3_600)  # the evening before, there

    assert found(database, operator, ledger).page.total == 0


def test_only_operators_may_look(database, publisher, developer, ledger):
    for actor in (publisher, developer):
        with pytest.raises(DomainError) as caught:
            found(database, actor, ledger)
        assert caught.value.kind in {NOT_FOUND, FORBIDDEN}


def test_of_very_many_subscriptions_a_page_takes_a_fixed_number_of_queries_and_the_nearest_come_first(
    database, operator, ledger, consumer, holidays, called, application
):
    called(9)
    with counted_queries(database) as few:
        found(database, operator, ledger)
    fill(database, consumer, holidays)
    second = sorted(f"sub_{number}" for number in range(0, MANY, 2))[50:100]
    for subscription in second:
        ledger.spend((Charge(subscription, (DAY,), 10),))

    with counted_queries(database) as many:
        page, is_exact = found(database, operator, ledger, page=2, per_page=50)

    assert len(many) == len(few) <= 8
    assert (page.total, is_exact) == (MANY // 2 + 1, True)
    assert [(quota.subscription.id, quota.state) for quota in page.items] == [(each, "at") for each in second]


def fill(database, consumer, api):
    """Very many subscriptions, of which every other one has used its day."""
    plan = api.plans[0].id
    made = {"created_at": NOW, "created_by": "", "state_reason": "", "version": 1, "state": "active", "description": ""}
    alike = {"api_id": api.id, "plan_id": plan, "state": "active", "requested_at": NOW, "limits": [], "extras": []}
    alike |= {"resets": [], "limits_reason": "", "reason": "", "decided_by": "", "version": 1}
    calls = {"minute": int(MOMENT), "api_id": api.id, "version_id": "v", "operation": "GET /", "plan_id": plan}
    calls |= {"status_class": 2, "refusal": "", "latency_bucket": 1, "sent_bytes": 1}
    numbers = range(MANY)
    applications = [{"id": f"app_{n}", "name": f"A {n}", "organisation_id": consumer.id, **made} for n in numbers]
    joined = [{"id": f"sub_{n}", "application_id": f"app_{n}", **alike} for n in numbers]
    used = [
        {"application_id": f"app_{n}", "subscription_id": f"sub_{n}", "calls": 1 if n % 2 else 10, **calls}
        for n in numbers
    ]
    with database.begin() as session:
        filled: list[tuple[Any, Any]] = [(Application, applications), (Subscription, joined), (UsageMinute, used)]
        for table, rows in filled:
            session.execute(insert(table), rows)


def test_another_department_is_no_obstacle(database, operator, publisher, ledger, called, department):
    with database.begin() as session:
        published_api(session, publisher, department, name="parks")
    called(9)

    assert found(database, operator, ledger).page.total == 1
