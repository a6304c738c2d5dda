from gateway.oauth.clients import Client
from gateway.services import applications
from gateway.services.actor import system, utc_now


def test_a_client_is_its_application(seeded):
    with seeded.house.database.begin() as session:
        application = applications.get(session, system(), seeded.client.client_id)
        client = Client(session, application, utc_now())

        assert client.get_client_id() == application.id
        assert client.check_client_secret(seeded.client.client_secret)
        assert client.credential is not None
        assert not client.check_client_secret("gcs_" + "A" * 49)
        assert client.credential is None


def test_only_the_token_endpoint_knows_clients_and_only_by_their_secret(seeded):
    with seeded.house.database.read() as session:
        client = Client(session, applications.get(session, system(), seeded.client.client_id), utc_now())

        assert client.check_endpoint_auth_method("client_secret_basic", "token")
        assert not client.check_endpoint_auth_method("none", "token")
        assert not client.check_endpoint_auth_method("client_secret_basic", "introspection")
        assert not client.check_grant_type("password")


def test_what_is_allowed_is_what_was_asked_for_and_may_be_granted(seeded):
    with seeded.house.database.read() as session:
        client = Client(session, applications.get(session, system(), seeded.client.client_id), utc_now())

        assert client.get_allowed_scope("air-quality:write ferries:read") == "air-quality:write"
