from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from gateway.counters.local import LocalLedger
from gateway.domain.errors import NOT_FOUND, NOT_SIGNED_IN, DomainError
from gateway.domain.plans import Charge
from gateway.domain.roles import OrganisationKind, Role
from gateway.services import applications, subscriptions, usage, usage_rows
from gateway.services.actor import visitor
from gateway.services.plans import windows_of
from gateway.store.counting import count_batch
from gateway.store.finding import StoreFinder
from gateway.store.rollup import line_of, roll_up
from gateway.store.usage import RecentCall, UsageBatch, UsageMinute
from tests.fixtures.consuming import MOMENT, counted_queries, finished
from tests.fixtures.publishing import NOW, organisation, person, published_api

AT_NOON = datetime.fromtimestamp(MOMENT, UTC)


@pytest.fixture
def happened(database, application, holidays):
    """Count calls of the application to the holidays, unless told otherwise."""

    def count(*events):
        with database.begin() as session:
            count_batch(session, f"batch {id(events)}", roll_up(map(line_of, events), "batch"), NOW)

    return count


@pytest.fixture
def call(application, holidays):
    def made(**changes):
        return finished(**{"application_id": application.id, "api_id": holidays.id} | changes)

    return made


def test_the_fixtures_agree_on_the_time():
    assert AT_NOON == NOW


def test_an_application_sees_its_calls_its_refusals_and_its_apis(
    database, developer, application, holidays, happened, call
):
    happened(
        call(), call(received_at=MOMENT - 3_600), call(status=429, refusal="quota-spent"), call(application_id="app_2")
    )

    with database.read() as session:
        seen = usage.of_application(session, developer, application.id, now=NOW)

    assert (seen.calls, seen.refusals) == (3, 1)
    assert seen.by_refusal == (("quota-spent", 1),)
    assert seen.by_api == ((holidays.id, "holidays", 3, 1, 0),)
    assert seen.by_hour[-2:] == ((NOW - timedelta(hours=1), 1, 0, 0), (NOW, 2, 1, 0))
    assert len(seen.by_hour) == 24


def test_a_service_that_lets_calls_down_is_not_counted_among_the_refusals(
    database, operator, application, holidays, happened, call
):
    happened(
        call(),
        call(status=502, refusal="upstream-unreachable"),
        call(status=504, refusal="upstream-timeout"),
        call(status=503, refusal="maintenance"),
        call(application_id="", status=503, refusal="store-away"),
    )

    with database.read() as session:
        seen = usage.of_everything(session, operator, now=NOW)

    assert (seen.calls, seen.answered, seen.refusals, seen.failures) == (5, 1, 1, 3)
    assert (seen.by_hour[-1].answered, seen.by_hour[-1].failed) == (1, 3)
    assert seen.by_refusal == (("maintenance", 1),)
    assert set(seen.by_failure) == {("upstream-unreachable", 1), ("upstream-timeout", 1), ("store-away", 1)}
    assert seen.by_application == ((application.id, "Ovens", 4, 1, 2), ("", "", 1, 0, 1))
    assert seen.unidentified == ()


def test_the_first_and_the_last_second_of_the_hours_are_in_and_no_more(
    database, developer, application, happened, call
):
    first, end = MOMENT - 3_600, MOMENT + 3_600
    happened(call(received_at=first - 0.1), call(received_at=first), call(received_at=end - 0.1), call(received_at=end))

    with database.read() as session:
        seen = usage.of_application(
            session, developer, application.id, now=NOW + timedelta(minutes=59, seconds=59), hours=2
        )

    assert (seen.since, seen.calls) == (NOW - timedelta(hours=1), 2)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.floats(MOMENT - 30 * 3_600, MOMENT + 3_599),
            st.sampled_from(["", "quota-spent", "not-subscribed", "upstream-broken"]),
            st.sampled_from(["GET /a", "GET /b"]),
        ),
        max_size=30,
    ),
    st.integers(1, 30),
)
def test_whatever_happens_every_view_adds_up_to_the_same(database, publisher, holidays, happened, call, calls, hours):
    with database.begin() as session:
        for table in (UsageMinute, UsageBatch, RecentCall):
            session.execute(delete(table))
    happened(*(call(received_at=at, refusal=refusal, operation=operation) for at, refusal, operation in calls))

    with database.read() as session:
        seen = usage.of_api(session, publisher, holidays.id, now=NOW, hours=hours)

    within = [refusal for at, refusal, _ in calls if at >= MOMENT - (hours - 1) * 3_600]
    failed = within.count("upstream-broken")
    refused = len(within) - within.count("") - failed
    assert (seen.calls, seen.refusals, seen.failures) == (len(within), refused, failed)
    assert sum(count for _, count in seen.by_refusal) == refused
    for view in (seen.by_hour, seen.by_application, seen.by_operation):
        assert tuple(sum(getattr(row, name) for row in view) for name in ("calls", "refused", "failed")) == (
            len(within), refused, failed,
        )  # fmt: skip


