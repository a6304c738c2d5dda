"""How a process' connections to services stand, and how it finds their targets, at a moment."""

from typing import Literal

from gateway.value import value

State = Literal["well", "resting", "ill"]
"""Of a target: it gets calls; its breaker is open; its checks fail."""


@value
class TargetStanding:
    """One target. `owner` is whose service it is of; `address` tells it from the others of that service."""

    owner: str
    address: str
    state: State
    in_flight: int


@value
class Standing:
    """How many calls wait for a reply, all targets, and how many connections there are of each kind."""

    waiting: int
    targets: tuple[TargetStanding, ...]
    busy: int = 0
    idle: int = 0
    opening: int = 0
