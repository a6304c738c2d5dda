import pytest

from openapi import Text, shapes


@pytest.mark.parametrize("value", [None, 3, True, 1.5])
def test_what_has_another_shape_reads_as_empty(value):
    assert shapes.mapping(value) == {}
    assert shapes.sequence(value) == []
    assert shapes.string(value) == ""
    assert shapes.strings(value) == ()


def test_only_the_strings_of_a_list_are_kept():
    assert shapes.strings(["a", 1, None, "b"]) == ("a", "b")


def test_french_words_come_from_the_extension_beside_the_field():
    node = {
        "title": "Weather",
        "x-title-fr": "Météo",
        "summary": "Only English",
        "x-description-fr": "Seulement français",
    }

    assert shapes.bilingual(node, "title") == Text("Weather", "Météo")
    assert shapes.bilingual(node, "summary") == Text("Only English", None)
    assert shapes.bilingual(node, "description") == Text("", "Seulement français")
