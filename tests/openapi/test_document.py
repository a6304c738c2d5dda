import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openapi import NoSuchValue, load
from tests.openapi.samples import a_document, with_schemas

YAML = b"""openapi: 3.0.3
info:
  title: Weather
  version: '1'
paths:
  /stations:
    get:
      tags: [a,
        b]
      responses:
        200:
          description: Fine
"""


@pytest.mark.parametrize(
    ("pointer", "line", "column"),
    [
        ("", 1, 1),
        ("/info/title", 3, 3),
        ("/paths/~1stations/get", 7, 5),
        ("/paths/~1stations/get/tags/1", 9, 9),
        ("/paths/~1stations/get/responses/200/description", 12, 11),
        ("/paths/~1stations/get/responses/404", 10, 7),
    ],
)
def test_a_yaml_value_knows_its_line_or_that_of_its_nearest_ancestor(pointer, line, column):
    document = load(YAML).document
    assert document is not None

    assert document.position_of(pointer) == (line, column)
    assert document.line_of(pointer) == line


def test_a_json_value_knows_its_line_too():
    text = '{"openapi": "3.0.3",\r\n "a\\"}": [1,\n  {"b": "x{[,:\\"",\n  "c": {}}]}'
    document = load(text.encode()).document
    assert document is not None

    assert document.position_of('/a"}') == (2, 2)
    assert document.position_of('/a"}/1') == (3, 3)
    assert document.position_of('/a"}/1/c') == (4, 3)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inside, max_size=4
        )
    ),
    max_leaves=15,
)


@given(_JSON)
def test_every_value_of_a_json_text_stands_where_its_place_says(value):
    text = json.dumps({"openapi": "3.1.0", "x-any": value}, indent=2, ensure_ascii=False)
    document = load(text.encode()).document
    assert document is not None

    line, column = document.position_of("/x-any")

    assert document.tree["x-any"] == value
    assert text.split("\n")[line - 1][column - 1 :].startswith('"x-any"')


def test_references_are_followed_through_each_other():
    document = with_schemas(A={"$ref": "#/components/schemas/B"}, B={"type": "string"})

    assert document.follow({"$ref": "#/components/schemas/A"}) == {"type": "string"}


@pytest.mark.parametrize("target", ["#/components/schemas/Self", "#/nowhere", "http://example.ca/x.yaml"])
def test_a_reference_that_leads_nowhere_follows_to_nothing(target):
    document = with_schemas(Self={"$ref": "#/components/schemas/Self"})

    assert document.follow({"$ref": target}) == {}


def test_resolving_what_is_not_there_says_so():
    with pytest.raises(NoSuchValue):
        a_document().resolve("#/components/schemas/None")
    with pytest.raises(NoSuchValue):
        a_document().resolve("other.yaml")
