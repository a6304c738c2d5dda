import pytest
from sqlalchemy import select

from gateway.domain.errors import INVALID, NOT_FOUND, REQUIRED, STALE, DomainError
from gateway.domain.limits import from_stored
from gateway.domain.plans import Window
from gateway.plugin import Registry
from gateway.services import limits, organisations, plans, subscriptions
from gateway.store.applications import Subscription
from gateway.store.audit import AuditEvent
from gateway.store.catalogue import Api, Plan
from gateway.store.changes import changes_since, latest
from gateway.store.compiling import StoreCatalogue
from gateway.store.finding import StoreFinder
from gateway.store.sealing import Sealer
from gateway.upstream.addresses import parse_base_url

RATE = Window("second", 10, "rate", burst=20)
ROLLING = Window("day", 500, "rolling", per="credential")
CAP = Window("minute", 5_000, per="api")


@pytest.fixture
def joined(database, developer, application, holidays):
    with database.begin() as session:
        plan_id = holidays.plans[0].id
        return subscriptions.subscribe(session, developer, application.id, api_id=holidays.id, plan_id=plan_id)


def in_force(database, application, api, defaults=()):
    found = StoreFinder(database, defaults).find_application(application.id)
    assert found is not None
    return found.subscriptions[api.id].windows


def refused(change, *given, **named):
    with pytest.raises(DomainError) as caught:
        change(*given, **named)
    return caught.value


def test_an_apis_default_holds_where_its_plans_say_nothing(database, publisher, holidays, application, joined):
    with database.begin() as session:
        limits.set_api_limits(session, publisher, holidays.id, defaults=[RATE, Window("day", 3)])

    assert in_force(database, application, holidays) == (Window("minute", 60), Window("day", 1_000), RATE)


def test_the_systems_default_holds_where_nobody_says_anything(database, holidays, application, joined):
    system = (Window("month", 7), Window("day", 5))

    assert in_force(database, application, holidays, system) == (
        Window("minute", 60), Window("day", 1_000), Window("month", 7),
    )  # fmt: skip


def test_a_subscription_may_have_limits_of_its_own_with_a_reason_that_is_kept(
    database, publisher, holidays, application, joined
):
    with database.read() as session:
        before = latest(session)
    with database.begin() as session:
        limits.override(session, publisher, joined.id, windows=[Window("day", 9_000), ROLLING], reason="Census week")

    assert in_force(database, application, holidays) == (Window("minute", 60), Window("day", 9_000), ROLLING)
    with database.read() as session:
        kept = session.get(Subscription, joined.id)
        told = session.scalars(select(AuditEvent).order_by(AuditEvent.sequence.desc()).limit(1)).one()
        assert limits.limits_in_force(kept, ()) == (Window("minute", 60), Window("day", 9_000), ROLLING)
        assert (told.command, told.reason) == ("subscription.limits", "Census week")
        assert told.after["windows"] == {"day": 9_000, "credential-rolling-day": 500}
        assert changes_since(session, before).applications == {application.id}


def test_taking_its_own_limits_away_gives_it_the_plans_again(database, publisher, holidays, application, joined):
    with database.begin() as session:
        limits.override(session, publisher, joined.id, windows=[Window("day", 9_000)], reason="Census week")
        limits.override(session, publisher, joined.id, windows=[], reason="It is over")

    assert in_force(database, application, holidays) == (Window("minute", 60), Window("day", 1_000))


def test_an_override_needs_a_reason_and_somebody_who_may(database, publisher, developer, joined):
    with database.begin() as session:
        given = (session, publisher, joined.id)
        assert refused(limits.override, *given, windows=[], reason=" ").kind is REQUIRED
        assert refused(limits.override, session, publisher, "sub_0", windows=[], reason="x").kind is NOT_FOUND
        assert refused(limits.override, session, developer, joined.id, windows=[], reason="x").kind is NOT_FOUND


def test_a_cap_binds_all_callers_of_an_api(database, publisher, holidays):
    with database.begin() as session:
        limits.set_api_limits(session, publisher, holidays.id, caps=[CAP])

        assert limits.caps_of(session.get(Api, holidays.id)) == (CAP,)
    snapshot = StoreCatalogue(database, Registry([]), "https://g.ca", parse_base_url, Sealer("s" * 32)).compile()
    assert [version.caps for version in snapshot.versions.values()] == [(CAP,)]


def test_nothing_is_told_where_nothing_changes(database, publisher, holidays):
    with database.begin() as session:
        limits.set_api_limits(session, publisher, holidays.id, caps=[CAP])
    with database.read() as session:
        before = latest(session)

    with database.begin() as session:
        limits.set_api_limits(session, publisher, holidays.id, caps=[CAP], defaults=[])

    with database.read() as session:
        assert latest(session) == before


