"""Plans: windows that make sense, closed and never deleted, heard of by those they bind."""

from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from gateway.domain.calendars import PERIOD_SECONDS
from gateway.domain.errors import INVALID, NAME_TAKEN, NOT_FOUND, NOT_SIGNED_IN, REQUIRED, STALE, DomainError
from gateway.domain.lifecycle import ApplicationState, SubscriptionState
from gateway.domain.limits import from_stored
from gateway.domain.plans import Window
from gateway.services import plans
from gateway.services.actor import visitor
from gateway.services.limits import MOST_CALLS, checked_plan
from gateway.store.applications import Application, Subscription
from gateway.store.audit import AuditEvent
from gateway.store.catalogue import Plan
from gateway.store.changes import CATALOGUE, Change
from tests.fixtures.publishing import (
    NOW,
    OF_EACH_ADDRESS,
    described_api,
    keyless_plan,
    organisation,
    person,
    published_api,
    standard_plan,
)

SECONDLY = Window("second", 1)  # what a face that forgot to look might bring


@pytest.fixture
def api(database, department, publisher):
    with database.begin() as session:
        return described_api(session, publisher, department)


def subscribe(session, organisation_id, api, plan, *, name: str, state: SubscriptionState) -> str:
    application = Application(
        organisation_id=organisation_id, name=name, description="", state=ApplicationState.ACTIVE, created_at=NOW,
        created_by="",
    )  # fmt: skip
    session.add(application)
    session.flush()
    session.add(Subscription(application=application, api_id=api.id, plan_id=plan.id, state=state, requested_at=NOW))
    return application.id


def create(session, actor, api, **given) -> Plan:
    parts = {"code": "standard", "name_en": "Standard", "name_fr": "Normal", "windows": [Window("minute", 60)]}
    return plans.create_plan(session, actor, api.id, **(parts | {"allows_api_key": True} | given))


def test_a_plan_is_kept_with_its_windows_shortest_first(database, publisher, api):
    with database.begin() as session:
        create(session, publisher, api, windows=[Window("day", 1_000), Window("minute", 60)])

    with database.read() as session:
        plan = session.scalars(select(Plan)).one()
        assert plans.windows_of(plan) == (Window("minute", 60), Window("day", 1_000))
        assert (plan.approval, plan.allows_api_key, plan.closed_at) == ("auto", True, None)


@pytest.mark.parametrize(
    ("windows", "kind"),
    [
        ([], REQUIRED),
        ([Window("minute", 0)], INVALID),
        ([Window("minute", -1)], INVALID),
        ([Window("day", 1_000_000_001)], INVALID),
        ([Window("minute", 1), Window("minute", 2)], INVALID),
        ([SECONDLY], INVALID),
    ],
)
def test_windows_that_make_no_sense_are_refused(database, publisher, api, windows, kind):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        create(session, publisher, api, windows=windows)

    assert (caught.value.kind, caught.value.field) == (kind, "windows")
    with database.read() as session:
        assert session.scalars(select(Plan)).all() == []


@given(
    limits=st.dictionaries(st.sampled_from(sorted(PERIOD_SECONDS)), st.integers(1, MOST_CALLS), min_size=1, max_size=4)
)
def test_any_positive_limits_of_different_periods_come_back_as_they_were(limits):
    windows = [Window(period, limit) for period, limit in limits.items()]

    kept = from_stored(checked_plan(windows))

    assert {window.period: window.limit for window in kept} == limits


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"code": "Standard"}, INVALID),
        ({"code": ""}, INVALID),
        ({"name_en": " "}, REQUIRED),
        ({"name_fr": ""}, REQUIRED),
        ({"name_fr": "x" * 201}, INVALID),
    ],
)
def test_a_plan_needs_a_code_and_a_name_in_both_languages(database, publisher, api, given, kind):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        create(session, publisher, api, **given)

    assert (caught.value.kind, caught.value.field) == (kind, next(iter(given)))


