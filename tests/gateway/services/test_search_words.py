"""Folding: the same word however it is written."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.services.search_words import bag, fold, stem, words_in


@pytest.mark.parametrize(
    ("text", "folded"),
    [("École", "ecole"), ("QUALITÉ", "qualite"), ("Cœur", "coeur"), ("Straße", "strasse"), ("e\u0301te\u0301", "ete"),
     ("Noël À Ça", "noel a ca"), ("ﬁn", "fin"), ("ᐃᓄᒃᑎᑐᑦ", "ᐃᓄᒃᑎᑐᑦ"), ("Æ", "ae"),
     ("𝐀𝐢𝐫", "air"), ("İ", "i"), ("№ ①", "no 1"), ("ŉ", "ʼn"), ("ǾRE", "ore")],
)  # fmt: skip
def test_capitals_accents_and_ligatures_make_no_difference(text, folded):
    assert fold(text) == folded


def test_no_letter_of_unicode_is_left_with_a_capital_or_an_accent():
    every = [chr(number) for number in range(sys.maxunicode + 1)]

    assert not [letter for letter in every if fold(fold(letter)) != fold(letter)]
    assert not [letter for letter in every if fold(letter).casefold() != fold(letter)]


@given(text=st.text())
def test_folding_twice_is_folding_once(text):
    assert bag(bag(text)) == bag(text)


@given(text=st.text())
def test_no_word_holds_a_wildcard_or_a_space(text):
    assert not any(letter in "%_\\/ \0" for word in words_in(text) for letter in word)


@given(texts=st.lists(st.text(alphabet="aàéÉœ z’-", max_size=20), max_size=4))
def test_every_word_of_every_text_is_in_the_bag(texts):
    held = bag(*texts).split()

    assert held == sorted(set(held))
    assert all(word in held for text in texts for word in words_in(text))


@pytest.mark.parametrize(
    ("one", "many"),
    [("peche", "peches"), ("station", "stations"), ("animal", "animaux"), ("eau", "eaux"), ("ferry", "ferries"),
     ("box", "boxes"), ("beach", "beaches"), ("jeu", "jeux"), ("genou", "genoux"), ("access", "accesses"),
     ("campus", "campus"), ("gaz", "gaz"), ("bus", "bus"), ("air", "airs")],
)  # fmt: skip
def test_a_word_and_its_plural_are_found_by_each_other(one, many):
    for asked in (one, many):
        assert stem(asked) in one
        assert stem(asked) in many


@pytest.mark.parametrize("word", ["s", "us", "as", "x", "", "ca", "is"])
def test_a_word_is_never_cut_down_to_nothing(word):
    assert stem(word) == word
