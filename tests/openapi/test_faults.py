import re
import string

import pytest

from openapi.faults import FAULTS, TYPE_WORDS, type_of


def _fields(template: str) -> set[str | None]:
    return {field for _, field, _, _ in string.Formatter().parse(template)} - {None}


@pytest.mark.parametrize("rule", FAULTS.values(), ids=FAULTS)
def test_both_languages_of_a_row_use_the_same_facts(rule):
    assert _fields(rule.en) == _fields(rule.fr)
    assert rule.en != rule.fr


@pytest.mark.parametrize("rule", FAULTS.values(), ids=FAULTS)
def test_french_quotes_and_colons_have_their_no_break_space(rule):
    assert not re.search(r"«(?!\u00a0)|(?<!\u00a0)»| [:;?!]|(?<=[a-zé»}]):(?= )", rule.fr.replace("required: true", ""))


@pytest.mark.parametrize("rule", FAULTS.values(), ids=FAULTS)
def test_a_row_ends_its_sentences_and_has_a_kebab_case_id(rule):
    assert rule.en.endswith(".")
    assert rule.fr.endswith(".")
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.id)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        (True, "boolean"),
        (1, "integer"),
        (1.5, "number"),
        ("x", "string"),
        ([], "array"),
        ({}, "object"),
    ],
)
def test_every_json_value_has_a_type_with_words(value, name):
    assert type_of(value) == name
    assert name in TYPE_WORDS
