"""What a body may hold, and the words for what it may not."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields

from gateway.management import api
from gateway.management import fields as ours
from gateway.management.kinds import MESSAGES

REACHED = {"required", "null", "invalid", "invalid_utf8", "special", "too_large", "unstorable"}
"""The faults that a field of one of our bodies can be found to have (a `Nested` hands on those of its schema)."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


class Everything(ours.Body):
    text = ours.Text(5)
    choice = ours.Choice(["a", "b"])
    whole = ours.Whole(1, 9)
    number = ours.Number()
    flag = ours.Flag()
    several = ours.Several(ours.Text(5), 2)
    named = ours.Named(5)


def bodies(schema: type[Schema] = ours.Body) -> Iterator[type[Schema]]:
    for each in schema.__subclasses__():
        yield each
        yield from bodies(each)


OURS = sorted(
    {each for each in bodies() if each.__module__.startswith(api.__package__ or "")}, key=lambda each: each.__name__
)


@pytest.mark.parametrize("schema", OURS, ids=lambda schema: schema.__name__)
def test_whatever_a_body_can_be_found_to_have_has_words(schema):
    for name, field in schema().fields.items():
        if not isinstance(field, fields.Nested):
            told = {field.error_messages[key] for key in REACHED & set(field.error_messages)}
            # A field that can always do without, or takes null, is never told so.
            told -= {"Missing data for required field."} if not field.required else set()
            told -= {"Field may not be null."} if field.allow_none else set()
            assert told <= set(MESSAGES), f"{schema.__name__}.{name}"


@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*Everything().fields, "nope", "\ud800"], JSON)))
def test_no_fault_speaks_the_words_of_a_library(body):
    assert set(_codes(Everything().validate(body))) <= set(MESSAGES)


@given(st.text(st.characters(exclude_categories=[]), max_size=5))
def test_a_text_that_is_taken_can_be_kept(text):
    cannot_be_kept = "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text)

    faults = Everything().validate({"text": text})

    assert faults == ({"text": ["unstorable"]} if cannot_be_kept else {})


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"text": "sixsix"}, {"text": ["too-long"]}),
        ({"text": 5}, {"text": ["text"]}),
        ({"choice": "c"}, {"choice": ["choice"]}),
        ({"whole": 10}, {"whole": ["range"]}),
        ({"whole": 1.5}, {"whole": ["whole"]}),
        ({"whole": True}, {"whole": ["whole"]}),
        ({"number": float("nan")}, {"number": ["number"]}),
        ({"flag": "perhaps"}, {"flag": ["boolean"]}),
        ({"several": "a"}, {"several": ["list"]}),
        ({"several": ["a", "b", "c"]}, {"several": ["too-many"]}),
        ({"several": ["a", 1]}, {"several": {1: ["text"]}}),
        ({"named": []}, {"named": ["object"]}),
        ({"named": {"a": 1}}, {"named": {"a": ["object"]}}),
        ({"named": {"longer": {}}}, {"named": {"longer": ["too-long"]}}),
        ({"text": None}, {"text": ["null"]}),
        ({"more": 1}, {"more": ["unknown"]}),
        ([], {"_schema": ["object"]}),
    ],
)
def test_a_fault_is_one_of_our_words(given, found):
    with pytest.raises(ValidationError) as refused:
        Everything().load(given)

    assert refused.value.messages == found


def test_a_page_is_the_first_of_twenty_unless_told_otherwise():
    assert ours.PageQuery().load({}) == {"page": 1, "per_page": 20}
    assert ours.PageQuery().load({"page": "2", "per_page": "100"}) == {"page": 2, "per_page": 100}


def test_the_schema_of_a_list_is_made_once():
    assert ours.list_of(Everything) is ours.list_of(Everything)
    assert list(ours.page_of(Everything)().fields) == ["items", "page", "per_page", "total"]


def _codes(messages) -> Iterator[str]:
    for inner in messages.values() if isinstance(messages, dict) else [messages]:
        if isinstance(inner, dict):
            yield from _codes(inner)
        else:
            yield from inner