def test_a_department_sees_who_calls_and_those_whom_nobody_knows(
    database, publisher, application, holidays, happened, call
):
    happened(call(), call(), call(application_id="", status=401, refusal="no-credentials"))

    with database.read() as session:
        seen = usage.of_api(session, publisher, holidays.id, now=NOW)

    assert seen.by_application == ((application.id, "Ovens", 2, 0, 0), ("", "", 1, 1, 0))
    assert seen.by_operation == (("GET /holidays", 3, 1, 0, ((2, 2), (4, 1))),)


def test_calls_without_a_key_are_told_apart_from_those_whom_nobody_knows(
    database, publisher, operator, application, holidays, happened, call
):
    without = {"application_id": "", "subscription_id": "", "plan_id": "pln_open"}
    happened(
        call(),
        *(call(**without) for _ in range(3)),
        call(**without, status=429, refusal="quota-spent"),
        call(application_id="", subscription_id="", plan_id="", status=401, refusal="no-credentials"),
    )

    with database.read() as session:
        seen = usage.of_api(session, publisher, holidays.id, now=NOW)
        all_of_it = usage.of_everything(session, operator, now=NOW)
        rows = usage_rows.of_api(session, publisher, holidays.id, now=NOW)

    shares = (("anonymous", "", 4, 1, 0), ("", "", 1, 1, 0), (application.id, "Ovens", 1, 0, 0))
    assert seen.by_application == all_of_it.by_application == shares
    assert all_of_it.unidentified == (("no-credentials", 1),)
    assert sum(row["calls"] for row in rows if row["application_id"] == "anonymous") == 4


def test_an_operator_sees_everything_and_the_refusals_of_the_unknown(
    database, operator, application, holidays, happened, call
):
    happened(
        call(),
        call(application_id="", api_id="", status=404, refusal="no-such-api"),
        call(status=403, refusal="not-subscribed"),
    )

    with database.read() as session:
        seen = usage.of_everything(session, operator, now=NOW)

    assert (seen.calls, seen.refusals) == (3, 2)
    assert seen.unidentified == (("no-such-api", 1),)
    assert seen.by_api == ((holidays.id, "holidays", 2, 1, 0), ("", "", 1, 1, 0))
    assert seen.by_application == ((application.id, "Ovens", 2, 1, 0), ("", "", 1, 1, 0))


def test_one_api_of_an_application_can_be_looked_at_by_itself(
    database, developer, application, holidays, happened, call
):
    happened(call(), call(api_id="api_other", operation="GET /other"))

    with database.read() as session:
        seen = usage.of_application(session, developer, application.id, now=NOW, api_id=holidays.id)

    assert (seen.calls, [row.id for row in seen.by_api]) == (1, [holidays.id])
    assert [row.operation for row in seen.by_operation] == ["GET /holidays"]


def test_today_begins_at_midnight_and_30_days_hold_today_and_29_more(
    database, developer, application, holidays, happened, call
):
    midnight = MOMENT - 12 * 3_600
    times = [MOMENT, midnight, midnight - 1, midnight - 29 * 86_400, midnight - 29 * 86_400 - 1]
    happened(*(call(received_at=at) for at in times))

    with database.read() as session:
        assert usage.lately(session, developer, application.id, now=NOW) == ((holidays.id, "holidays", 2, 4),)


def test_a_department_sees_what_it_declares_and_nobody_calls(database, publisher, holidays, happened, call):
    version = holidays.versions[0].id
    with database.read() as session:
        before = usage.of_api(session, publisher, "holidays", now=NOW).unused
    called = [name for _, name in before[:1]]
    happened(*(call(version_id=version, operation=name) for name in called), call(version_id="ver_other"))

    with database.read() as session:
        after = usage.of_api(session, publisher, "holidays", now=NOW).unused
        later = usage.of_api(session, publisher, "holidays", now=NOW + timedelta(days=2)).unused

    assert ("GET /holidays" in called, before[0].major) == (True, 1)
    assert after == before[1:]
    assert later == before


