"""The metadata tells the truth: what it lists works, and what it does not list is refused (RFC 8414)."""

import base64
import time

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from gateway.oauth.clients import AUTH_METHODS, GRANT_TYPES
from gateway.oauth.metadata import WELL_KNOWN, metadata

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
GRANTS = [
    "client_credentials",
    "authorization_code",
    "refresh_token",
    "password",
    "implicit",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:openid:params:grant-type:ciba",
]


def by_basic(client_id, secret):
    pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {}, {"Authorization": f"Basic {pair}"}


def by_post(client_id, secret):
    return {"client_id": client_id, "client_secret": secret}, {}


def by_name_alone(client_id, _secret):
    return {"client_id": client_id}, {}


def by_assertion(algorithm, key_of):
    def proof(client_id, secret):
        claims = {"iss": client_id, "sub": client_id, "aud": "http://127.0.0.1:8000/oauth/token", "jti": "1"}
        claims["exp"] = str(int(time.time()) + 60)
        signed = jwt.encode({"alg": algorithm}, claims, key_of(secret))
        return {"client_id": client_id, "client_assertion_type": ASSERTION, "client_assertion": signed}, {}

    return proof


# Every method that IANA lists for token endpoints and that needs no TLS certificate of the client.
METHODS = {
    "client_secret_basic": by_basic,
    "client_secret_post": by_post,
    "none": by_name_alone,
    "client_secret_jwt": by_assertion("HS256", OctKey.import_key),
    "private_key_jwt": by_assertion("ES256", lambda _secret: ECKey.generate_key("P-256")),
}


@pytest.mark.parametrize("method", METHODS)
def test_a_way_of_proving_oneself_works_if_it_is_listed_and_only_then(seeded, method):
    client = seeded.app.test_client()
    listed = client.get(WELL_KNOWN).json["token_endpoint_auth_methods_supported"]
    form, headers = METHODS[method](seeded.client.client_id, seeded.client.client_secret)

    answer = client.post("/oauth/token", data={"grant_type": "client_credentials"} | form, headers=headers)

    assert (answer.status_code == 200) is (method in listed)
    assert answer.status_code in {200, 401}


@pytest.mark.parametrize("grant", GRANTS)
def test_a_grant_works_if_it_is_listed_and_only_then(seeded, grant):
    listed = seeded.app.test_client().get(WELL_KNOWN).json["grant_types_supported"]

    answer = seeded.token(
        grant_type=grant, code="x", refresh_token="x", username="x", password="x", assertion="x", device_code="x"
    )

    assert (answer.status_code == 200) is (grant in listed)
    assert answer.status_code == 200 or answer.json["error"] == "unsupported_grant_type"


def test_the_addresses_are_where_it_says(seeded):
    client = seeded.app.test_client()
    told = client.get(WELL_KNOWN).json

    assert told["issuer"] == "http://127.0.0.1:8000"
    assert client.get(told["jwks_uri"]).json["keys"]
    assert client.post(told["token_endpoint"]).json["error"] == "invalid_request"
    assert client.get(told["service_documentation"]).status_code == 200


def test_a_client_that_knows_only_the_issuer_gets_a_token_and_can_verify_it(seeded):
    client = seeded.app.test_client()
    told = client.get(WELL_KNOWN).json

    answer = client.post(told["token_endpoint"], data={"grant_type": "client_credentials"} | seeded.proof()).json

    keys = KeySet.import_key_set(client.get(told["jwks_uri"]).json)
    claims = jwt.decode(answer["access_token"], keys, algorithms=["ES256"]).claims
    assert claims["iss"] == told["issuer"]


def test_it_names_exactly_what_the_server_registers():
    told = metadata("https://guichet.example.ca", ["ferries"])

    assert tuple(told["grant_types_supported"]) == GRANT_TYPES
    assert tuple(told["token_endpoint_auth_methods_supported"]) == AUTH_METHODS


@pytest.mark.parametrize("part", ["token_endpoint", "jwks_uri", "grant_types_supported", "ui_locales_supported"])
def test_an_independent_reader_accepts_it(part):
    document = AuthorizationServerMetadata(metadata("https://guichet.example.ca", ["ferries"]))

    getattr(document, f"validate_{part}")()


def test_what_is_not_built_is_not_advertised():
    told = metadata("https://guichet.example.ca", ["ferries"])

    assert told["response_types_supported"] == []
    assert not {"authorization_endpoint", "registration_endpoint", "introspection_endpoint"} & set(told)


def test_the_scopes_are_those_of_every_api_in_the_catalogue_and_of_no_other(seeded):
    client = seeded.app.test_client()
    names = sorted(api["name"] for api in client.get("/v1/catalogue").json["items"])

    told = client.get(WELL_KNOWN).json["scopes_supported"]

    assert names
    assert told == [scope for name in names for scope in (f"{name}:read", f"{name}:write")]
