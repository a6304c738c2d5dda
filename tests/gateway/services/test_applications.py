import pytest
from sqlalchemy import select

from gateway.domain.errors import (
    ALREADY_DONE,
    FORBIDDEN,
    INVALID,
    NAME_TAKEN,
    NOT_FOUND,
    NOT_SIGNED_IN,
    REQUIRED,
    STALE,
    WRONG_STATE,
    DomainError,
)
from gateway.domain.lifecycle import ApplicationState, SubscriptionState
from gateway.domain.roles import Role
from gateway.services import applications, subscriptions
from gateway.services.actor import visitor
from gateway.store.audit import AuditEvent
from gateway.store.changes import Change, changes_since
from tests.fixtures.consuming import counted_queries, refreshed
from tests.fixtures.publishing import organisation, person


def test_a_registered_application_is_active_and_its_id_is_its_client_id(database, application):
    with database.read() as session:
        found = refreshed(session, application)

    assert found.state == ApplicationState.ACTIVE
    assert found.id.startswith("app_")


def test_registering_is_told_in_the_trail(database, application, developer):
    with database.read() as session:
        told = session.scalars(select(AuditEvent)).one()

    assert (told.command, told.subject, told.actor) == ("application.register", application.id, developer.id)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"name": " "}, REQUIRED),
        ({"name": "x" * 121}, INVALID),
        ({"name": "a\0b"}, INVALID),
        ({"description": "x" * 4_001}, INVALID),
    ],
)
def test_texts_that_cannot_be_kept_are_refused(database, developer, consumer, given, kind):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        applications.register(session, developer, organisation_id=consumer.id, **{"name": "Ovens"} | given)

    assert caught.value.kind is kind


def test_two_applications_of_an_organisation_do_not_share_a_name(database, developer, consumer, application):
    with pytest.raises(DomainError) as caught, database.begin() as session:
        applications.register(session, developer, organisation_id=consumer.id, name=application.name)

    assert (caught.value.kind, caught.value.field) == (NAME_TAKEN, "name")


def test_a_department_registers_no_applications(database, operator, department):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        applications.register(session, operator, organisation_id=department.id, name="Ovens")

    assert caught.value.kind is FORBIDDEN


@pytest.mark.parametrize("deed", ["get", "update", "close", "suspend"])
def test_an_application_of_others_does_not_exist(database, application, deed):
    stranger = person(Role.DEVELOPER, organisation(database, slug="other"))
    values = {"suspend": {"reason": "none"}}.get(deed, {})

    with database.begin() as session, pytest.raises(DomainError) as caught:
        getattr(applications, deed)(session, stranger, application.id, **values)

    assert caught.value.kind is NOT_FOUND


def test_a_visitor_is_asked_to_sign_in_whether_the_application_exists_or_not(database, application):
    kinds = []
    for application_id in (application.id, "app_nothing"):
        with database.begin() as session, pytest.raises(DomainError) as caught:
            applications.get(session, visitor(), application_id)
        kinds.append(caught.value.kind)

    assert kinds == [NOT_SIGNED_IN, NOT_SIGNED_IN]


def test_an_update_changes_what_it_names_and_leaves_the_rest(database, developer, application):
    with database.begin() as session:
        applications.update(session, developer, application.id, description="Bread.\r\nAnd cakes.")

    with database.read() as session:
        found = refreshed(session, application)
    assert (found.name, found.description, found.version) == ("Ovens", "Bread.\nAnd cakes.", 2)


def test_an_update_of_what_changed_in_the_meantime_is_stale(database, developer, application):
    with database.begin() as session:
        applications.update(session, developer, application.id, name="Kilns", expected_version=1)

    with database.begin() as session, pytest.raises(DomainError) as caught:
        applications.update(session, developer, application.id, name="Stoves", expected_version=1)

    assert caught.value.kind is STALE


def test_suspending_needs_a_reason(database, operator, application):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        applications.suspend(session, operator, application.id, reason="  ")

    assert (caught.value.kind, caught.value.field) == (REQUIRED, "reason")


