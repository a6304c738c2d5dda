from openapi import Text


def test_a_text_is_said_in_the_language_asked_for_if_it_has_it():
    both, one = Text("Weather", "Météo"), Text("Weather")

    assert [both.say("fr"), both.language("fr"), both.say("en")] == ["Météo", "fr", "Weather"]
    assert [one.say("fr"), one.language("fr")] == ["Weather", "en"]


def test_no_words_are_false():
    assert not Text()
    assert Text("a")
    assert Text("", "b")
