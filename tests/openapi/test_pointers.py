import pytest
from hypothesis import given
from hypothesis import strategies as st

from openapi import pointers


@given(st.lists(st.text()))
def test_a_rendered_pointer_parses_back_to_its_tokens(tokens):
    assert pointers.parse(pointers.render(tokens)) == tuple(tokens)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [  # RFC 6901 §5
        ("", None),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/m~0n", 8),
        ("/ ", 7),
    ],
)
def test_the_examples_of_the_rfc_are_found(pointer, value):
    tree = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, " ": 7}

    assert pointers.find(tree, pointer) == (tree if value is None else value)


@pytest.mark.parametrize(
    "pointer", ["/no", "/foo/2", "/foo/01", "/foo/-", "/foo/-1", "/foo/x", "/foo/0/x", "/foo/" + "9" * 30]
)
def test_what_is_not_there_is_no_such_value(pointer):
    with pytest.raises(pointers.NoSuchValue):
        pointers.find({"foo": ["bar", "baz"]}, pointer)


def test_a_pointer_that_does_not_begin_with_a_slash_is_refused():
    with pytest.raises(ValueError, match="slash"):
        pointers.parse("foo")


def test_a_reference_is_percent_decoded_into_a_pointer():
    assert pointers.of_reference("#/paths/~1a%20b") == "/paths/~1a b"


@pytest.mark.parametrize("reference", ["other.yaml#/a", "http://example.ca/#/a", "#anchor", ""])
def test_a_reference_out_of_the_document_has_no_pointer(reference):
    assert not pointers.is_local(reference)

    with pytest.raises(ValueError, match="inside"):
        pointers.of_reference(reference)
