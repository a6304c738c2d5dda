import pytest

from gateway.value import value


@value
class Point:
    x: int
    y: int = 0


def test_values_are_equal_by_what_they_hold_and_may_be_keys():
    assert Point(1) == Point(1, 0) != Point(1, 1)
    assert {Point(1): "a"}[Point(1)] == "a"


def test_a_value_has_no_other_fields():
    with pytest.raises(AttributeError):
        setattr(Point(1), "z", 1)  # noqa: B010 - the type checker would refuse the plain form
