import json

import pytest

from openapi.json_reading import read_json
from openapi.reading import MAX_VALUES, Unreadable

REFUSED = {
    "depth": ('{"a":' * 150 + "1" + "}" * 150, "too-deep", 1),
    "endless depth": ('{"a":' * 100_000, "too-deep", 1),
    "NaN": ('{"a": 1,\n"b": NaN}', "not-a-number", 2),
    "minus infinity": ('{"a": -Infinity}', "not-a-number", 1),
    "overflow": ('{"a": 1,\n"b": 1e999}', "not-a-number", 2),
    "a very long number": ('{"a": ' + "9" * 5000 + "}", "not-a-number", 1),
    "a trailing comma": ('{"a": 1,\n}', "json-syntax", 2),
    "a comment": ('{"a": 1 // one\n}', "json-syntax", 1),
    "cut short": ('{"a": [1, 2', "json-syntax", 1),
    "half a surrogate pair": ('{"a": 1,\n"b": ["\\ud83d"]}', "unstorable-character", 2),
    "half a pair in a name": ('{"a": 1,\n"\\ude00": 2}', "unstorable-character", 2),
    "a null character": ('{"a": "\\u0000"}', "unstorable-character", 1),
    "too many values": ('{"a": [' + "1," * MAX_VALUES + "1]}", "too-many-values", 1),
    "a long name": ('{"a": 1,\n"' + "x" * 3000 + '": 1}', "name-too-long", 2),
}  # fmt: skip


@pytest.mark.parametrize(("text", "rule", "line"), REFUSED.values(), ids=REFUSED)
def test_hostile_json_is_refused_where_it_goes_wrong(text, rule, line):
    with pytest.raises(Unreadable) as raised:
        read_json(text)

    assert (raised.value.finding.rule, raised.value.finding.line) == (rule, line)


def test_every_duplicate_key_is_reported_with_its_line():
    findings = read_json('{"a": 1,\n"b": [0, {"c": 1,\n"c": 2}],\n"\\u0061": 3}').findings

    assert [(one.rule, one.pointer, one.line) for one in findings] == [
        ("duplicate-key", "/b/1/c", 3),
        ("duplicate-key", "/a", 4),
    ]


def test_whole_surrogate_pairs_and_tabs_are_fine():
    assert read_json('{\t"a":\t"\\ud83d\\ude00"}').tree == {"a": "\U0001f600"}


def test_the_values_are_those_of_the_json_module():
    text = '{"a": [1, -2.5, 1e3, true, null, {}], "b": {"c": "\\u00e9"}}'

    assert read_json(text).tree == json.loads(text)