def test_an_owner_cannot_suspend_nor_resume(database, developer, application):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        applications.suspend(session, developer, application.id, reason="why not")

    assert caught.value.kind is FORBIDDEN


def test_a_suspension_is_announced_kept_with_its_reason_and_can_be_lifted(database, operator, application):
    with database.begin() as session:
        cursor = changes_since(session, 0).cursor
        applications.suspend(session, operator, application.id, reason="Hammering.")

    with database.begin() as session:
        found = refreshed(session, application)
        announced = changes_since(session, cursor).applications
        assert (found.state, found.state_reason) == (ApplicationState.SUSPENDED, "Hammering.")
        assert announced == {application.id}
        assert applications.resume(session, operator, application.id).state == ApplicationState.ACTIVE


def test_suspending_twice_is_already_done_and_announces_once(database, operator, application):
    with database.begin() as session:
        applications.suspend(session, operator, application.id, reason="Hammering.")
    with pytest.raises(DomainError) as caught, database.begin() as session:
        applications.suspend(session, operator, application.id, reason="Hammering.")

    with database.read() as session:
        assert len(session.scalars(select(Change).where(Change.subject == application.id)).all()) == 1
    assert caught.value.kind is ALREADY_DONE


def test_closing_ends_the_subscriptions_and_cannot_be_undone(database, developer, operator, application, holidays):
    with database.begin() as session:
        joined = subscriptions.subscribe(
            session, developer, application.id, api_id=holidays.id, plan_id=holidays.plans[0].id
        )
        applications.close(session, developer, application.id, reason="Moved to another.")

    with database.begin() as session:
        assert refreshed(session, application).state == ApplicationState.CLOSED
        assert refreshed(session, joined).state == SubscriptionState.CANCELLED
        with pytest.raises(DomainError) as caught:
            applications.resume(session, operator, application.id)
        assert caught.value.kind is WRONG_STATE
        assert (
            caught.value.detail.fr
            == "L’état actuel, «\N{NO-BREAK SPACE}fermée\N{NO-BREAK SPACE}», ne permet pas cette action."
        )


def test_a_developer_lists_their_own_the_newest_first(database, developer, consumer, application):
    stranger = person(Role.DEVELOPER, organisation(database, slug="other"))
    with database.begin() as session:
        second = applications.register(session, developer, organisation_id=consumer.id, name="Mixers")

    with database.read() as session:
        own = applications.mine(session, developer)
        others = applications.mine(session, stranger)

    assert ([row.id for row in own.items], others.total) == ([second.id, application.id], 0)


def test_only_an_operator_browses_all(database, developer, operator, application):
    with database.read() as session:
        assert applications.browse_all(session, operator).total == 1
        with pytest.raises(DomainError) as caught:
            applications.browse_all(session, developer)

    assert caught.value.kind is NOT_FOUND


@pytest.mark.parametrize(
    ("words", "total"),
    [("ov", 1), ("OVENS bakery", 1), ("boulangerie", 1), ("ovens elsewhere", 0), ("%", 0), ("_", 0), ("", 1)],
)
def test_every_word_of_a_search_must_occur(database, operator, application, words, total):
    with database.read() as session:
        assert applications.browse_all(session, operator, words=words).total == total


def test_an_application_is_found_by_its_id(database, operator, application):
    with database.read() as session:
        assert applications.browse_all(session, operator, words=application.id).total == 1


def test_a_page_takes_two_queries_whatever_it_holds(database, developer, operator, consumer):
    with database.begin() as session:
        for number in range(12):
            applications.register(session, developer, organisation_id=consumer.id, name=f"Oven {number}")

    with database.read() as session, counted_queries(database) as queries:
        page = applications.browse_all(session, operator, words="oven", per_page=12)
        names = {row.organisation.name_en for row in page.items}

    assert (names, len(page.items), len(queries)) == ({"Bakery"}, 12, 2)
