"""The authorization server over HTTP: what it gives, and everything that it must refuse."""

import base64
import json

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from gateway.services import applications, credentials, subscriptions
from gateway.services.actor import system

BASIC = "Basic"


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"{BASIC} {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"}


def test_a_token_is_a_jwt_of_rfc_9068_that_the_published_keys_verify(seeded):
    answer = seeded.token(scope="air-quality:read")

    keys = KeySet.import_key_set(seeded.app.test_client().get("/oauth/jwks").json)
    token = jwt.decode(answer.json["access_token"], keys, algorithms=["ES256"])
    assert token.header["typ"] == "at+jwt"
    assert token.header["kid"] in {key.kid for key in keys.keys}
    claims = token.claims
    assert claims["iss"] == "http://127.0.0.1:8000"
    assert claims["aud"] == ["http://127.0.0.1:8000/api/air-quality"]
    assert claims["sub"] == claims["client_id"] == seeded.client.client_id
    assert claims["scope"] == "air-quality:read"
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["jti"]
    assert claims["crd"].startswith("crd_")


def test_the_answer_says_what_was_granted_and_is_kept_by_nobody(seeded):
    answer = seeded.token(scope="air-quality:read")

    assert (answer.status_code, answer.json["token_type"], answer.json["expires_in"]) == (200, "Bearer", 3600)
    assert answer.json["scope"] == "air-quality:read"
    assert "refresh_token" not in answer.json
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_a_scope_everything_that_the_subscriptions_allow_is_granted(seeded):
    assert seeded.token().json["scope"].split() == ["air-quality:read", "air-quality:write"]


@pytest.mark.parametrize("scope", ["ferries:read", "air-quality:admin", "openid", "air-quality:read ferries:read"])
def test_a_scope_beyond_the_subscriptions_is_refused(seeded, scope):
    answer = seeded.token(scope=scope)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")


def test_an_application_without_subscriptions_gets_no_token(seeded):
    with seeded.house.database.begin() as session:
        application = applications.get(session, system(), seeded.client.client_id)
        for each in subscriptions.of_application(session, system(), application.id):
            subscriptions.cancel(session, system(), each.id)

    assert seeded.token().json["error"] == "invalid_scope"


@pytest.mark.parametrize("grant", ["password", "authorization_code", "refresh_token", "implicit", "", "nonsense"])
def test_a_grant_that_is_not_advertised_is_refused(seeded, grant):
    answer = seeded.token(grant_type=grant, username="a", password="b")

    assert (answer.status_code, answer.json["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("changed", [{"client_secret": "wrong"}, {"client_id": "app_nobody"}, {"client_secret": ""}])
def test_a_client_that_does_not_prove_itself_is_refused(seeded, changed):
    answer = seeded.token(**changed)

    assert answer.status_code in {400, 401}
    assert answer.json["error"] == "invalid_client"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_wrong_secret_by_basic_is_told_how_to_try_again(seeded):
    answer = seeded.app.test_client().post(
        "/oauth/token", data={"grant_type": "client_credentials"}, headers=basic(seeded.client.client_id, "wrong")
    )

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith(BASIC)


def test_basic_credentials_may_be_percent_encoded(seeded):
    # RFC 6749 §2.3.1: both are form-encoded before they are joined.
    client_id = seeded.client.client_id.replace("_", "%5F")

    answer = seeded.app.test_client().post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        headers=basic(client_id, seeded.client.client_secret.replace("_", "%5F")),
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("garbage", ["Basic", "Basic !!!", "Basic YQ==", "Bearer x", "Digest a=b"])
def test_garbage_in_authorization_is_a_refusal_and_no_accident(seeded, garbage):
    answer = seeded.app.test_client().post(
        "/oauth/token", data={"grant_type": "client_credentials"}, headers={"Authorization": garbage}
    )

    assert answer.status_code in {400, 401}
    assert answer.json["error"] in {"invalid_client", "invalid_request"}


def test_two_ways_of_proving_oneself_at_once_are_refused(seeded):
    answer = seeded.app.test_client().post(
        "/oauth/token",
        data={"grant_type": "client_credentials", "client_secret": seeded.client.client_secret},
        headers=basic(seeded.client.client_id, seeded.client.client_secret),
    )

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("name", ["grant_type", "scope", "client_id", "client_secret"])
def test_a_parameter_sent_twice_is_refused(seeded, name):
    pairs = {
        "grant_type": "client_credentials",
        "client_id": seeded.client.client_id,
        "client_secret": seeded.client.client_secret,
        "scope": "air-quality:read",
    }

    answer = seeded.app.test_client().post("/oauth/token", data=pairs | {name: [pairs[name], pairs[name]]})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("name", ["client_secret", "client_id", "scope", "grant_type"])
def test_a_parameter_in_the_address_is_refused(seeded, name):
    proof = {"client_id": seeded.client.client_id, "client_secret": seeded.client.client_secret}

    answer = seeded.app.test_client().post(f"/oauth/token?{name}=x", data={"grant_type": "client_credentials"} | proof)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_unknown_parameters_are_ignored(seeded):
    assert seeded.token(resource="x", colour="blue").status_code == 200


def test_a_token_is_asked_for_by_post_alone(seeded):
    answer = seeded.app.test_client().get("/oauth/token")

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_body_of_a_megabyte_is_not_read(seeded):
    assert seeded.token(scope="x" * 1_000_000).status_code == 413


def test_a_suspended_application_gets_no_token(seeded):
    with seeded.house.database.begin() as session:
        applications.suspend(session, system(), seeded.client.client_id, reason="test")

    answer = seeded.token()

    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")


def test_a_revoked_secret_gets_no_token_and_another_still_does(seeded):
    with seeded.house.database.begin() as session:
        other = credentials.add_secret(session, system(), seeded.client.client_id, name="Other")
        first = credentials.of_application(session, system(), seeded.client.client_id)
        old = next(each for each in first if each.id != other.credential.id)
        credentials.revoke(session, system(), old.id)

    assert seeded.token().json["error"] == "invalid_client"
    assert seeded.token(client_secret=other.secret).status_code == 200


def test_an_api_key_is_no_client_secret(seeded):
    with seeded.house.database.begin() as session:
        key = credentials.add_key(session, system(), seeded.client.client_id, name="Key")

    assert seeded.token(client_secret=key.secret).json["error"] == "invalid_client"


def test_the_published_keys_hold_no_private_member(seeded):
    published = seeded.app.test_client().get("/oauth/jwks")

    assert [set(key) & {"d", "p", "q", "k"} for key in published.json["keys"]] == [set()]
    assert json.loads(published.data)["keys"][0]["use"] == "sig"
