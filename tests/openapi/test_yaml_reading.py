import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from openapi.reading import Unreadable
from openapi.yaml_reading import read_yaml

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
MERGE_BOMB = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12)
)
DEEP_BY_ALIASES = "a0: &a0 " + "[" * 60 + "]" * 60 + "\na1: " + "[" * 60 + "*a0" + "]" * 60

REFUSED = {
    "an alias bomb": (BOMB, "alias-explosion", 5),
    "a merge bomb": (MERGE_BOMB, "alias-explosion", 6),
    "an alias in itself": ("a: &a\n  b: *a", "yaml-recursive-alias", 2),
    "an unknown alias": ("a: *b", "yaml-unknown-alias", 1),
    "depth": ("a:\n " + "[" * 200, "too-deep", 2),
    "depth by aliases": (DEEP_BY_ALIASES, "too-deep", 2),
    "a Python object": ("a: 1\nb: !!python/object/apply:os.system [ls]", "yaml-tag", 2),
    "a binary": ("a: !!binary aGk=", "yaml-tag", 1),
    "a local tag": ("a: !secret x", "yaml-tag", 1),
    "a tagged key": ("!x a: 1", "yaml-tag", 1),
    "a wrong value for its tag": ("a: !!int twelve", "yaml-syntax", 1),
    "two documents": ("a: 1\n---\nb: 2", "yaml-several-documents", 2),
    "a list as key": ("? [a]\n: 1", "yaml-key", 1),
    "an alias of a list as key": ("a: &a [1]\n*a : 2", "yaml-key", 2),
    "infinity": ("a:\n  b: .inf", "not-a-number", 2),
    "a merge of text": ("a: 1\n<<: text", "yaml-merge", 2),
    "a tab": ("a:\n\t- b", "yaml-syntax", 2),
    "an open quote": ('a: "b\nc: d', "yaml-syntax", 1),
    "an open list": ("a: 1\nb: [\n  1,\n  2\n", "yaml-syntax", 2),
    "a null character": ('a: 1\nb: "\\0"', "unstorable-character", 2),
    "a control character": ("a: 1\nb: \x7f", "unstorable-character", 2),
    "a long name": ("? " + "x" * 3000 + "\n: 1", "name-too-long", 1),
}  # fmt: skip


@pytest.mark.parametrize(("text", "rule", "line"), REFUSED.values(), ids=REFUSED)
def test_hostile_yaml_is_refused_where_it_goes_wrong(text, rule, line):
    with pytest.raises(Unreadable) as raised:
        read_yaml(text)

    assert (raised.value.finding.rule, raised.value.finding.line) == (rule, line)


def test_keys_are_always_the_text_that_was_written():
    text = "200: a\non: b\n1.0: c\nnull: d\n2026-11-22: e\n0x1F: f\n~: g"

    assert list(read_yaml(text).tree) == ["200", "on", "1.0", "null", "2026-11-22", "0x1F", "~"]


def test_quoted_scalars_are_text():
    assert read_yaml("a: '12'\nb: \"true\"\nc: |\n  3\nd: ! 4").tree == {"a": "12", "b": "true", "c": "3\n", "d": "4"}


def test_merge_keys_yield_to_what_is_written_and_to_earlier_ones():
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\nd: {<<: *a}\ne: {'<<': 5}"

    tree = read_yaml(text).tree

    assert tree["c"] == {"x": 3, "y": 1, "z": 2}
    assert tree["d"] == {"x": 1, "y": 1}
    assert tree["e"] == {"<<": 5}


def test_an_alias_stands_where_it_is_used_and_its_inside_where_the_anchor_is():
    root = read_yaml("a: &x\n  b: 1\nc: *x").places.root()

    assert isinstance(root.inside, dict)
    assert root.inside["c"][:2] == (3, 1)
    assert isinstance(root.inside["c"].inside, dict)
    assert root.inside["c"].inside["b"][:2] == (2, 3)


def test_every_duplicate_key_is_reported_with_its_line():
    findings = read_yaml("a: 1\nb:\n  - c: 1\n    c: 2\na: 3").findings

    assert [(one.rule, one.pointer, one.line) for one in findings] == [
        ("duplicate-key", "/b/0/c", 4),
        ("duplicate-key", "/a", 5),
    ]


_DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("abc :#-'\"\n0x", max_size=8),
    lambda inside: (
        st.lists(inside, max_size=4) | st.dictionaries(st.text("abcxyz", min_size=1, max_size=6), inside, max_size=4)
    ),
    max_leaves=20,
)


@given(_DATA)
def test_what_a_yaml_writer_writes_is_read_back(data):
    assert read_yaml(yaml.safe_dump({"root": data})).tree == {"root": data}
