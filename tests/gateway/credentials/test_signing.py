from joserfc.jwk import ECKey

from gateway.credentials.signing import jwks_document, make_signing_key, public_jwk


def test_a_key_is_named_by_its_thumbprint():
    key = make_signing_key()

    assert key["kid"] == ECKey.import_key(key).thumbprint()
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")


def test_the_private_member_never_leaves():
    key = make_signing_key()

    assert "d" in key
    assert "d" not in public_jwk(key)
    assert jwks_document([key, make_signing_key()])["keys"][0] == public_jwk(key)
    assert public_jwk(key | {"d2": "another secret"}) == public_jwk(key)
