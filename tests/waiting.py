"""Waiting for what another process or thread will do, without a number that a slow machine could break."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_PATIENCE_SECONDS = 30.0
_NEVER = threading.Event()


def eventually(look: Callable[[], T]) -> T:
    """What `look` gives once it gives something true; fails when it never does."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < until, "it never came to that"
        _NEVER.wait(0.01)
    return found


def settled(look: Callable[[], T]) -> T:
    """What `look` gives once it has given the same for half a second."""
    before, now = None, look()
    while before != now:
        _NEVER.wait(0.5)
        before, now = now, look()
    return now