def test_nobody_sees_the_usage_of_others(database, developer, publisher, application, holidays):
    stranger = person(Role.DEVELOPER, organisation(database, slug="other"))
    kinds = []
    with database.read() as session:
        for look in (
            lambda: usage.of_application(session, stranger, application.id, now=NOW),
            lambda: usage.of_application(session, publisher, application.id, now=NOW),
            lambda: usage.of_api(session, developer, holidays.id, now=NOW),
            lambda: usage.of_everything(session, publisher, now=NOW),
            lambda: usage.of_api(session, visitor(), holidays.id, now=NOW),
        ):
            with pytest.raises(DomainError) as caught:
                look()
            kinds.append(caught.value.kind)

    assert kinds == [NOT_FOUND] * 4 + [NOT_SIGNED_IN]


def test_what_is_left_is_what_the_ledger_and_the_header_say(database, developer, application, holidays, tmp_path):
    ledger = LocalLedger(tmp_path / "ledger.db", lambda: MOMENT)
    with database.begin() as session:
        plan_id = holidays.plans[0].id
        joined = subscriptions.subscribe(session, developer, application.id, api_id=holidays.id, plan_id=plan_id)
        windows = windows_of(joined.plan)
    found = StoreFinder(database).find_application(application.id)
    assert found is not None
    charges = found.subscriptions[holidays.id].usual
    answered = ledger.spend(charges)

    with database.read() as session:
        ((subscription, budget),) = usage.left_of_plans(session, developer, ledger, application.id)

    assert subscription.id == joined.id
    assert [line.remaining for line in budget.left] == [59, 999]
    assert budget.left == answered.left == ledger.left((Charge(joined.id, windows),)).left
    ledger.close()


def test_what_is_left_takes_a_fixed_number_of_queries(
    database, developer, application, publisher, department, tmp_path
):
    ledger = LocalLedger(tmp_path / "ledger.db", lambda: MOMENT)
    with database.begin() as session:
        for number in range(5):
            api = published_api(session, publisher, department, name=f"tides-{number}")
            subscriptions.subscribe(session, developer, application.id, api_id=api.id, plan_id=api.plans[0].id)

    with database.read() as session, counted_queries(database) as queries:
        lines = usage.left_of_plans(session, developer, ledger, application.id)
        names = {subscription.api.name for subscription, _ in lines}

    assert len(names) == 5
    assert len(queries) == 2  # the application, its subscriptions with their plans
    ledger.close()


def test_cancelled_subscriptions_have_nothing_left(database, developer, application, holidays, tmp_path):
    ledger = LocalLedger(tmp_path / "ledger.db", lambda: MOMENT)
    with database.begin() as session:
        plan_id = holidays.plans[0].id
        joined = subscriptions.subscribe(session, developer, application.id, api_id=holidays.id, plan_id=plan_id)
        subscriptions.cancel(session, developer, joined.id)

    with database.read() as session:
        assert usage.left_of_plans(session, developer, ledger, application.id) == ()
    ledger.close()


@pytest.mark.parametrize("more", [0, 8])
def test_a_page_of_usage_takes_a_fixed_number_of_queries(
    database, developer, consumer, application, holidays, happened, call, more
):
    # The three views beside each other: who looks is an operator, who may see all of them.
    operator = person(Role.OPERATOR, organisation(database, kind=OrganisationKind.OPERATOR, slug="operator"))
    with database.begin() as session:
        others = [
            applications.register(session, developer, organisation_id=consumer.id, name=f"Oven {number}")
            for number in range(more)
        ]
    happened(call(), *(call(application_id=other.id, operation=f"GET /{other.id}") for other in others))

    queries = {}
    with database.read() as session:
        for name, look in {
            "application": lambda: usage.of_application(session, operator, application.id, now=NOW),
            "api": lambda: usage.of_api(session, operator, holidays.id, now=NOW),
            "everything": lambda: usage.of_everything(session, operator, now=NOW),
        }.items():
            with counted_queries(database) as sent:
                look()
            queries[name] = len(sent)

    assert queries == {"application": 5, "api": 6, "everything": 5}
