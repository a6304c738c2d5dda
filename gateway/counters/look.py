"""What is found of one window that has more than a count to it."""

from typing import NamedTuple

from gateway.domain.plans import Left, Window


class Look(NamedTuple):
    """How things stand before a call, and what its admission would write: `word`, at `at`; seconds are whole.

    `room` is below zero where a limit was lowered. `resets` and `then` are in how long the window is whole again if
    the call is refused and if it is admitted; `wait` is how long it must wait to be admitted, 0 if it is now.
    """

    room: int
    resets: int
    wait: int
    then: int
    at: int
    word: int

    def left(self, window: Window) -> Left:
        """What a window has left while nothing is spent."""
        return Left(window, max(self.room, 0), self.resets, self.wait)
