"""Who answers the effects: four ports, each with its adapters in a folder of its own.

`store/` finds and records, `counters/` keeps the ledger, `upstream/` sends. A port may raise `Failure`
(refusals.py) when the world lets it down; that goes back into the decision at its `yield`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from gateway.domain.away import USUAL, WhenAway
from gateway.domain.ids import ApplicationId
from gateway.domain.plans import Budget, Charge, Stay
from gateway.http.headers import NO_FIELDS, Headers
from gateway.http.messages import Reply
from gateway.pipeline.effects import Send, UsageEvent
from gateway.pipeline.service import Service
from gateway.pipeline.snapshot import Consumer, Snapshot
from gateway.value import value

Otherwise = TypeVar("Otherwise")


class Finder(Protocol):
    """Finds consumers in the store; what it answers may be kept until a change names the application."""

    def find_application(self, application_id: ApplicationId) -> Consumer | None:
        """The application with this id, whatever its state."""

    def find_key(self, digest: bytes) -> Consumer | None:
        """The application that the key with this SHA-256 belongs to; its `key` is set."""


@dataclass(frozen=True, slots=True)
class LedgerStanding:
    """How the ledger stands, as one process finds it.

    `place` is a file, or hosts with their ports and nobody's password. `away_seconds` is for how long it has not
    answered, None while it does; `held` is how many calls the process may still serve without asking it.
    """

    place: str
    is_shared: bool
    away_seconds: float | None = None
    held: int = 0


class Ledger(Protocol):
    """Counts calls against windows, exactly, whatever the number of workers."""

    is_shared: bool
    """Whether it is that of other machines too: to be without it is then no reason to send calls to another."""

    def spend(self, charges: Sequence[Charge], when_away: WhenAway = USUAL) -> Budget:
        """Spend all charges on all of their windows, or nothing when one of them has not enough left.

        No two charges have the same key. What is left is told in the order of the charges and of their windows.
        `when_away` is what happens when a shared ledger cannot be asked; one of this machine raises `Failure`.
        """

    def spend_at_once(
        self, charges: Sequence[Charge], otherwise: Otherwise, when_away: WhenAway = USUAL
    ) -> Budget | Otherwise:
        """The same for a thread that must not wait; `otherwise`, with nothing spent, when it would have to."""

    def enter(self, charges: Sequence[Charge], when_away: WhenAway = USUAL) -> Stay:
        """Take a place of each charge among the calls under way, or none when one of them has no place left.

        Each charge has one window, of the kind `concurrency`.
        """

    def enter_at_once(
        self, charges: Sequence[Charge], otherwise: Otherwise, when_away: WhenAway = USUAL
    ) -> Stay | Otherwise:
        """The same for a thread that must not wait; `otherwise`, with nothing taken, when it would have to."""

    def leave(self, stay: Stay) -> None:
        """Give places back; at once, and from any thread."""

    def left(self, charges: Sequence[Charge]) -> Budget:
        """What is left, spending nothing; `admitted` says whether such a call would pass now."""

    def standing(self) -> LedgerStanding:
        """How it stands, looked at now; raises nothing."""


class Upstream(Protocol):
    """Carries requests to departments' services."""

    def refuse_surplus(self, service: Service) -> None:
        """Raise a `Failure` when too many calls wait for this service, or for all together."""

    def send(self, request: Send) -> Reply:
        """The reply, its body still on its way; closing the body's iterator gives the connection back."""


@value
class Finished:
    """A usage event, and what was known only when its reply had left: milliseconds to the head, bytes of body.

    What follows is for those who look on while the call is fresh, and is kept by nobody: the fields of the request,
    the address of whoever was at the other end, and the milliseconds for which a service was waited for, if one was.
    """

    event: UsageEvent
    latency_ms: float
    sent_bytes: int
    headers: Headers = NO_FIELDS
    peer: str = ""
    upstream_ms: float | None = None


class Recorder(Protocol):
    """Keeps what happened."""

    def record(self, finished: Finished) -> None:
        """Keep one; returns at once and survives the process."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What was edited since a cursor: whether the catalogue was, and which applications were."""

    cursor: int
    catalogue: bool
    applications: frozenset[ApplicationId]


class Catalogue(Protocol):
    """Where snapshots come from."""

    def changes_since(self, cursor: int) -> Changed:
        """What was edited after the cursor; cheap enough to be asked before each call."""

    def rung(self) -> int:
        """A number that changes when somebody on this machine has edited something; costs nothing to ask."""

    def compile(self) -> Snapshot:
        """The present state of the catalogue, checked as a whole."""
