"""A tree as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openapi import load, write
from tests.openapi.samples import a_tree

FORMS = ("json", "yaml")
# What YAML 1.1, YAML 1.2 and PyYAML's writer read differently, or fold.
TEXTS = ("1e3", "0o17", "012", "1_000", "12:30:00", "2026-11-22", "on", "no", "~", "", "<<", "=", ".inf", "a: b", "- a",
         " a ", "a\n", "\n a\n\n", "é ’ «\u00a0»", "# no", "tab\there", "x" * 300, "mot " * 90, "a\u2028b", "\x85",
         "\r\n", "1e999", "null", "'\"")  # fmt: skip
plain_text = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=40) | st.sampled_from(TEXTS)
numbers = st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | plain_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(plain_text, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@given(value=values)
def test_what_is_written_and_read_again_is_the_same(form, value):
    tree = a_tree(**{"x-value": value})

    loaded = load(write(tree, form))

    assert loaded.document is not None, loaded.findings
    assert (loaded.document.tree, loaded.document.format) == (tree, form)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_stays_text(form, text):
    loaded = load(write(a_tree(**{"x-value": text, "x-names": {text: 1}}), form))

    assert loaded.document is not None, loaded.findings
    assert loaded.document.tree["x-value"] == text
    assert loaded.document.tree["x-names"] == {text: 1}


def test_yaml_keeps_the_order_and_is_good_to_read():
    text = write(a_tree(**{"x-a": "Première ligne\nseconde"}), "yaml").decode()

    assert text.startswith("openapi: 3.0.3\ninfo:\n  title: Weather\n")
    assert text.endswith("x-a: |-\n  Première ligne\n  seconde\n")
