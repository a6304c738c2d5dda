from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from gateway.domain.errors import (
    ALREADY_DONE,
    FORBIDDEN,
    INVALID,
    NOT_FOUND,
    NOT_SIGNED_IN,
    OTHER_PLAN,
    REQUIRED,
    TOKEN_SCOPE,
    WRONG_STATE,
    DomainError,
)
from gateway.domain.lifecycle import SubscriptionState
from gateway.domain.roles import Permission, Role
from gateway.services import applications, plans, subscriptions
from gateway.services.actor import visitor
from gateway.services.plans import windows_of
from gateway.store.applications import Subscription
from gateway.store.audit import AuditEvent
from gateway.store.changes import changes_since
from tests.fixtures.consuming import counted_queries, refreshed
from tests.fixtures.publishing import (
    NOW,
    described_api,
    keyless_plan,
    organisation,
    person,
    published_api,
    standard_plan,
)


@pytest.fixture
def join(database, developer, application, holidays):
    """Subscribe the application to the holidays."""

    def joined(plan=None, actor=developer, api=holidays):
        with database.begin() as session:
            plan_id = (plan or api.plans[0]).id
            return subscriptions.subscribe(session, actor, application.id, api_id=api.id, plan_id=plan_id)

    return joined


def test_subscribing_is_approved_by_the_plan_and_told_twice(database, join, application):
    made = join()

    with database.read() as session:
        kept = refreshed(session, made)
        trail = session.scalars(
            select(AuditEvent).where(AuditEvent.subject == made.id).order_by(AuditEvent.sequence)
        ).all()
        announced = changes_since(session, 0).applications
    assert (kept.state, kept.decided_at, kept.decided_by) == (SubscriptionState.ACTIVE, NOW, "system")
    assert [(told.command, told.after["state"]) for told in trail] == [
        ("subscription.request", "requested"),
        ("subscription.approve", "active"),
    ]
    assert application.id in announced


def test_a_second_click_gives_the_same_subscription(database, join):
    first, second = join(), join()

    assert first.id == second.id


def test_clicks_that_arrive_at_the_very_same_time_make_one_subscription(database, join):
    clicks = 6
    together = Barrier(clicks)

    def click(_number):
        together.wait()
        return join().id

    with ThreadPoolExecutor(clicks) as pool:
        ids = set(pool.map(click, range(clicks)))

    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Subscription)) == 1
    assert len(ids) == 1


@pytest.fixture
def larger(database, publisher, holidays):
    """A second plan of the API."""
    with database.begin() as session:
        return standard_plan(session, publisher, holidays, code="larger")


def test_asking_for_another_plan_names_the_subscription_to_change(join, larger):
    made = join()

    with pytest.raises(DomainError) as caught:
        join(larger)

    assert (caught.value.kind, caught.value.members) == (OTHER_PLAN, {"subscription": made.id})
    assert "“Standard”" in caught.value.detail.en
    assert "«\u00a0Normal\u00a0»" in caught.value.detail.fr


def test_who_left_can_join_again_and_the_first_time_remains(database, join, developer):
    first = join()
    with database.begin() as session:
        subscriptions.cancel(session, developer, first.id, reason="")

    second = join()

    with database.read() as session:
        assert refreshed(session, first).state == SubscriptionState.CANCELLED
    assert second.id != first.id


def test_a_closed_plan_takes_no_new_subscription_but_knows_the_present_ones(
    database, join, publisher, developer, holidays
):
    first = join()
    with database.begin() as session:
        plans.close_plan(session, publisher, holidays.plans[0].id)

    again = join()
    with database.begin() as session:
        subscriptions.cancel(session, developer, first.id)
    with pytest.raises(DomainError) as caught:
        join()

    assert again.id == first.id
    assert (caught.value.kind, caught.value.field) == (INVALID, "plan_id")


def test_an_api_that_answers_no_calls_cannot_be_joined(database, join, publisher, department):
    with database.begin() as session:
        draft = described_api(session, publisher, department, name="drafted")
        plan = standard_plan(session, publisher, draft)

    with pytest.raises(DomainError) as caught:
        join(plan, api=draft)

    assert caught.value.kind is NOT_FOUND


def test_a_plan_of_another_api_does_not_exist_here(database, join, publisher, department):
    with database.begin() as session:
        plan_of_another = published_api(session, publisher, department, name="tides").plans[0]

    with pytest.raises(DomainError) as caught:
        join(plan_of_another)

    assert caught.value.kind is NOT_FOUND


def test_a_suspended_application_joins_nothing(database, join, operator, application):
    with database.begin() as session:
        applications.suspend(session, operator, application.id, reason="Hammering.")

    with pytest.raises(DomainError) as caught:
        join()

    assert caught.value.kind is WRONG_STATE


@pytest.mark.parametrize("obstacle", ["nothing", "application suspended", "subscription suspended", "plan closed"])
def test_nothing_blocks_leaving(database, join, developer, operator, publisher, application, holidays, obstacle):
    made = join()
    with database.begin() as session:
        if obstacle == "application suspended":
            applications.suspend(session, operator, application.id, reason="Hammering.")
        elif obstacle == "subscription suspended":
            subscriptions.suspend(session, publisher, made.id, reason="Hammering.")
        elif obstacle == "plan closed":
            plans.close_plan(session, publisher, holidays.plans[0].id)

    with database.begin() as session:
        cursor = changes_since(session, 0).cursor
        left = subscriptions.cancel(session, developer, made.id, reason="Too dear.")
        announced = changes_since(session, cursor).applications

    assert (left.state, left.ended_at, left.reason) == (SubscriptionState.CANCELLED, NOW, "Too dear.")
    assert announced == {application.id}


