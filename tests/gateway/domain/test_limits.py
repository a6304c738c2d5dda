import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.limits import from_stored, in_force, in_order, parse, stored
from gateway.domain.plans import KINDS, PERIODS, PERS, Window

WINDOWS = st.sampled_from(KINDS).flatmap(
    lambda kind: st.builds(
        Window,
        st.sampled_from(PERIODS[kind]),
        st.integers(1, 9),
        st.just(kind),
        st.integers(0, 9) if kind == "rate" else st.just(0),
        st.sampled_from(PERS),
    )
)
LEVELS = st.lists(st.lists(WINDOWS, max_size=6), max_size=4)


def test_the_strongest_level_that_names_a_limit_wins_and_the_others_hold_beside_it():
    override, plan, api = (
        [Window("day", 5)],
        [Window("day", 3), Window("minute", 2)],
        [Window("minute", 9), Window("hour", 7)],
    )
    system = [Window("hour", 1), Window("day", 1, "rolling")]

    assert in_force(override, plan, api, system) == (
        Window("minute", 2), Window("hour", 7), Window("day", 5), Window("day", 1, "rolling"),
    )  # fmt: skip


@given(LEVELS)
def test_of_each_limit_one_is_in_force_the_first_that_is_named(levels):
    found = in_force(*levels)

    assert len({window.name for window in found}) == len(found)
    named = [window for level in levels for window in level]
    assert {window.name for window in named} == {window.name for window in found}
    assert all(next(each for each in named if each.name == window.name) == window for window in found)


@given(st.lists(WINDOWS))
def test_what_is_counted_apart_comes_last_of_those_that_bind_the_same(windows):
    apart = ("calendar", "rate", "rolling", "concurrency")

    places = [(PERS.index(window.per), apart.index(window.kind)) for window in in_order(windows)]

    assert places == sorted(places)


@given(st.lists(WINDOWS))
def test_what_is_kept_is_found_again_in_the_departments_time_zone(windows):
    kept = json.loads(json.dumps(stored(windows)))

    assert from_stored(kept) == tuple(windows)
    assert all(window.zone == "America/Toronto" for window in from_stored(kept, "America/Toronto"))


def test_windows_of_one_plan_are_one_value_however_many_subscribe():
    kept = stored([Window("day", 5)])

    assert from_stored(kept)[0] is from_stored(kept)[0]


def test_limits_are_read_from_a_setting():
    assert parse(" rolling:1000/day, 60/minute rate:10/second:20 concurrency:5/call\n") == (
        Window("minute", 60), Window("second", 10, "rate", burst=20), Window("day", 1_000, "rolling"),
        Window("call", 5, "concurrency"),
    )  # fmt: skip
    assert parse("") == ()


@pytest.mark.parametrize(
    "text", ["60", "60/second", "0/minute", "60/minute:5", "leaky:5/minute", "-1/day", "5/year", "5/call"]
)
def test_what_is_no_limit_is_refused(text):
    with pytest.raises(ValueError, match=text.split()[0]):
        parse(text)
