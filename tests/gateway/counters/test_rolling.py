from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.counters.rolling import CELLS, PARTS, look
from gateway.domain.plans import PERIODS, Window, seconds_of

NOON = 1_795_348_800.0
PERIOD = st.sampled_from(PERIODS["rolling"])


def some_words():
    return memoryview(bytearray((CELLS + 3) * 8)).cast("Q")


def call(words, window, now, cost=1):
    """Spend where there is room."""
    found = look(words, 3, window, cost, now)
    if not found.wait:
        words[found.at] = found.word
    return found


@given(PERIOD, st.integers(1, 9), st.lists(st.tuples(st.integers(0, 90), st.floats(0, 1)), max_size=120))
def test_no_stretch_of_its_length_ever_holds_more_than_the_limit(period, limit, waits):
    window, words, now = Window(period, limit, "rolling"), some_words(), NOON
    passed: list[float] = []
    part = seconds_of(period) / PARTS
    for parts, fraction in waits:
        now += (parts if parts > 60 else parts / 30) * part + fraction
        if not call(words, window, now).wait:
            passed.append(now)

    assert all(sum(first <= each < first + seconds_of(period) for each in passed) <= limit for first in passed)


@given(PERIOD, st.integers(1, 9), st.lists(st.floats(0, 40), max_size=60))
def test_a_call_counts_no_longer_than_a_sixtieth_more_than_the_length(period, limit, waits):
    window, words, now = Window(period, limit, "rolling"), some_words(), NOON
    passed: list[float] = []
    part = seconds_of(period) / PARTS
    for wait in waits:
        now += wait * part
        within = sum(each > now - seconds_of(period) - part for each in passed)
        found = call(words, window, now)
        if not found.wait:
            passed.append(now)

        assert bool(found.wait) <= (within >= limit)


@given(PERIOD, st.lists(st.tuples(st.floats(0, 20), st.integers(1, 3)), min_size=1, max_size=40))
def test_whoever_waits_as_long_as_is_told_passes_and_a_second_sooner_does_not(period, steps):
    window, words, now = Window(period, 7, "rolling"), some_words(), NOON
    for wait, cost in steps:
        now += wait * seconds_of(period) / PARTS
        found = call(words, window, now, cost)
        if found.wait:
            assert look(words, 3, window, cost, now + found.wait - 1).wait
            assert not look(words, 3, window, cost, now + found.wait).wait


@given(PERIOD, st.lists(st.floats(0, 20), min_size=1, max_size=20))
def test_it_is_whole_again_when_it_says_so(period, waits):
    window, words, now = Window(period, 100, "rolling"), some_words(), NOON
    for wait in waits:
        now += wait * seconds_of(period) / PARTS
        resets = call(words, window, now).then

    assert look(words, 3, window, 1, now).resets == resets
    assert look(words, 3, window, 1, now + resets).room == 100
    assert look(words, 3, window, 1, now + resets - 1).room < 100


@given(
    PERIOD,
    st.lists(st.tuples(st.floats(0, 20), st.just(0) | st.integers(0, 3_600)), max_size=60),
)
def test_whatever_is_done_to_the_clock_no_time_that_passes_holds_more_than_the_limit(period, steps):
    window, words, real, ahead, passed = Window(period, 4, "rolling"), some_words(), NOON, 0.0, []
    for wait, back in steps:
        real += wait * seconds_of(period) / PARTS
        ahead -= back
        if not call(words, window, real + ahead).wait:
            passed.append(real)

    assert all(sum(first <= each < first + seconds_of(period) for each in passed) <= 4 for first in passed)


def test_a_clock_that_is_set_back_keeps_nobody_waiting_longer_than_the_length():
    window, words = Window("minute", 2, "rolling"), some_words()
    call(words, window, NOON)
    call(words, window, NOON)

    back = call(words, window, NOON - 3_600)

    assert back.wait == 61
    assert not call(words, window, NOON - 3_600 + 61).wait


def test_a_clock_that_trembles_at_the_edge_of_a_part_changes_nothing():
    window, words = Window("hour", 9, "rolling"), some_words()
    for moment in (NOON - 600, NOON - 0.001, NOON, NOON - 0.001, NOON):
        call(words, window, moment)

    assert look(words, 3, window, 1, NOON).room == 4
    assert look(words, 3, window, 1, NOON + 3_000 + 60).room == 5


def test_a_limit_that_shrinks_finds_what_was_used():
    words = some_words()
    for _ in range(5):
        call(words, Window("day", 9, "rolling"), NOON)

    assert call(words, Window("day", 2, "rolling"), NOON).room == -3
    assert call(words, Window("day", 9, "rolling"), NOON).room == 4


def test_a_cost_above_the_limit_never_passes():
    assert call(some_words(), Window("minute", 2, "rolling"), NOON, cost=3).wait > 0


def test_who_is_killed_while_a_clock_is_put_right_leaves_no_call_uncounted():
    window, whole = Window("minute", 9, "rolling"), some_words()
    for second in range(5):
        call(whole, window, NOON + second)

    class Killed(BaseException):
        pass

    for written in range(1, 12):

        class Words(list[int]):
            left = written

            def __setitem__(self, at, word):
                if not self.left:
                    raise Killed
                self.left -= 1
                super().__setitem__(at, word)

        words: Any = Words(whole.tolist())
        with pytest.raises(Killed):
            look(words, 3, window, 1, NOON - 100)
        again = memoryview(bytearray(b"".join(word.to_bytes(8, "little") for word in words))).cast("Q")

        assert look(again, 3, window, 1, NOON - 100).room <= 4
