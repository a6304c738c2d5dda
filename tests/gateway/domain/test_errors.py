import re
import string
from typing import Any

import pytest

from gateway.domain import errors
from gateway.domain.errors import INVALID, REQUIRED, TOO_MANY, DomainError, Kind, invalid, required
from gateway.words import Words

KINDS = errors.TABLE
SLUG = re.compile(r"[a-z]+(-[a-z]+)*")


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_kind_has_a_code_of_its_own():
    codes = [kind.code for kind in KINDS]

    assert set(KINDS) == {value for value in vars(errors).values() if isinstance(value, Kind)}
    assert len(codes) == len(set(codes)) >= 19


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_a_kind_is_a_client_error_with_a_readable_code_and_words_without_holes(kind):
    assert 400 <= kind.status < 500
    assert SLUG.fullmatch(kind.code)
    words = (kind.title, kind.remedy)
    assert placeholders("".join(text for each in words for text in (each.en, each.fr))) == set()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_both_languages_are_filled_by_the_same_values(kind):
    plain = [{name.removesuffix(f"_{tag}") for name in placeholders(kind.detail.of(tag))} for tag in ("en", "fr")]

    assert plain[0] == plain[1]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_an_error_that_lacks_what_fills_its_words_cannot_be_made(kind):
    values: dict[str, Any] = dict.fromkeys(placeholders(kind.detail.en + kind.detail.fr), "x")

    assert "{" not in DomainError(kind, **values).detail.en
    if values:
        with pytest.raises(KeyError):
            DomainError(kind)


def test_an_error_carries_its_field_its_facts_and_its_findings():
    error = DomainError(TOO_MANY, field="name", members={"limit": 5}, findings=["a"], limit=5)

    assert (error.kind, error.field, error.members, error.findings) == (TOO_MANY, "name", {"limit": 5}, ("a",))
    assert "5" in error.detail.en
    assert "5" in error.detail.fr
    assert str(error) == "too-many"


def test_what_a_person_typed_is_never_read_as_a_placeholder():
    error = DomainError(errors.NAME_TAKEN, name="{0} {name.__class__}")

    assert "{0} {name.__class__}" in error.detail.en


def test_the_two_short_forms_name_their_field():
    broken, missing = invalid("days", "Too long.", "Trop long."), required("name", "A name", "un nom")

    assert (broken.kind, broken.field, broken.detail) == (INVALID, "days", Words("Too long.", "Trop long."))
    assert (missing.kind, missing.field, missing.detail.en) == (REQUIRED, "name", "A name is required.")
    assert missing.detail.fr == "Ce champ est obligatoire\u00a0: un nom."
