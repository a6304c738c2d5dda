"""Tests of answers that do not tell by their time what they do not say."""

import time
from contextlib import suppress

import pytest

from gateway.services.discretion import BEAT, discreetly


@pytest.mark.parametrize("fails", [False, True])
def test_whatever_is_done_ends_with_the_beat(fails):
    began = time.monotonic()
    with suppress(LookupError), discreetly():
        if fails:
            raise LookupError

    assert time.monotonic() - began >= BEAT
