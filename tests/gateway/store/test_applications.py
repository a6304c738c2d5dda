import pytest
from sqlalchemy.exc import IntegrityError

from gateway.domain.lifecycle import LIVE, SubscriptionState
from gateway.store.applications import Credential, CredentialKind, Subscription
from tests.fixtures.publishing import NOW


@pytest.fixture
def subscription(application, holidays):
    def made(state):
        return Subscription(
            application_id=application.id,
            api_id=holidays.id,
            plan_id=holidays.plans[0].id,
            state=state,
            requested_at=NOW,
        )

    return made


@pytest.mark.parametrize("first", sorted(LIVE))
@pytest.mark.parametrize("second", sorted(LIVE))
def test_the_database_itself_holds_one_live_subscription_at_a_time(database, subscription, first, second):
    with pytest.raises(IntegrityError), database.begin() as session:
        session.add_all([subscription(first), subscription(second)])


def test_ended_subscriptions_may_be_many(database, subscription):
    ended = [state for state in SubscriptionState if state not in LIVE]

    with database.begin() as session:
        session.add_all([subscription(state) for state in (*ended, *ended, SubscriptionState.ACTIVE)])


def test_the_database_itself_holds_one_credential_of_a_nonce(database, application):
    with pytest.raises(IntegrityError), database.begin() as session:
        session.add_all(
            Credential(
                application_id=application.id,
                kind=CredentialKind.KEY,
                name="Laptop",
                digest=bytes([number]),
                display="gck_…",
                nonce="n1",
                created_at=NOW,
            )
            for number in range(2)
        )
