import csv
from datetime import timedelta, timezone
from io import StringIO

import pytest

from gateway.services.spreadsheets import csv_of
from tests.fixtures.publishing import NOW


def read(text):
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text[1:], newline="")))


def test_each_row_has_its_columns_in_order_and_lines_end_as_the_standard_says():
    text = csv_of(("b", "a"), [{"a": 1, "b": 'x, “y”\n"z"'}])

    assert read(text) == [["b", "a"], ['x, “y”\n"z"', "1"]]
    assert text.endswith("\r\n")


def test_a_time_is_in_utc():
    text = csv_of(("at",), [{"at": NOW.astimezone(timezone(timedelta(hours=-5)))}])

    assert read(text)[1] == ["2026-11-22T12:00:00Z"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_people_named_is_no_formula(name):
    assert read(csv_of(("name",), [{"name": name}]))[1] == [f"'{name}"]


def test_a_number_below_zero_stays_a_number():
    assert read(csv_of(("n",), [{"n": -1}]))[1] == ["-1"]
