import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.words import LANGUAGES, Words


@pytest.mark.parametrize(("en", "fr"), [("", "oui"), ("yes", " "), ("", ""), ("\n", "oui")])
def test_words_in_one_language_only_are_refused(en, fr):
    with pytest.raises(ValueError, match="both languages"):
        Words(en, fr)


def test_each_reader_gets_their_language():
    words = Words("yes", "oui")

    assert [words.of(language) for language in LANGUAGES] == ["yes", "oui"]


def test_placeholders_are_filled_in_both_languages():
    words = Words("{n} calls", "{n} appels").fill(n=3)

    assert (words.of("en"), words.of("fr")) == ("3 calls", "3 appels")


def test_a_value_may_itself_be_words():
    words = Words("It is {state}.", "L’état est {state}.").fill(state=Words("draft", "ébauche"))

    assert (words.en, words.fr) == ("It is draft.", "L’état est ébauche.")


def test_filling_leaves_the_sentence_that_it_was_made_from():
    sentence = Words("{n} calls", "{n} appels")
    sentence.fill(n=3)

    assert sentence == Words("{n} calls", "{n} appels")


def test_a_placeholder_that_nothing_fills_is_an_error_and_not_a_hole():
    with pytest.raises(KeyError):
        Words("{n} calls", "{m} appels").fill(n=3)


@given(st.text(min_size=1).filter(str.strip))
def test_what_a_person_typed_is_never_read_as_a_placeholder(text):
    words = Words("{who}", "{who}").fill(who=text)

    assert (words.en, words.fr) == (text, text)
