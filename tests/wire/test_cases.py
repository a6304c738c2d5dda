import re

import pytest

from tests.fixtures.lanes import LANES
from tests.wire.cases import for_lane, read_case, read_cases, read_steps, read_text

FOLDERS = ("valid", "invalid", "replies")
CASES = [case for folder in FOLDERS for case in read_cases(folder)]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a\\r\\n\nb\\0\\xff\\\\", (b"a\r\nb\0\xff\\",)),
        ("{3 times a\\n}b", (b"a\na\na\nb",)),
        ("a{wait for an answer}b{end}", (b"a", "wait for an answer", b"b", "end")),
    ],
)
def test_what_is_sent_is_read_as_written(text, steps):
    assert read_steps(text) == steps


@pytest.mark.parametrize("text", ["{nobody knows this}", "\\q", "{3 times a"])
def test_what_nobody_knows_is_not_sent(text):
    with pytest.raises((ValueError, KeyError)):
        read_steps(text)


def test_marks_are_no_text():
    assert read_text("a{end}\\xe9") == "aé"


def test_an_exception_replaces_the_line_above_it_in_its_own_lane_only():
    lines = ("103", "except plain: nothing (a reason)", "200", "closed", "except plain: open (another)")

    assert for_lane(lines, "plain") == [("200", ""), ("open", "another")]
    assert for_lane(lines, "other") == [("103", ""), ("200", ""), ("closed", "")]


def test_a_case_without_a_reason_is_none():
    with pytest.raises(ValueError, match="says neither"):
        read_case("a", "\n> client sends\na\n> service gets\nnothing\n> client gets\n400\nclosed\n")


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_a_case_begins_with_its_rule_and_excuses_known_lanes_only(case):
    excused = [line for line in (*case.client, *sum(case.gets, ())) if line.lstrip().startswith("except ")]

    assert re.match(r"Rules? ", case.why)
    assert all(any(f"except {lane}: " in line for lane in LANES) for line in excused)
