"""The authorization server over HTTP: what it gives, and everything that it must refuse."""

import base64
import json
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import text, update

from gateway.services import applications, credentials, subscriptions
from gateway.services.actor import system, utc_now
from gateway.store.applications import Credential
from gateway.store.keys import SigningKey
from tests.fixtures.consuming import counted_queries

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


@pytest.mark.parametrize("grant", ["password", "authorization_code", "refresh_token", "implicit", "nonsense"])
def test_a_grant_that_is_not_advertised_is_refused(seeded, grant):
    answer = seeded.token(grant_type=grant, username="a", password="b")

    assert (answer.status_code, answer.json["error"]) == (400, "unsupported_grant_type")
    assert grant not in answer.get_data(as_text=True)


def test_without_a_grant_there_is_nothing_to_answer(seeded):
    # RFC 6749 §3.2: a parameter without a value counts as omitted.
    assert seeded.token(grant_type="").json["error"] == "invalid_request"


@pytest.mark.parametrize(
    "changed",
    [
        {"client_secret": "wrong"},
        {"client_secret": ""},
        {"client_secret": "gcs_" + "A" * 49},
        {"client_secret": "gcs_\0"},
        {"client_id": "app_nobody"},
        {"client_id": "app_01KAP6V0R000000000000000FF"},
        {"client_id": "app_\0"},
        {"client_id": ""},
    ],
)
def test_a_client_that_does_not_prove_itself_gets_one_answer_whatever_is_wrong(seeded, changed):
    answer = seeded.token(**changed)

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert answer.json["error_description"] == "The client is unknown, or its secret is wrong, expired or revoked."
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers.getlist("WWW-Authenticate") == ['Basic realm="token endpoint", charset="UTF-8"']


def test_whoever_knows_a_client_id_keeps_nobody_out_with_it(seeded):
    # No count of tries: a secret of 256 bits is not guessed, and a count would be the strangers' to spend.
    assert {seeded.token(client_secret="gcs_" + "A" * 49).status_code for _ in range(200)} == {401}

    assert seeded.token().status_code == 200


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


@pytest.mark.parametrize(
    "garbage", ["Basic", "Basic !!!", "Basic YQ==", "Basic gA==", "Bearer x", "Digest a=b", "\xe9"]
)
def test_garbage_in_authorization_is_a_refusal_and_no_accident(seeded, garbage):
    answer = seeded.app.test_client().post(
        "/oauth/token", data={"grant_type": "client_credentials"}, headers={"Authorization": garbage}
    )

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert answer.headers["Cache-Control"] == "no-store"


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

    answer = seeded.app.test_client().post("/oauth/token", data=pairs | {name: ["other", pairs[name]]})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("name", ["client_secret", "client_id", "scope", "grant_type"])
def test_a_parameter_in_the_address_is_refused(seeded, name):
    proof = {"client_id": seeded.client.client_id, "client_secret": seeded.client.client_secret}

    answer = seeded.app.test_client().post(f"/oauth/token?{name}=x", data={"grant_type": "client_credentials"} | proof)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_unknown_parameters_are_ignored(seeded):
    assert seeded.token(resource="x", colour="blue").status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_a_token_is_asked_for_by_post_alone(seeded, method):
    answer = seeded.app.test_client().open("/oauth/token", method=method)

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert "GET" not in answer.headers["Allow"]
    assert answer.headers["Cache-Control"] == "no-store"
    if method != "HEAD":
        assert answer.json["error_description"] == "A token is asked for by POST, with a form."
        assert "Un jeton se demande par POST" in answer.json["detail"]


