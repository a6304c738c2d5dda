"""Tests of the shares of a limit from which on somebody is told of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.thresholds import SPENT_PERCENT, is_near, percent_used


@pytest.mark.parametrize(
    ("used", "limit", "near"), [(0, 1, False), (1, 1, True), (79, 100, False), (80, 100, True), (3, 4, False)]
)
def test_four_fifths_are_near(used, limit, near):
    assert is_near(used, limit) is near


@given(st.integers(1, 10**9), st.integers(0, 10**9))
def test_nobody_is_told_that_all_is_used_while_a_call_is_left(limit, used):
    assert (percent_used(used, limit) >= SPENT_PERCENT) is (used >= limit)
