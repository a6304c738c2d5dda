import pytest
from argon2 import PasswordHasher

from gateway.credentials.passwords import hash_password, needs_rehash, verify_password

KEPT = hash_password("correct horse")


def test_the_right_password_is_taken_and_another_is_not():
    assert verify_password("correct horse", KEPT)
    assert not verify_password("correct horsE", KEPT)


def test_an_unknown_account_takes_no_password_not_even_the_decoy():
    assert not verify_password("the password of nobody", None)


@pytest.mark.parametrize("kept", ["", "nonsense", "$argon2id$v=19$broken"])
def test_a_damaged_record_opens_nothing(kept):
    assert not verify_password("correct horse", kept)


def test_the_costs_are_the_floor_that_owasp_names():
    assert KEPT.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_cheaper_hash_is_due_for_renewal():
    assert not needs_rehash(KEPT)
    assert needs_rehash(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x"))
