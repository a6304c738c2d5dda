"""A change of plan: at once, with what was used, and never of what is not active."""

import pytest
from sqlalchemy import select

from gateway.counters.local import LocalLedger
from gateway.domain.errors import FORBIDDEN, INVALID, NOT_FOUND, SAME_PLAN, WRONG_STATE, DomainError
from gateway.domain.lifecycle import SubscriptionState
from gateway.domain.plans import Charge, Window
from gateway.services import applications, plans, subscriptions
from gateway.services.plans import windows_of
from gateway.store.audit import AuditEvent
from gateway.store.changes import changes_since, latest
from tests.fixtures.consuming import MOMENT, refreshed
from tests.fixtures.publishing import person, published_api, standard_plan


@pytest.fixture
def made(database, developer, application, holidays):
    """A subscription under the API's first plan."""
    with database.begin() as session:
        plan_id = holidays.plans[0].id
        return subscriptions.subscribe(session, developer, application.id, api_id=holidays.id, plan_id=plan_id)


@pytest.fixture
def larger(database, publisher, holidays):
    """A second plan of the API."""
    with database.begin() as session:
        return standard_plan(session, publisher, holidays, code="larger")


@pytest.fixture
def change(database, developer, made):
    """Go on under another plan."""

    def changed(plan, actor=developer):
        with database.begin() as session:
            return subscriptions.change_plan(session, actor, made.id, plan_id=plan.id)

    return changed


def test_a_change_of_plan_is_at_once_told_and_announced(database, made, change, larger, application):
    with database.read() as session:
        before = latest(session)

    change(larger)

    with database.read() as session:
        kept = refreshed(session, made)
        told = session.scalars(select(AuditEvent).order_by(AuditEvent.sequence.desc()).limit(1)).one()
        announced = changes_since(session, before).applications
    assert (kept.plan_id, kept.state) == (larger.id, SubscriptionState.ACTIVE)
    assert (told.command, told.before["plan"], told.after["plan"]) == ("subscription.change-plan", "standard", "larger")
    assert announced == {application.id}


def test_what_was_used_counts_under_the_new_plan_too(database, made, change, publisher, holidays, tmp_path):
    ledger = LocalLedger(tmp_path / "ledger", lambda: MOMENT)
    with database.begin() as session:
        tiny = plans.create_plan(
            session, publisher, holidays.id, code="tiny", name_en="Tiny", name_fr="Minime", allows_api_key=False,
            windows=(Window("minute", 3), Window("hour", 9)),
        )  # fmt: skip
        standard, other = windows_of(refreshed(session, holidays.plans[0])), windows_of(tiny)
    for _ in range(2):
        ledger.spend((Charge(made.id, standard),))

    change(tiny)

    left = {line.window.period: line.remaining for line in ledger.spend((Charge(made.id, other),)).left}
    assert left == {"minute": 0, "hour": 8}
    ledger.close()


def test_the_plan_there_is_already_is_said_to_be_that(made, change, holidays):

    with pytest.raises(DomainError) as caught:
        change(holidays.plans[0])

    assert caught.value.kind is SAME_PLAN


def test_a_closed_plan_is_not_changed_to_but_may_be_left(database, made, change, publisher, holidays, larger):
    with database.begin() as session:
        plans.close_plan(session, publisher, larger.id)

    with pytest.raises(DomainError) as caught:
        change(larger)
    with database.begin() as session:
        plans.close_plan(session, publisher, holidays.plans[0].id)
        another = standard_plan(session, publisher, holidays, code="another")

    assert (caught.value.kind, caught.value.field) == (INVALID, "plan_id")
    assert change(another).plan_id == another.id


def test_a_plan_of_another_api_cannot_be_changed_to(database, made, change, publisher, department):
    with database.begin() as session:
        plan_of_another = published_api(session, publisher, department, name="tides").plans[0]

    with pytest.raises(DomainError) as caught:
        change(plan_of_another)

    assert caught.value.kind is NOT_FOUND


@pytest.mark.parametrize("end", [subscriptions.suspend, subscriptions.revoke])
def test_what_is_not_active_keeps_its_plan(database, made, change, publisher, larger, end):
    with database.begin() as session:
        end(session, publisher, made.id, reason="too many")

    with pytest.raises(DomainError) as caught:
        change(larger)

    assert caught.value.kind is WRONG_STATE


def test_a_suspended_application_keeps_its_plans(database, made, change, operator, application, larger):
    with database.begin() as session:
        applications.suspend(session, operator, application.id, reason="too many")

    with pytest.raises(DomainError) as caught:
        change(larger)

    assert caught.value.kind is WRONG_STATE


def test_only_its_owner_changes_a_plan(made, change, publisher, larger):

    with pytest.raises(DomainError) as by_department:
        change(larger, actor=publisher)
    with pytest.raises(DomainError) as by_nobody:
        change(larger, actor=person())

    assert (by_department.value.kind, by_nobody.value.kind) == (FORBIDDEN, NOT_FOUND)
