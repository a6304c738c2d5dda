import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.headers import Headers

NAMES = st.sampled_from(["Accept", "accept", "X-One", "x-one", "Via", "Host"])
PAIRS = st.lists(st.tuples(NAMES, st.text("ab,", max_size=3)), max_size=8)


def test_names_are_found_in_any_case():
    headers = Headers((("Content-Type", "a"), ("content-type", "b")))

    assert "CONTENT-TYPE" in headers
    assert headers.get("CONTENT-type") == "a"
    assert headers.all("content-Type") == ("a", "b")


def test_a_list_field_is_read_over_all_its_lines():
    headers = Headers((("Connection", "Close, X-One ,"), ("connection", ",keep-alive")))

    assert headers.tokens("Connection") == ("close", "x-one", "keep-alive")


@given(PAIRS, NAMES)
def test_taking_away_keeps_the_others_in_their_order(pairs, name):
    left = Headers.of(pairs).without(frozenset([name.lower()]))

    assert name not in left
    assert list(left) == [pair for pair in pairs if pair[0].lower() != name.lower()]


@given(PAIRS, NAMES)
def test_replacing_leaves_exactly_one(pairs, name):
    assert Headers.of(pairs).replaced((name, "new")).all(name) == ("new",)


@given(st.lists(PAIRS, max_size=4), NAMES)
def test_what_is_added_step_by_step_is_what_is_there_at_once(steps, name):
    grown = Headers()
    for step in steps:
        assert grown.without(frozenset([name.lower()])) == Headers(grown.pairs).without(frozenset([name.lower()]))
        grown = grown.plus(*step)
    at_once = Headers(tuple(pair for step in steps for pair in step))

    assert grown == at_once
    assert grown.lines == at_once.lines
    assert grown.by_name == at_once.by_name
    assert grown.without(frozenset([name.lower()])).lines == at_once.without(frozenset([name.lower()])).lines


def test_fields_that_lose_nothing_are_themselves_and_leave_no_cycle_behind():
    headers = Headers((("A", "1"),)).plus(("B", "2"))
    assert headers.without(frozenset(["c"])) is headers

    gc.collect()
    gc.disable()
    try:
        del headers
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_field_that_is_none_is_told_when_it_becomes_a_line():
    with pytest.raises(ValueError, match="not a header field"):
        _ = Headers((("A", "1\r\nB: 2"),)).lines


def test_lines_without_some_fields_are_those_of_the_fields_without_them():
    standing = Headers((("Date", "today"), ("A", "1")))
    added = standing.plus(("date", "now"), ("B", "2"))

    assert added.lines_without(frozenset({"date"})) == added.without(frozenset({"date"})).lines == b"A: 1\r\nB: 2\r\n"
    assert standing.lines_without(frozenset({"date"})) == b"A: 1\r\n"
