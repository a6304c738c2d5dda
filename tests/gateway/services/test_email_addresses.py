import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import INVALID, REQUIRED, DomainError
from gateway.services.email_addresses import address_or_none, email_address


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Camille.Roy@Example.ORG ", "camille.roy@example.org"),
        ("CAMILLE.ROY@EXAMPLE.ORG", "camille.roy@example.org"),
        ("a+b_c-d@sub.example.ca", "a+b_c-d@sub.example.ca"),
        ("camille@ｅxample.org", "camille@example.org"),
        ("camille@québec.example.ca", "camille@xn--qubec-csa.example.ca"),
        ("camille@XN--QUBEC-CSA.example.ca", "camille@xn--qubec-csa.example.ca"),
    ],
)
def test_one_mailbox_has_one_form(typed, kept):
    assert email_address("email", typed) == kept


def test_a_look_alike_is_another_address_and_looks_it():
    cyrillic = email_address("email", "camille@ex\u0430mple.org")

    assert cyrillic == "camille@xn--exmple-4nf.org"


@pytest.mark.parametrize(
    "typed",
    [
        "camille",
        "camille@",
        "@example.org",
        "camille@example",
        "camille@localhost",
        "camille@[127.0.0.1]",
        '"camille roy"@example.org',
        "Camille <camille@example.org>",
        "camille@example.org,dominique@example.org",
        "c\u0430mille@example.org",
        "ｃamille@example.org",
        "camille\u202e@example.org",
        "camille\0@example.org",
        "camille@example.org\r\nBcc: everyone@example.org",
        "camille@example.org\ud800",
        "👩‍🌾@example.org",
        "x" * 65 + "@example.org",
        "x@" + "y" * 250 + ".org",
        "x" * 5_000_000 + "@example.org",
    ],
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(DomainError) as caught:
        email_address("contact", typed)

    assert (caught.value.kind, caught.value.field) == (INVALID, "contact")
    assert address_or_none(typed) is None


def test_nothing_at_all_is_missing():
    with pytest.raises(DomainError) as caught:
        email_address("email", " \u200b ")

    assert caught.value.kind is REQUIRED


@given(st.text(max_size=40) | st.emails())
def test_an_address_that_was_taken_is_in_ascii_and_taken_again_as_it_is(typed):
    kept = address_or_none(typed)

    if kept is not None:
        assert kept.isascii()
        assert address_or_none(kept) == kept
