import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openapi.patterns import text_matching


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\d{3}-\d{4}$",
        r"[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]",
        r"^[A-Za-z]{2,5}$",
        r"^a+b*c?$",
        r"\w+@\w+\.ca",
        r"^CA-[\dA-F]{4}$",
        r"https+",
        r".{3}",
        r"[\]x]",
    ],
)
def test_a_simple_pattern_has_a_text_that_it_matches(pattern):
    text = text_matching(pattern)

    assert text is not None
    assert re.search(pattern, text)


@pytest.mark.parametrize(
    "pattern", ["(a|b)", "[^a]", "a|b", r"\p{L}", r"\bx", "(a+)+$", "x{5000}", "[a", "*", "a" * 300, "", "^$"]
)
def test_what_is_not_simple_has_none(pattern):
    assert text_matching(pattern) is None


@given(st.text(alphabet="ab1[]{}()^$.*+?\\d-|,", max_size=12))
def test_any_pattern_has_a_text_that_it_matches_or_none(pattern):
    text = text_matching(pattern)

    if text is not None and re.fullmatch(r"[ab1.\-]*", pattern):
        assert re.search(pattern, text)