def test_two_who_change_the_limits_of_an_api_at_once_are_told(database, publisher, holidays):
    with database.begin() as session:
        stale = refused(limits.set_api_limits, session, publisher, holidays.id, caps=[CAP], expected_version=99)

    assert stale.kind is STALE


@pytest.mark.parametrize(
    "window",
    [
        Window("second", 5),
        Window("day", 5, "rate"),
        Window("second", 5, "rolling"),
        Window("day", 5, per="api"),
        Window("day", 0),
        Window("day", 5, "concurrency"),
        Window("call", 5),
        Window("second", 1, "rate", burst=2_000_000_000),
        Window("hour", 1, "rate", burst=745),
        Window("day", 5, "leaky"),  # type: ignore[arg-type] # what a face that forgot to look might bring
    ],
)
def test_limits_that_make_no_sense_are_refused(window):
    assert refused(limits.checked, [window], "windows").kind is INVALID


def test_a_burst_of_a_month_is_let_pass_and_each_limit_is_given_once():
    window = Window("hour", 1, "rate", burst=744)

    assert from_stored(limits.checked([window], "windows")) == (window,)
    assert refused(limits.checked, [window, Window("hour", 9, "rate")], "windows").kind is INVALID
    many = [Window("day", 9)] * (limits.MOST_LIMITS + 1)
    assert refused(limits.checked, many, "windows").kind is INVALID


def test_an_operation_that_costs_one_call_is_not_written_down(database, publisher, holidays):
    with database.begin() as session:
        plan = session.get(Plan, holidays.plans[0].id)
        plans.update_plan(session, publisher, plan.id, costs={"GET  /days ": 1, "POST /days": 60})

        assert plan.costs == {"POST /days": 60}


@pytest.mark.parametrize(
    "costs",
    [{"POST /days": 61}, {"POST /days": 0}, {"post /days": 2}, {"/days": 2}, {"POST days": 2}, {"": 2}],
)
def test_a_cost_that_nobody_could_pay_or_of_no_operation_is_refused(database, publisher, holidays, costs):
    with database.begin() as session:
        fault = refused(plans.update_plan, session, publisher, holidays.plans[0].id, costs=costs)

    assert (fault.kind, fault.field) == (INVALID, "costs")


def test_too_many_costs_are_refused(database, publisher, holidays):
    costs = {f"GET /{number}": 2 for number in range(limits.MOST_COSTS + 1)}
    with database.begin() as session:
        assert refused(plans.update_plan, session, publisher, holidays.plans[0].id, costs=costs).field == "costs"


def test_neither_a_cap_nor_an_override_nor_smaller_limits_make_an_operation_unpayable(
    database, publisher, holidays, joined
):
    with database.begin() as session:
        plan_id = holidays.plans[0].id
        plans.update_plan(session, publisher, plan_id, costs={"POST /days": 50})
        few = [Window("minute", 49)]

        assert refused(limits.set_api_limits, session, publisher, holidays.id, caps=[Window("day", 49, per="api")])
        assert refused(limits.override, session, publisher, joined.id, windows=few, reason="x").field == "windows"
        assert refused(plans.update_plan, session, publisher, plan_id, windows=few).field == "costs"


def test_days_begin_where_the_department_is(database, publisher, department, holidays, application, joined):
    with database.read() as session:
        before = latest(session)
    with database.begin() as session:
        organisations.update_organisation(
            session, publisher, department.id, name_en="A", name_fr="B", time_zone="America/Toronto"
        )

    assert [window.zone for window in in_force(database, application, holidays)] == ["America/Toronto"] * 2
    with database.read() as session:
        changed = changes_since(session, before)
        assert limits.limits_of(session.get(Plan, holidays.plans[0].id))[0].zone == "America/Toronto"
    assert changed.catalogue
    assert changed.applications == {application.id}


def test_a_time_zone_is_one_that_there_is(database, publisher, department):
    change = organisations.update_organisation
    with database.begin() as session:
        fault = refused(change, session, publisher, department.id, name_en="A", name_fr="B", time_zone="Mars/Olympus")

    assert (fault.kind, fault.field) == (INVALID, "time_zone")


def test_an_operation_may_cost_more_than_calls_may_be_under_way(holidays):
    windows = (Window("day", 9), Window("call", 2, "concurrency"))

    assert limits.checked_costs({"GET /days": 5}, windows, holidays) == {"GET /days": 5}


@pytest.mark.parametrize("which", ["defaults", "caps"])
def test_no_limit_of_an_api_or_a_subscription_counts_addresses(database, publisher, holidays, joined, which):
    windows = [Window("day", 5, per="address")]
    with database.begin() as session:
        assert refused(limits.set_api_limits, session, publisher, holidays.id, **{which: windows}).kind is INVALID
        assert refused(limits.override, session, publisher, joined.id, windows=windows, reason="Why").kind is INVALID
