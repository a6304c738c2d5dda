import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import INVALID, STALE, DomainError
from gateway.services.texts import same_version, text_block, text_field

FIVE_MEGABYTES = 5_000_000
UNDESIRED = {
    "NUL": "a\0b",
    "escape": "a\x1b[31mb",
    "newline": "a\nb",
    "line separator": "a\u2028b",
    "paragraph separator": "a\u2029b",
    "override": "a\u202egpj.exe",
    "isolate": "a\u2067b\u2069",
    "half a pair": "a\ud800b",
}


@pytest.mark.parametrize("text", UNDESIRED.values(), ids=UNDESIRED)
def test_a_character_that_deceives_or_cannot_be_kept_is_refused(text):
    with pytest.raises(DomainError) as caught:
        text_field("name", text, 200)

    assert (caught.value.kind, caught.value.field) == (INVALID, "name")


@pytest.mark.parametrize("text", ["Zoë", "O’Brien", "Ᏼᏼ", "עברית", "नमस्ते", "👩‍🌾🇨🇦", "Kuujjuaraapik ᑰᒃᔪᐊᕌᐱᒃ"])
def test_names_of_every_script_are_kept(text):
    assert text_field("name", f"  {text}\t", 200) == text


def test_two_ways_to_write_one_letter_are_kept_as_one():
    apart = unicodedata.normalize("NFD", "Hélène Lévesque")

    assert text_field("name", apart, len("Hélène Lévesque")) == "Hélène Lévesque"


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u200d", "\u00a0\u3000", "\u0301"])
def test_what_cannot_be_seen_is_empty(text):
    assert text_field("name", text, 200) == ""


@pytest.mark.parametrize("text", ["x" * 201, "e\u0301" * 201, "x" * FIVE_MEGABYTES, "\0" * FIVE_MEGABYTES])
def test_too_much_is_refused_without_reading_it_all(text):
    with pytest.raises(DomainError) as caught:
        text_field("name", text, 200)

    assert "200" in caught.value.detail.en
    assert "200" in caught.value.detail.fr


def test_a_block_keeps_its_lines_in_one_form():
    assert text_block("description", " one\r\ntwo\n\tthree \n", 200) == "one\ntwo\n\tthree"


def test_a_lone_carriage_return_is_refused_even_in_a_block():
    with pytest.raises(DomainError):
        text_block("description", "one\rtwo", 200)


@given(st.text(max_size=60))
def test_what_was_taken_once_is_taken_again_as_it_is(text):
    try:
        kept = text_field("name", text, 50)
    except DomainError:
        return

    assert text_field("name", kept, 50) == kept
    assert len(kept) <= 50
    kept.encode()


@pytest.mark.parametrize("expected", [None, 3])
def test_the_version_that_was_read_may_be_changed(expected):
    same_version(3, expected)


@pytest.mark.parametrize("expected", [2, 4, 0])
def test_another_version_is_stale(expected):
    with pytest.raises(DomainError) as caught:
        same_version(3, expected)

    assert caught.value.kind is STALE
