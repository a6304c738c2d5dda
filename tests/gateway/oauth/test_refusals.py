"""What the token endpoint says when it refuses."""

import re

import pytest

from gateway.oauth import refusals
from gateway.oauth.refusals import told
from gateway.words import Words

ERRORS = sorted(refusals._BY_ERROR)
SENTENCES = [words for words in [*vars(refusals).values(), *refusals._BY_ERROR.values()] if isinstance(words, Words)]
DOCUMENTATION = "https://guichet.example.ca/errors"


@pytest.mark.parametrize("words", SENTENCES, ids=lambda words: words.en)
def test_the_english_may_stand_in_an_error_description_and_the_french_is_french(words):
    assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", words.en)  # RFC 6749 §5.2
    assert words.fr != words.en


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize(("accepted", "language"), [("fr-CA", "fr"), ("en", "en")])
def test_each_error_is_told_in_the_language_of_the_caller(error, accepted, language):
    refusal = told({"error": error}, accepted, DOCUMENTATION)

    assert refusal["error"] == error
    assert refusal["detail"] == refusals._BY_ERROR[error].of(language)
    assert refusal["error_description"] == refusals._BY_ERROR[error].en


def test_a_caller_of_no_known_language_is_told_in_both():
    assert told({"error": "invalid_client"}, None, DOCUMENTATION)["detail"] == (
        f"{refusals.UNPROVED.en} / {refusals.UNPROVED.fr}"
    )


def test_what_is_known_of_the_fault_is_said_rather_than_what_holds_for_its_kind():
    error = {"error": "invalid_request", "error_description": refusals.TWICE.en}

    assert told(error, "fr", DOCUMENTATION)["detail"] == refusals.TWICE.fr


def test_what_people_can_mend_has_a_page():
    assert told({"error": "unauthorized_client"}, "en", DOCUMENTATION)["error_uri"] == (
        f"{DOCUMENTATION}/application-suspended"
    )
    assert "error_uri" not in told({"error": "server_error"}, "en", DOCUMENTATION)