@pytest.mark.parametrize("deed", ["suspend", "revoke"])
def test_a_department_tells_why(database, join, publisher, deed):
    made = join()

    with database.begin() as session, pytest.raises(DomainError) as caught:
        getattr(subscriptions, deed)(session, publisher, made.id, reason=" ")

    assert (caught.value.kind, caught.value.field) == (REQUIRED, "reason")


def test_a_department_suspends_resumes_and_revokes(database, join, publisher):
    made = join()
    states = []
    for deed, reason in (("suspend", "Hammering."), ("resume", ""), ("revoke", "Again.")):
        with database.begin() as session:
            moved = getattr(subscriptions, deed)(session, publisher, made.id, reason=reason)
            states.append((moved.state, moved.reason, moved.ended_at is not None))

    assert states == [
        (SubscriptionState.SUSPENDED, "Hammering.", False),
        (SubscriptionState.ACTIVE, "", False),
        (SubscriptionState.REVOKED, "Again.", True),
    ]


@pytest.mark.parametrize(("deed", "who"), [("suspend", "developer"), ("revoke", "developer"), ("cancel", "publisher")])
def test_each_side_has_its_own_moves(database, join, request, deed, who):
    made = join()
    actor = request.getfixturevalue(who)

    with database.begin() as session, pytest.raises(DomainError) as caught:
        getattr(subscriptions, deed)(session, actor, made.id, reason="Because.")

    assert caught.value.kind is FORBIDDEN


@pytest.mark.parametrize("deed", ["get", "cancel", "suspend", "resume", "revoke"])
def test_a_subscription_of_others_does_not_exist(database, join, deed):
    made = join()
    stranger = person(Role.DEVELOPER, organisation(database, slug="other"))
    values = {} if deed == "get" else {"reason": "Because."}

    kinds = []
    for actor in (stranger, visitor()):
        with database.begin() as session, pytest.raises(DomainError) as caught:
            getattr(subscriptions, deed)(session, actor, made.id, **values)
        kinds.append(caught.value.kind)

    assert kinds == [NOT_FOUND, NOT_SIGNED_IN]


def test_leaving_twice_is_already_done(database, join, developer):
    made = join()
    with database.begin() as session:
        subscriptions.cancel(session, developer, made.id)

    with database.begin() as session, pytest.raises(DomainError) as caught:
        subscriptions.cancel(session, developer, made.id)

    assert caught.value.kind is ALREADY_DONE


def test_both_sides_see_it_in_their_lists(database, join, developer, publisher, application, holidays):
    made = join()

    with database.read() as session:
        ours = subscriptions.of_application(session, developer, application.id)
        theirs = subscriptions.of_api(session, publisher, holidays.id)
        with pytest.raises(DomainError) as caught:
            subscriptions.of_api(session, developer, holidays.id)

    assert [row.id for row in ours] == [row.id for row in theirs.items] == [made.id]
    assert caught.value.kind is NOT_FOUND


def test_a_page_of_subscribers_takes_a_fixed_number_of_queries(database, developer, consumer, publisher, holidays):
    with database.begin() as session:
        for number in range(10):
            made = applications.register(session, developer, organisation_id=consumer.id, name=f"Oven {number}")
            subscriptions.subscribe(session, developer, made.id, api_id=holidays.id, plan_id=holidays.plans[0].id)

    with database.read() as session, counted_queries(database) as queries:
        page = subscriptions.of_api(session, publisher, holidays.id)
        shown = {
            (row.application.name, row.application.organisation.name_fr, row.plan.code, len(windows_of(row.plan)))
            for row in page.items
        }

    assert len(shown) == 10
    assert len(queries) == 3  # the API, the count, the page with its plans


def test_only_active_subscriptions_grant_scopes(database, join, developer, publisher, department, application):
    suspended = join()
    with database.begin() as session:
        other = published_api(session, publisher, department, name="tides")
        subscriptions.subscribe(session, developer, application.id, api_id=other.id, plan_id=other.plans[0].id)
        before = subscriptions.grantable_scopes(session, application.id)
        subscriptions.suspend(session, publisher, suspended.id, reason="Hammering.")
        after = subscriptions.grantable_scopes(session, application.id)

    assert before == ("holidays:read", "holidays:write", "tides:read", "tides:write")
    assert after == ("tides:read", "tides:write")


@pytest.mark.parametrize(
    ("role", "enough"), [(Role.DEVELOPER, Permission.READ_APPLICATION), (Role.PUBLISHER, Permission.READ_USAGE)]
)
def test_a_token_reads_one_with_the_scope_of_its_side_only(database, consumer, department, join, role, enough):
    made = join()
    side = consumer if role == Role.DEVELOPER else department

    with database.read() as session:
        found = subscriptions.get(session, person(role, side, scopes=frozenset({enough})), made.id)
        with pytest.raises(DomainError) as refused:
            subscriptions.get(session, person(role, side, scopes=frozenset({Permission.MANAGE_TOKENS})), made.id)

    assert found.id == made.id
    assert refused.value.kind is TOKEN_SCOPE


def test_nobody_subscribes_to_a_plan_that_needs_no_key_nor_changes_to_it(
    database, join, publisher, developer, holidays
):
    with database.begin() as session:
        plan = keyless_plan(session, publisher, holidays)
    with pytest.raises(DomainError) as joining:
        join(plan)
    made = join()
    with database.begin() as session, pytest.raises(DomainError) as changing:
        subscriptions.change_plan(session, developer, made.id, plan_id=plan.id)

    told = {(each.value.kind, each.value.field, each.value.detail.en) for each in (joining, changing)}
    assert told == {(INVALID, "plan_id", "This plan needs no key: nobody subscribes to it. Choose another.")}