@pytest.mark.parametrize("path", ["/oauth/jwks", "/.well-known/oauth-authorization-server"])
def test_what_is_only_read_says_so_to_who_would_write(seeded, path):
    answer = seeded.app.test_client().delete(path)

    assert (answer.status_code, answer.json["code"]) == (405, "method-not-allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("media_type", ["application/json", "multipart/form-data", "text/plain", ""])
def test_a_body_that_is_no_plain_form_is_refused(seeded, media_type):
    form = {"grant_type": "client_credentials", **seeded.proof()}
    body = json.dumps(form) if media_type == "application/json" else form
    options = {"data": body, "content_type": media_type} if media_type else {"data": b"", "content_type": ""}

    answer = seeded.app.test_client().post("/oauth/token", **options)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_body_of_a_megabyte_is_not_read(seeded):
    answer = seeded.token(scope="x" * 1_000_000)

    assert (answer.status_code, answer.json["error"]) == (413, "invalid_request")
    assert answer.json["error_description"] == "The form is longer than 16 KiB."
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_was_sent_is_never_echoed(seeded):
    hostile = "<script>alert(1)</script>"

    answers = [
        seeded.token(grant_type=hostile),
        seeded.token(scope=hostile),
        seeded.token(client_id=hostile),
        seeded.token(client_secret=hostile),
    ]

    assert all(answer.status_code in {400, 401} and "alert" not in answer.get_data(as_text=True) for answer in answers)


def test_a_token_is_made_while_somebody_else_is_writing(seeded):
    seeded.token()  # notes the use of the secret, which is news
    path = seeded.house.database.url.removeprefix("sqlite:///")

    with closing(sqlite3.connect(path, isolation_level=None)) as editor:
        editor.execute("BEGIN IMMEDIATE")
        answer = seeded.token()

    assert answer.status_code == 200


def test_a_token_takes_three_looks_into_the_store_and_writes_nothing(seeded):
    seeded.token()

    with counted_queries(seeded.house.database) as queries:
        assert seeded.token().status_code == 200

    assert len(queries) == 3, queries
    assert all(query.startswith("SELECT") for query in queries)


def test_the_use_of_a_secret_is_noted_again_after_a_minute(seeded):
    seeded.token()
    before = utc_now() - timedelta(seconds=61)
    with seeded.house.database.begin() as session:
        session.execute(update(Credential).values(last_used_at=before))

    seeded.token()

    with seeded.house.database.read() as session:
        (used,) = session.query(Credential.last_used_at).one()
    assert used > before


def test_without_a_signing_key_the_refusal_is_ours_and_tells_nothing(seeded):
    with seeded.house.database.begin() as session:
        session.execute(update(SigningKey).values(retired_at=utc_now()))

    answer = seeded.token()

    assert (answer.status_code, answer.json["error"]) == (500, "server_error")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_store_that_does_not_answer_is_told_as_temporary(seeded):
    with seeded.house.database.begin() as session:
        session.execute(text("DROP TABLE signing_keys"))

    answer = seeded.token()

    assert (answer.status_code, answer.json["error"]) == (503, "temporarily_unavailable")
    assert answer.json["detail"].startswith("No token can be issued at the moment")


def test_a_suspended_application_gets_no_token(seeded):
    with seeded.house.database.begin() as session:
        applications.suspend(session, system(), seeded.client.client_id, reason="test")

    answer = seeded.token()

    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")
    assert answer.json["error_description"].startswith("The application is suspended or closed")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"client_secret": "wrong"}, "Le client est inconnu, ou son secret est erroné, expiré ou révoqué."),
        ({"scope": "ferries:read"}, "Aucun abonnement en vigueur de cette application"),
        ({"grant_type": "password"}, "Le seul type d’autorisation est client_credentials."),
        ({"grant_type": ""}, "Le paramètre grant_type manque."),
    ],
)
def test_a_refusal_speaks_the_language_of_the_caller(seeded, changed, words):
    client = seeded.client
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": client.client_secret}

    answer = seeded.app.test_client().post(
        "/oauth/token", data=form | changed, headers={"Accept-Language": "fr-CA,fr;q=0.9"}
    )

    assert answer.json["detail"].startswith(words)
    assert answer.json["error_description"].isascii()
    assert "Accept-Language" in answer.headers["Vary"]


def test_a_revoked_secret_gets_no_token_and_another_still_does(seeded):
    with seeded.house.database.begin() as session:
        other = credentials.add_secret(session, system(), seeded.client.client_id, name="Other")
        first = credentials.of_application(session, system(), seeded.client.client_id)
        old = next(each for each in first if each.id != other.credential.id)
        credentials.revoke(session, system(), old.id)

    assert seeded.token().json["error"] == "invalid_client"
    assert seeded.token(client_secret=other.secret).status_code == 200


def test_an_expired_secret_gets_no_token(seeded):
    with seeded.house.database.begin() as session:
        session.execute(update(Credential).values(expires_at=utc_now()))

    assert seeded.token().json["error"] == "invalid_client"


def test_an_api_key_is_no_client_secret(seeded):
    with seeded.house.database.begin() as session:
        key = credentials.add_key(session, system(), seeded.client.client_id, name="Key")

    assert seeded.token(client_secret=key.secret).json["error"] == "invalid_client"


def test_the_published_keys_hold_no_private_member(seeded):
    published = seeded.app.test_client().get("/oauth/jwks")

    assert [set(key) & {"d", "p", "q", "k"} for key in published.json["keys"]] == [set()]
    assert json.loads(published.data)["keys"][0]["use"] == "sig"
