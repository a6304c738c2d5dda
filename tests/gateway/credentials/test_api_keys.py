import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.credentials.api_keys import PATTERN, SecretKind, digest, display, looks_genuine, matches, mint_secret

RANDOM = st.binary(min_size=32, max_size=32)


@given(RANDOM, st.sampled_from(SecretKind))
def test_a_minted_secret_is_recognised_and_says_what_it_is(randomness, kind):
    secret = mint_secret(kind, randomness)

    assert secret.startswith(f"{kind.value}_")
    assert len(secret) == 53
    assert re.fullmatch(PATTERN, secret)
    assert looks_genuine(secret)
    assert looks_genuine(secret, kind)


@given(RANDOM, RANDOM)
def test_two_secrets_are_the_same_only_when_their_randomness_is(one, other):
    same = mint_secret(SecretKind.API_KEY, one) == mint_secret(SecretKind.API_KEY, other)

    assert same == (one == other)


@given(RANDOM, st.integers(min_value=4, max_value=52), st.sampled_from("0aZ9"))
def test_a_secret_with_one_letter_changed_is_not_genuine(randomness, position, letter):
    secret = mint_secret(SecretKind.API_KEY, randomness)
    changed = secret[:position] + letter + secret[position + 1 :]

    assert looks_genuine(changed) == (changed == secret)


def test_the_kind_is_part_of_what_is_checked():
    secret = mint_secret(SecretKind.API_KEY, bytes(32))

    assert not looks_genuine(secret, SecretKind.CLIENT_SECRET)
    assert not looks_genuine("gcs" + secret[3:])


@pytest.mark.parametrize("text", ["", "gck_", "gck_é" + "a" * 48, "x" * 53, "gck_" + "0" * 49 + "\n"])
def test_what_is_no_secret_is_not_genuine(text):
    assert not looks_genuine(text)


def test_too_little_randomness_makes_no_secret():
    with pytest.raises(ValueError, match="32 random bytes"):
        mint_secret(SecretKind.API_KEY, b"short")


def test_a_secret_matches_its_own_digest_only():
    secret = mint_secret(SecretKind.CLIENT_SECRET, b"a" * 32)

    assert matches(secret, digest(secret))
    assert not matches(secret + "x", digest(secret))
    assert len(digest(secret)) == 32


def test_what_is_shown_later_does_not_lead_back():
    secret = mint_secret(SecretKind.API_KEY, b"b" * 32)

    assert display(secret) == f"gck_…{secret[-4:]}"
