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
    sealed = bytearray(SEALER.seal(b"a private key"))
    # The last characters carry padding bits of base64 that mean nothing.
    place = data.draw(st.integers(0, len(sealed) - 5))
    sealed[place] ^= data.draw(st.integers(1, 255))

    with pytest.raises(WrongSecret):
        SEALER.unseal(bytes(sealed))


def test_the_secret_itself_is_not_the_key_and_is_nowhere_in_what_is_sealed():
    assert b"master secret" not in SEALER.seal(b"master")
