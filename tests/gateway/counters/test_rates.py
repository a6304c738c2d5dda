from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.counters.rates import WORDS, look
from gateway.domain.plans import TICKS, Window, seconds_of

NOON = 1_795_348_800.0
RATES = st.builds(
    Window,
    st.sampled_from(["second", "minute", "hour"]),
    st.integers(1, 10_000_000),
    st.just("rate"),
    st.integers(1, 1_000),
)


def some_words():
    return memoryview(bytearray(WORDS * 8)).cast("Q")


def call(words, window, now, cost=1):
    """Spend where there is room."""
    found = look(words, 0, window, cost, now)
    if not found.wait:
        words[found.at] = found.word
    return found


def test_a_burst_passes_at_once_and_then_one_call_for_each_interval():
    words, window = some_words(), Window("second", 2, "rate", burst=3)

    at_once = [call(words, window, NOON).wait for _ in range(4)]
    later = [call(words, window, NOON + number / 4).wait > 0 for number in range(1, 9)]

    assert at_once == [0, 0, 0, 1]
    assert later == [True, False, True, False, True, False, True, False]


@given(RATES, st.lists(st.tuples(st.floats(0, 30), st.integers(1, 3)), max_size=60))
def test_no_stretch_of_time_holds_more_than_the_burst_and_what_the_rate_allows(window, steps):
    words, now, passed = some_words(), NOON, []
    for wait, cost in steps:
        now += wait
        if not call(words, window, now, cost).wait:
            passed.append((now, cost))

    for first in range(len(passed)):
        calls = 0
        for moment, cost in passed[first:]:
            calls += cost
            stretch = Fraction(moment) - Fraction(passed[first][0])
            assert calls <= window.burst + stretch * window.limit / seconds_of(window.period) + Fraction(1, TICKS)


@given(RATES, st.floats(0, 1), st.integers(1, 5))
def test_whoever_waits_as_long_as_is_told_passes_and_a_second_sooner_does_not(window, fraction, cost):
    words, now = some_words(), NOON + fraction
    cost = min(cost, window.burst)
    while not (found := call(words, window, now, cost)).wait:
        pass

    assert look(words, 0, window, cost, now + found.wait - 1).wait
    assert not look(words, 0, window, cost, now + found.wait).wait


@given(RATES, st.integers(1, 20))
def test_it_is_whole_again_when_it_says_so(window, calls):
    words = some_words()
    for _ in range(min(calls, window.burst)):
        resets = call(words, window, NOON).then

    assert look(words, 0, window, 1, NOON + resets).room == window.burst
    assert look(words, 0, window, 1, NOON + resets - 1).room < window.burst


@given(RATES, RATES, st.integers(1, 500))
def test_calls_that_are_owed_stay_owed_when_the_plan_changes(before, after, calls):
    words = some_words()
    spent = sum(not call(words, before, NOON).wait for _ in range(min(calls, before.burst)))

    assert look(words, 0, after, 1, NOON).room == max(after.burst - spent, 0)


@pytest.mark.parametrize("prices", [(4, 9), (9, 4)])
def test_who_is_killed_while_the_price_changes_leaves_no_call_uncounted(prices):
    before, after = (Window("minute", limit, "rate", burst=9) for limit in prices)
    whole = some_words()
    for _ in range(5):
        call(whole, before, NOON)

    class Killed(BaseException):
        pass

    class Words(list[int]):
        left = 1

        def __setitem__(self, at, word):
            if not self.left:
                raise Killed
            self.left -= 1
            super().__setitem__(at, word)

    words: Any = Words(whole.tolist())
    with pytest.raises(Killed):
        look(words, 0, after, 1, NOON)
    whole[:] = memoryview(bytearray(b"".join(word.to_bytes(8, "little") for word in words))).cast("Q")

    assert look(whole, 0, after, 1, NOON).room <= 4


def test_a_clock_that_is_set_back_while_the_price_changes_owes_at_most_a_burst():
    words = some_words()
    call(words, Window("hour", 10_000_000, "rate"), NOON)

    found = look(words, 0, Window("hour", 1, "rate"), 1, NOON - 3_600)

    assert (found.room, found.wait) == (0, 3_600)


def test_a_clock_that_is_set_back_owes_at_most_a_burst():
    words, window = some_words(), Window("second", 1, "rate", burst=3)
    call(words, window, NOON)

    back = look(words, 0, window, 1, NOON - 3_600)

    assert (back.room, back.wait, back.resets) == (0, 1, 3)
    assert look(words, 0, window, 1, NOON - 3_598).room == 2
