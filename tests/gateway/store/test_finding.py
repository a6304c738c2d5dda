from datetime import timedelta

import pytest

from gateway.credentials.api_keys import digest
from gateway.domain.ids import ApplicationId
from gateway.domain.lifecycle import ApplicationState, SubscriptionState
from gateway.domain.plans import Window
from gateway.pipeline.refusals import STORE_AWAY, Failure
from gateway.services import applications, credentials, subscriptions
from gateway.store.database import Database
from gateway.store.finding import StoreFinder
from tests.fixtures.consuming import counted_queries
from tests.fixtures.publishing import NOW, published_api


@pytest.fixture
def joined(database, developer, application, holidays):
    with database.begin() as session:
        plan_id = holidays.plans[0].id
        return subscriptions.subscribe(session, developer, application.id, api_id=holidays.id, plan_id=plan_id)


def test_an_application_is_found_with_its_credentials_and_its_subscriptions(
    database, developer, application, holidays, joined
):
    with database.begin() as session:
        lasting = credentials.add_secret(session, developer, application.id, name="Lasting")
        ending = credentials.add_key(session, developer, application.id, name="Ending", days=1)

    found = StoreFinder(database).find_application(application.id)

    assert found is not None
    assert (found.application_id, found.state, found.key) == (application.id, ApplicationState.ACTIVE, None)
    assert found.credentials == {
        lasting.credential.id: None,
        ending.credential.id: (NOW + timedelta(days=1)).timestamp(),
    }
    subscription = found.subscriptions[holidays.id]
    assert (subscription.subscription_id, subscription.plan_id) == (joined.id, joined.plan_id)
    assert subscription.windows == (Window("minute", 60), Window("day", 1_000))
    assert subscription.allows_api_key is False
    assert subscription.when_away == "leased"


def test_states_arrive_as_members_of_their_tables(database, operator, publisher, application, holidays, joined):
    with database.begin() as session:
        subscriptions.suspend(session, publisher, joined.id, reason="Hammering.")
        applications.suspend(session, operator, application.id, reason="Hammering.")

    found = StoreFinder(database).find_application(application.id)

    assert found is not None
    assert found.state is ApplicationState.SUSPENDED
    assert found.subscriptions[holidays.id].state is SubscriptionState.SUSPENDED


def test_ended_subscriptions_and_revoked_credentials_are_not_there(database, developer, application, joined):
    with database.begin() as session:
        made = credentials.add_secret(session, developer, application.id, name="Laptop")
        credentials.revoke(session, developer, made.credential.id)
        subscriptions.cancel(session, developer, joined.id)

    found = StoreFinder(database).find_application(application.id)

    assert found is not None
    assert (found.credentials, found.subscriptions) == ({}, {})


def test_a_key_leads_to_its_application_and_is_named(database, developer, application):
    with database.begin() as session:
        made = credentials.add_key(session, developer, application.id, name="Laptop")
        credentials.add_key(session, developer, application.id, name="Other")

    found = StoreFinder(database).find_key(digest(made.secret))

    assert found is not None
    assert (found.application_id, found.key, len(found.credentials)) == (application.id, made.credential.id, 2)


def test_a_revoked_key_a_secret_and_an_unknown_key_lead_nowhere(database, developer, application):
    with database.begin() as session:
        revoked = credentials.add_key(session, developer, application.id, name="Laptop")
        credentials.revoke(session, developer, revoked.credential.id)
        secret = credentials.add_secret(session, developer, application.id, name="Laptop")

    finder = StoreFinder(database)

    assert [finder.find_key(digest(shown)) for shown in (revoked.secret, secret.secret, "nothing")] == [None] * 3
    assert finder.find_application(ApplicationId("app_nothing")) is None


@pytest.mark.parametrize("more", [0, 4])
def test_finding_takes_two_queries_whatever_there_is(database, developer, application, publisher, department, more):
    with database.begin() as session:
        key = credentials.add_key(session, developer, application.id, name="Laptop")
        for number in range(more):
            credentials.add_key(session, developer, application.id, name="Laptop")
            api = published_api(session, publisher, department, name=f"tides-{number}")
            subscriptions.subscribe(session, developer, application.id, api_id=api.id, plan_id=api.plans[0].id)

    with counted_queries(database) as queries:
        found = StoreFinder(database).find_key(digest(key.secret))

    assert found is not None
    assert (len(found.subscriptions), len(queries)) == (more, 2)


def test_a_store_that_is_away_is_a_failure_and_not_a_bug(tmp_path):
    finder = StoreFinder(Database(f"sqlite:///{tmp_path}/nowhere/guichet.db"))

    with pytest.raises(Failure) as caught:
        finder.find_application(ApplicationId("app_1"))

    assert caught.value.row is STORE_AWAY


def test_a_postgresql_that_does_not_listen_is_a_failure_too(free_port):
    finder = StoreFinder(Database(f"postgresql+psycopg://guichet@127.0.0.1:{free_port}/guichet"))

    with pytest.raises(Failure) as caught:
        finder.find_key(b"digest")

    assert caught.value.row is STORE_AWAY
