import pytest

from gateway.words import Words


@pytest.mark.parametrize(("en", "fr"), [("", "oui"), ("yes", " ")])
def test_words_in_one_language_only_are_refused(en, fr):
    with pytest.raises(ValueError, match="both languages"):
        Words(en, fr)


def test_placeholders_are_filled_in_both_languages():
    words = Words("{n} calls", "{n} appels").fill(n=3)

    assert (words.of("en"), words.of("fr")) == ("3 calls", "3 appels")
