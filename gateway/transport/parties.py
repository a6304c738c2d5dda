"""Who deals with a client's connection: an exchange that answers, a worker that hosts it; and how long they wait."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from gateway.http.outbox import Outbox
from gateway.pipeline.refusals import Refusal
from gateway.transport.requests import Request

Connection = TypeVar("Connection", contravariant=True)  # noqa: PLC0105 - it reads as what it stands for


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds: how long a head may take from its first byte, and how long a body may stop arriving.

    `window` is how long a client may seem to have stopped reading: one that takes 1,000 bytes a second needs so long to
    open a window that was shut (progress.py). `linger` is how long what a client still sends is read past, once its
    reply has left; `tunnel` is how long a tunnel may carry nothing.
    """

    head: float = 10.0
    stall: float = 30.0
    window: float = 200.0
    linger: float = 5.0
    tunnel: float = 300.0


PATIENCE = Patience()


class Exchange(Protocol):
    """What happens to one request. It calls `reply`, `write`, then `finish` or `abort`, on its connection."""

    def start(self) -> None:
        """Begin."""

    def pause_reply(self) -> None:
        """The client reads slowly."""

    def resume_reply(self) -> None:
        """The client reads again."""

    def leave(self) -> None:
        """The client has left: nothing can be written any more."""


class Host(Protocol[Connection]):
    """What a connection needs of its worker. Times are the loop's, in seconds."""

    idle_seconds: float
    patience: Patience
    draining: bool
    date: bytes
    """The line of the Date field, now."""
    outbox: Outbox
    """Where all that is written to clients goes."""

    def now(self) -> float:
        """The loop's time."""

    def joined(self, connection: Connection) -> None:
        """A client has connected."""

    def left(self, connection: Connection) -> None:
        """A client has left."""

    def begin(self, connection: Connection, request: Request) -> Exchange:
        """The exchange that answers a request."""

    def refuse(self, connection: Connection, refusal: Refusal) -> Exchange:
        """The exchange that answers what could not be read."""
