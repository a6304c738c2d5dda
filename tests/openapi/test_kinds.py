from openapi.kinds import MapOf, Object, mapped, one_of


def test_a_list_of_words_makes_a_string_of_those_words():
    assert (one_of("a", "b").type, one_of("a", "b").allowed) == ("string", ("a", "b"))


def test_a_mapped_object_may_be_a_reference():
    assert mapped("header") == MapOf(Object("header", reference=True))
