from dataclasses import replace
from subprocess import run
from sys import executable

import pytest

from gateway.http.messages import Body, Call
from gateway.value import value
from tests.builders import a_call
from tests.house.sources import ROOT

ASSIGNS = """
from gateway.value import value


@value
class Point:
    x: int
    y: int = 0


point = Point(1)
point.x = 2
"""


@value
class Point:
    x: int
    y: int = 0


def test_values_with_the_same_parts_are_one_value():
    assert Point(1) == Point(1, 0)
    assert len({Point(1), Point(1, 0), Point(2)}) == 2


def test_a_changed_value_is_another_one():
    first = Point(1)

    second = replace(first, y=5)

    assert (first, second) == (Point(1, 0), Point(1, 5))


def test_a_value_has_no_room_for_anything_else():
    with pytest.raises(AttributeError):
        Point(1).z = 3  # type: ignore[attr-defined]  # what the type checker refuses, Python refuses too


def test_the_type_checker_refuses_to_change_a_value(tmp_path):
    (tmp_path / "assigns.py").write_text(ASSIGNS, encoding="utf-8")

    checked = run(
        [executable, "-m", "mypy", "--no-incremental", str(tmp_path / "assigns.py")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 'Property "x" defined in "Point" is read-only' in checked.stdout


def test_a_call_carries_its_body_from_value_to_value():
    body = Body((), 3)

    bounded: Call = replace(a_call(), body=body.at_most(2))

    assert (bounded.body, body.most) == (Body((), 3, 2), None)
