import pytest

from gateway.domain.ids import SubscriptionId
from gateway.pipeline.refusals import STORE_AWAY, Failure
from gateway.services import subscriptions
from gateway.store.base import new_id
from gateway.store.counting import count_batch
from gateway.store.database import Database
from gateway.store.retention import Retention, age
from gateway.store.rollup import line_of, roll_up
from gateway.store.used import UsedCalls
from tests.fixtures.consuming import MOMENT, finished
from tests.fixtures.publishing import NOW

MINUTE = int(MOMENT) // 60 * 60
BOUNDS = ((MINUTE, MINUTE + 60), (MINUTE - 3_600, MINUTE + 60))


@pytest.fixture
def subscription(database, developer, application, holidays):
    with database.begin() as session:
        return subscriptions.subscribe(
            session, developer, application.id, api_id=holidays.id, plan_id=holidays.plans[0].id
        ).id


@pytest.fixture
def happened(database, application, holidays, subscription):
    """Count calls of the subscription, unless told otherwise."""

    def count(*changes):
        own = {"application_id": application.id, "api_id": holidays.id, "subscription_id": subscription}
        lines = [line_of(finished(**(own | each))) for each in changes]
        with database.begin() as session:
            count_batch(session, "batch", roll_up(lines, "batch"), NOW)

    return count


def test_the_calls_of_each_window_are_those_since_it_began(database, subscription, happened):
    happened({}, {}, {"received_at": MOMENT - 600}, {"received_at": MOMENT - 7_200})

    assert UsedCalls(database).count(subscription, BOUNDS) == [2, 3]


def test_calls_that_are_summed_up_by_the_hour_and_the_day_by_now_count_all_the_same(database, subscription, happened):
    happened({"received_at": MOMENT - 7_200}, {"received_at": MOMENT - 20 * 86_400}, {})
    with database.begin() as session:
        age(session, Retention(minutes=3_600, hours=86_400), MOMENT)
    month = (MINUTE // 86_400 * 86_400 - 25 * 86_400, MINUTE)

    assert UsedCalls(database).count(subscription, (month,)) == [3]


def test_what_was_called_before_a_reset_does_not_count_and_what_may_have_been_since_does(
    database, subscription, happened
):
    before, during, after = MOMENT - 120, MOMENT - 30, MOMENT + 60
    happened(*({"received_at": at} for at in (before, during, after, after)))
    month = (MINUTE // 86_400 * 86_400 - 25 * 86_400, MINUTE)

    assert UsedCalls(database).count(f"{subscription}~{int(MOMENT)}", (month,)) == [3]
    assert UsedCalls(database).count(f"{subscription}~{int(MOMENT)}/GET /holidays", (month,)) == [3]
    assert UsedCalls(database).count(subscription, (month,)) == [4]


def test_of_an_hour_that_holds_a_reset_all_counts_once_it_is_summed_up(database, subscription, happened):
    happened(*({"received_at": at} for at in (MOMENT - 7_200, MOMENT + 600, MOMENT + 3_000)))
    with database.begin() as session:
        age(session, Retention(minutes=60, hours=86_400 * 90), MOMENT + 7_200)

    assert UsedCalls(database).count(f"{subscription}~{int(MOMENT) + 1_800}", ((MINUTE - 86_400, MINUTE),)) == [2]


def test_who_was_let_down_has_spent_a_call_and_who_was_refused_has_not(database, subscription, happened):
    spent = [{"refusal": "upstream-timeout", "status": 504}, {"refusal": "client-left", "status": 400}, {"status": 500}]
    unspent = [{"refusal": code, "status": 429} for code in ("quota-spent", "ledger-away", "calls-rationed")]
    happened(*spent, *unspent)

    assert UsedCalls(database).count(subscription, BOUNDS) == [3, 3]


def test_other_subscriptions_do_not_count_and_what_is_none_has_used_nothing(database, happened):
    happened({"subscription_id": "sub_other"}, {"subscription_id": ""})

    assert UsedCalls(database).count(SubscriptionId("sign-in:0123"), BOUNDS) == [0, 0]
    assert UsedCalls(database).count("", BOUNDS) == [0, 0]


def test_a_database_that_is_away_is_a_failure_and_not_an_empty_record():
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=1")

    with pytest.raises(Failure) as failure:
        UsedCalls(database).count("sub_1", BOUNDS)

    assert failure.value.row is STORE_AWAY
    database.dispose()


def test_of_an_address_the_record_knows_nothing_and_is_asked_nothing():
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=1")

    assert UsedCalls(database).count(f"{new_id('plan')}/0123456789abcdef", BOUNDS) == [0, 0]
    database.dispose()
