import pytest

from gateway.domain.lifecycle import ApplicationState
from gateway.oauth.clients import Client
from gateway.services.credentials import ProvedSecret


def client_of(session, seeded, state: ApplicationState = ApplicationState.ACTIVE) -> Client:
    return Client(session, ProvedSecret("crd_1", seeded.client.client_id, state, None))


def test_a_client_is_its_application(seeded):
    with seeded.house.database.read() as session:
        assert client_of(session, seeded).get_client_id() == seeded.client.client_id


def test_only_the_grant_that_is_offered_may_be_used(seeded):
    with seeded.house.database.read() as session:
        client = client_of(session, seeded)

        assert client.check_grant_type("client_credentials")
        assert not client.check_grant_type("password")


@pytest.mark.parametrize("state", ApplicationState)
def test_only_an_active_application_may_have_a_token(seeded, state):
    with seeded.house.database.read() as session:
        assert client_of(session, seeded, state).is_active is (state is ApplicationState.ACTIVE)


def test_what_is_allowed_is_what_was_asked_for_and_may_be_granted(seeded):
    with seeded.house.database.read() as session:
        client = client_of(session, seeded)

        assert client.get_allowed_scope("air-quality:write ferries:read") == "air-quality:write"
        assert client.get_allowed_scope("air-quality:read air-quality:read") == "air-quality:read"
        assert client.get_allowed_scope("") == "air-quality:read air-quality:write"
