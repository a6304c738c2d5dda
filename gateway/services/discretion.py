"""Answers that do not tell by their time what they do not say in words.

Whether an address has an account decides what is written, and writing takes a millisecond that can be measured from
afar. So such an answer, refused or not, leaves at the end of a beat: all of them take as many whole ones.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

BEAT = 0.2
"""In seconds: longer than what is hidden in it, the hash of a password among it."""

_NEVER = Event()


@contextmanager
def discreetly() -> Iterator[None]:
    """Do what is asked, and be done with the beat."""
    began = time.monotonic()
    try:
        yield
    finally:
        _NEVER.wait(BEAT - (time.monotonic() - began) % BEAT)
