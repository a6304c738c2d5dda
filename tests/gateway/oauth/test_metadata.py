import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from gateway.oauth.clients import AUTH_METHODS, GRANT_TYPES
from gateway.oauth.metadata import WELL_KNOWN, metadata


def test_the_document_says_where_things_are_and_what_works(seeded):
    told = seeded.app.test_client().get(WELL_KNOWN).json

    assert told["issuer"] == "http://127.0.0.1:8000"
    assert told["token_endpoint"] == "http://127.0.0.1:8000/oauth/token"
    assert told["jwks_uri"] == "http://127.0.0.1:8000/oauth/jwks"
    assert tuple(told["grant_types_supported"]) == GRANT_TYPES
    assert tuple(told["token_endpoint_auth_methods_supported"]) == AUTH_METHODS


@pytest.mark.parametrize("part", ["token_endpoint", "jwks_uri", "grant_types_supported", "ui_locales_supported"])
def test_an_independent_reader_accepts_it(part):
    document = AuthorizationServerMetadata(metadata("https://guichet.example.ca"))

    getattr(document, f"validate_{part}")()


def test_what_is_not_built_is_not_advertised():
    told = metadata("https://guichet.example.ca")

    assert told["response_types_supported"] == []
    assert not {"authorization_endpoint", "registration_endpoint", "introspection_endpoint"} & set(told)
