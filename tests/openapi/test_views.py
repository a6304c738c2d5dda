from openapi import Tag, Text, outline
from tests.openapi.samples import OK, a_document


def test_a_text_is_said_in_the_language_asked_for_if_it_has_it():
    both, one = Text("Weather", "Météo"), Text("Weather")

    assert [both.say("fr"), both.language("fr"), both.say("en")] == ["Météo", "fr", "Weather"]
    assert [one.say("fr"), one.language("fr")] == ["Weather", "en"]


def test_no_words_are_false():
    assert not Text()
    assert Text("a")
    assert Text("", "b")


def test_operations_stand_under_their_first_tag_in_the_order_of_the_declared_ones():
    tagged = {"/a": [], "/b": ["new", "two"], "/c": ["two"], "/d": ["one"], "/e": ["new"]}
    paths = {path: {"get": {"tags": tags, "responses": OK}} for path, tags in tagged.items()}
    tags = [{"name": "one", "x-name-fr": "un"}, {"name": "unused"}, {"name": "two"}]

    groups = outline(a_document(paths=paths, tags=tags)).by_tag()

    assert [(tag, [operation.path for operation in members]) for tag, members in groups.items()] == [
        (Tag("one", Text("one", "un")), ["/d"]),
        (Tag("two", Text("two")), ["/c"]),
        (Tag("new", Text("new")), ["/b", "/e"]),
        (None, ["/a"]),
    ]
