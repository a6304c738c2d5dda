from datetime import timedelta

import pytest

from gateway.credentials.access_tokens import TokenClaims, mint, verify
from gateway.store import keys
from gateway.store.changes import changes_since
from gateway.store.keys import NoSigningKey, SigningKey
from gateway.store.sealing import Sealer, WrongSecret
from tests.fixtures.publishing import NOW

SEALER = Sealer("a master secret of a test, long enough")


def test_the_first_key_is_made_once_and_announced(database):
    with database.begin() as session:
        first = keys.ensure_signing_key(session, SEALER, NOW)
    with database.begin() as session:
        again = keys.ensure_signing_key(session, SEALER, NOW)

    with database.read() as session:
        assert [key["kid"] for key in keys.public_keys(session)] == [first] == [again]
        assert changes_since(session, 0).catalogue


def test_what_the_private_key_signs_the_public_one_verifies(database):
    claims = TokenClaims("https://store", ("https://store/api/x",), "app_1", ("x:read",), 1_000, 4_600, "jti", "crd_1")
    with database.begin() as session:
        keys.ensure_signing_key(session, SEALER, NOW)
        token = mint(claims, keys.signing_key(session, SEALER))
        public = {key["kid"]: key for key in keys.public_keys(session)}

    assert verify(token, public, issuer="https://store", audience="https://store/api/x", now=1_000) == claims


def test_the_private_half_is_nowhere_in_the_row(database):
    with database.begin() as session:
        kid = keys.ensure_signing_key(session, SEALER, NOW)
        secret = keys.signing_key(session, SEALER)["d"]
        row = session.get(SigningKey, kid)

    assert row is not None
    assert "d" not in row.public
    assert secret.encode() not in row.sealed


def test_the_newest_key_signs_and_a_retired_one_is_forgotten(database):
    with database.begin() as session:
        old = keys.ensure_signing_key(session, SEALER, NOW)
        session.get_one(SigningKey, old).retired_at = NOW
        new = keys.ensure_signing_key(session, SEALER, NOW + timedelta(days=1))
        session.get_one(SigningKey, old).retired_at = None
        both = [key["kid"] for key in keys.public_keys(session)]
        signs = keys.signing_key(session, SEALER)["kid"]

    assert (signs, both) == (new, [new, old])


def test_without_a_key_or_with_another_secret_nothing_is_signed(database):
    with database.begin() as session:
        with pytest.raises(NoSigningKey):
            keys.signing_key(session, SEALER)
        keys.ensure_signing_key(session, SEALER, NOW)
        with pytest.raises(WrongSecret):
            keys.signing_key(session, Sealer("another master secret, long enough"))
