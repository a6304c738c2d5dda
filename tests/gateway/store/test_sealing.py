from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store.sealing import Sealer, WrongSecret

SEALER = Sealer("a master secret of a test, long enough")


@given(st.binary(max_size=500))
def test_what_is_sealed_opens_to_what_it_was(plain):
    assert SEALER.unseal(SEALER.seal(plain)) == plain


def test_sealing_twice_looks_different_each_time():
    assert SEALER.seal(b"key") != SEALER.seal(b"key")


def test_another_secret_opens_nothing():
    with pytest.raises(WrongSecret):
        Sealer("another master secret, long enough too").unseal(SEALER.seal(b"key"))


@given(st.data())
def test_one_altered_byte_and_nothing_opens(data):
    # Bytes are altered, not the letters of base64 that stand for them: to a decoder "_" and "/" are the same.
    sealed = bytearray(urlsafe_b64decode(SEALER.seal(b"a private key")))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))

    with pytest.raises(WrongSecret):
        SEALER.unseal(urlsafe_b64encode(bytes(sealed)))


def test_the_secret_itself_is_not_the_key_and_is_nowhere_in_what_is_sealed():
    assert b"master secret" not in SEALER.seal(b"master")


def test_addresses_have_a_key_of_their_own_that_the_secret_alone_makes():
    again, another = Sealer("a master secret of a test, long enough"), Sealer("another master secret, long enough too")

    assert SEALER.address_key == again.address_key != another.address_key
    assert len(SEALER.address_key) == 32
    assert b"master" not in SEALER.address_key
