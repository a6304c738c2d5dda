import unicodedata

import pytest

from gateway.domain.errors import INVALID, DomainError
from gateway.services.password_rules import LONGEST, SHORTEST, as_hashed, chosen_password

ADDRESS = "camille.roy@example.org"


@pytest.mark.parametrize(
    "password",
    [
        "plums under seven bridges",
        "k3#Vw9!qLx2@",
        "été à Québec, neige à Gaspé",
        "🍁🦫🛶🏔🌲🐻🫐🌊🧊🦌🐺🌅",
        "a b\0c d e f g h",
        "roy" + "x7mq" * 4,
    ],
)
def test_any_characters_will_do_when_there_are_enough(password):
    assert chosen_password(password, ADDRESS) == password


@pytest.mark.parametrize("length", [SHORTEST, LONGEST])
def test_the_shortest_and_the_longest_are_taken(length):
    password = ("abcdefgh" * LONGEST)[:length].replace("h", "é")

    assert chosen_password(password, ADDRESS) == password


@pytest.mark.parametrize(
    "password",
    [
        "",
        "x7#mQ2!vLp9",
        "ab" * (LONGEST // 2) + "c",
        "x7#mQ2!vLp9" * 500_000,
        "plums under seven \ud800",
        "aaaaaaaaaaaa",
        "abababababab",
        "PasswordPassword",
        "MotDePasse123",
        "camille.roy and her boat",
        "Camille.Roy2026!",
        "my Guichet account",
    ],
)
def test_a_weak_or_impossible_password_is_refused(password):
    with pytest.raises(DomainError) as caught:
        chosen_password(password, ADDRESS)

    assert (caught.value.kind, caught.value.field) == (INVALID, "password")


def test_a_name_of_three_letters_may_occur_in_a_password():
    assert chosen_password("royal plums under bridges", "roy@example.org")


def test_two_keyboards_that_write_a_letter_differently_give_one_password():
    composed, apart = (unicodedata.normalize(form, "été à Québec en février") for form in ("NFC", "NFD"))

    assert composed != apart
    assert as_hashed(apart) == composed


def test_nothing_is_cut_off_or_made_small():
    assert as_hashed(" Plums ") == " Plums "
    assert as_hashed("x" * LONGEST) == "x" * LONGEST
    assert as_hashed("x" * (LONGEST + 1)) is None