def test_what_happens_while_calls_cannot_be_counted_is_one_of_three_choices_and_is_audited(database, publisher, api):
    with database.begin() as session:
        plan = create(session, publisher, api)
        assert plan.when_away == "leased"
        plans.update_plan(session, publisher, plan.id, when_away="share")

    with database.begin() as session, pytest.raises(DomainError) as caught:
        create(session, publisher, api, code="other", when_away="admit")

    assert (caught.value.kind, caught.value.field) == (INVALID, "when_away")
    with database.read() as session:
        assert session.scalars(select(Plan)).one().when_away == "share"
        told = session.scalars(select(AuditEvent).where(AuditEvent.command == "plan.update")).one()
        assert (told.before["when_away"], told.after["when_away"]) == ("leased", "share")


def test_a_code_is_taken_once_in_an_api_and_free_in_another(database, department, publisher, api):
    with database.begin() as session:
        create(session, publisher, api)
        create(session, publisher, described_api(session, publisher, department, name="weather"))
    outcomes = []

    def again() -> None:
        try:
            with database.begin() as session:
                create(session, publisher, api)
        except DomainError as error:
            outcomes.append((error.kind, error.field))

    threads = [Thread(target=again) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == [(NAME_TAKEN, "code")] * 2


def test_new_limits_raise_the_version_and_are_told_to_those_they_bind(database, publisher, department, api):
    company = organisation(database, slug="acme").id
    with database.begin() as session:
        plan = create(session, publisher, api, windows=[Window("minute", 60), Window("day", 1_000)])
        active = subscribe(session, company, api, plan, name="one", state=SubscriptionState.ACTIVE)
        suspended = subscribe(session, company, api, plan, name="two", state=SubscriptionState.SUSPENDED)
        subscribe(session, company, api, plan, name="three", state=SubscriptionState.CANCELLED)

    with database.begin() as session:
        changed = plans.update_plan(
            session, publisher, plan.id, expected_version=1, windows=[Window("hour", 5), Window("day", 2_000)]
        )

    assert changed.version == 2
    with database.read() as session:
        kept = session.get(Plan, plan.id)
        event = session.scalars(select(AuditEvent).where(AuditEvent.command == "plan.update")).one()
        assert plans.windows_of(kept) == (Window("hour", 5), Window("day", 2_000))
        assert event.before["windows"] == {"minute": 60, "day": 1_000}
        assert set(session.scalars(select(Change.subject))) == {CATALOGUE, active, suspended}


def test_a_new_name_binds_nobody_and_the_same_again_is_no_change(database, publisher, api):
    with database.begin() as session:
        plan = create(session, publisher, api)
        plans.update_plan(session, publisher, plan.id, name_fr="Usuel")
        plans.update_plan(session, publisher, plan.id, name_fr="Usuel", windows=[Window("minute", 60)])

        assert plan.version == 2
        assert session.scalars(select(Change)).all() == []


def test_a_change_to_what_was_read_before_another_change_is_refused(database, publisher, api):
    with database.begin() as session:
        plan = create(session, publisher, api)
        plans.update_plan(session, publisher, plan.id, windows=[Window("minute", 1)])

    with database.begin() as session, pytest.raises(DomainError) as caught:
        plans.update_plan(session, publisher, plan.id, expected_version=1, name_en="Other")
    assert caught.value.kind is STALE


def test_bad_new_limits_leave_the_old_ones(database, publisher, api):
    with database.begin() as session:
        plan = create(session, publisher, api)

    with database.begin() as session, pytest.raises(DomainError):
        plans.update_plan(session, publisher, plan.id, windows=[Window("minute", 0)])
    with database.read() as session:
        assert plans.windows_of(session.get(Plan, plan.id)) == (Window("minute", 60),)


def test_a_closed_plan_is_for_its_department_to_see_and_closing_again_is_told_once(database, department, publisher):
    with database.begin() as session:
        api = published_api(session, publisher, department)
        extra = standard_plan(session, publisher, api, code="extra")
        for _ in range(2):
            plans.close_plan(session, publisher, extra.id)

    with database.read() as session:
        assert [plan.code for plan in plans.plans_of(session, visitor(), api.id)] == ["standard"]
        assert {plan.code for plan in plans.plans_of(session, publisher, api.id)} == {"standard", "extra"}
        assert len(session.scalars(select(AuditEvent).where(AuditEvent.command == "plan.close")).all()) == 1


def test_strangers_neither_see_nor_change_the_plans_of_a_draft(database, publisher, api):
    with database.begin() as session:
        plan = create(session, publisher, api)

    with database.begin() as session:
        for ask in (
            lambda: plans.plans_of(session, person(), api.id),
            lambda: plans.get_plan(session, person(), plan.id),
            lambda: plans.get_plan(session, publisher, "pln_01JD0000000000000000000000"),
            lambda: plans.close_plan(session, person(), plan.id),
            lambda: create(session, person(), api, code="mine"),
        ):
            with pytest.raises(DomainError) as caught:
                ask()
            assert caught.value.kind is NOT_FOUND
        with pytest.raises(DomainError) as caught:
            plans.close_plan(session, visitor(), plan.id)
        assert caught.value.kind is NOT_SIGNED_IN
        assert plans.get_plan(session, publisher, plan.id).id == plan.id


def test_an_api_has_one_open_plan_that_needs_no_key(database, publisher, api):
    with database.begin() as session:
        first = keyless_plan(session, publisher, api)
        with pytest.raises(DomainError) as caught:
            keyless_plan(session, publisher, api, code="other")
        plans.close_plan(session, publisher, first.id)
        second = keyless_plan(session, publisher, api, code="other")

    assert (caught.value.kind, caught.value.field) == (INVALID, "keyless")
    assert first.keyless
    assert second.keyless


@pytest.mark.parametrize(
    ("given", "field", "kind"),
    [
        ({"windows": []}, "windows", REQUIRED),
        ({"windows": [Window("minute", 5)]}, "windows", INVALID),
        ({"windows": [*OF_EACH_ADDRESS, Window("day", 5, per="operation")]}, "windows", INVALID),
        ({"windows": [Window("week", 5, per="address")]}, "windows", INVALID),
        ({"windows": [Window("month", 5, "rolling", per="address")]}, "windows", INVALID),
        ({"windows": [Window("hour", 1, "rate", 25, per="address")]}, "windows", INVALID),
        ({"windows": [Window("call", 5, "concurrency", per="address")]}, "windows", INVALID),
        ({"windows": [Window("minute", 0, per="address")]}, "windows", INVALID),
        ({"allows_api_key": True}, "allows_api_key", INVALID),
    ],
)
def test_a_plan_without_a_key_counts_addresses_for_a_day_at_most_and_nothing_else(
    database, publisher, api, given, field, kind
):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        keyless_plan(session, publisher, api, **given)

    assert (caught.value.kind, caught.value.field) == (kind, field)
    assert caught.value.detail.fr != caught.value.detail.en


def test_a_day_a_rate_and_a_rolling_hour_of_each_address_are_taken_and_stay_so(database, publisher, api):
    windows = (
        Window("day", 5, per="address"),
        Window("hour", 1, "rate", 24, per="address"),
        Window("hour", 5, "rolling", per="address"),
    )
    with database.begin() as session:
        plan = keyless_plan(session, publisher, api, windows=windows)
        with pytest.raises(DomainError):
            plans.update_plan(session, publisher, plan.id, windows=[Window("day", 5)])
        with pytest.raises(DomainError):
            plans.update_plan(session, publisher, plan.id, allows_api_key=True)

        assert set(plans.windows_of(plan)) == set(windows)


def test_only_a_plan_without_a_key_counts_addresses(database, publisher, api):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        create(session, publisher, api, windows=OF_EACH_ADDRESS)

    assert (caught.value.kind, caught.value.field) == (INVALID, "windows")


def test_every_worker_hears_of_a_plan_without_a_key_when_it_opens_changes_and_closes(database, publisher, api):
    def heard(change):
        with database.begin() as session:
            before = len(session.scalars(select(Change).where(Change.subject == CATALOGUE)).all())
            change(session)
            session.flush()
            return len(session.scalars(select(Change).where(Change.subject == CATALOGUE)).all()) - before

    made = []
    assert heard(lambda session: made.append(keyless_plan(session, publisher, api).id)) == 1
    windows = [Window("minute", 9, per="address")]
    assert heard(lambda session: plans.update_plan(session, publisher, made[0], windows=windows)) == 1
    assert heard(lambda session: plans.close_plan(session, publisher, made[0])) == 1
