from gateway.domain.allowances import (
    Extra,
    Reset,
    begun_of,
    extras_of,
    parts,
    plain,
    resets_of,
    spans,
    with_extras,
)
from gateway.domain.plans import Window

MINUTE, DAY = Window("minute", 60), Window("day", 1_000)
SOON, LATER = Extra("day", 500, 1_000, "Census"), Extra("minute", 5, 2_000, "Census")


def test_extra_calls_are_added_until_their_end():
    assert with_extras((MINUTE, DAY), (SOON,), 999.9) == (MINUTE, Window("day", 1_500))
    assert with_extras((MINUTE, DAY), (SOON,), 1_000) == (MINUTE, DAY)


def test_an_extra_of_a_limit_that_is_not_in_force_adds_nothing():
    assert with_extras((MINUTE,), (SOON,), 0) == (MINUTE,)


def test_what_holds_until_when_is_told_in_the_order_of_time():
    assert spans((MINUTE, DAY), (LATER, SOON)) == [
        (1_000, (Window("minute", 65), Window("day", 1_500))),
        (2_000, (Window("minute", 65), DAY)),
        (float("inf"), (MINUTE, DAY)),
    ]


def test_what_was_granted_nothing_holds_for_ever():
    assert spans((MINUTE, DAY), ()) == [(float("inf"), (MINUTE, DAY))]


def test_a_window_that_was_reset_is_counted_under_a_key_of_its_own():
    assert parts("sub_1", (MINUTE, DAY), {}) == (("sub_1", (MINUTE, DAY)),)
    assert parts("sub_1", (MINUTE, DAY), {"day": 2}) == (("sub_1", (MINUTE,)), ("sub_1~2", (DAY,)))
    assert parts("sub_1", (), {"day": 2}) == ()


def test_a_key_tells_whose_it_is_and_since_which_reset():
    assert plain("sub_1~2") == ("sub_1", 2)
    assert plain("sub_1~2/GET /~a") == ("sub_1/GET /~a", 2)
    assert plain("sub_1") == ("sub_1", 0)


def test_what_a_database_keeps_is_read_again():
    reset = Reset("day", 1_000, "Our mistake")

    assert extras_of([SOON._asdict()]) == (SOON,)
    assert resets_of([reset._asdict()]) == (reset,)
    assert begun_of([reset._asdict()]) == {"day": 1_000}
