"""How many calls wait for a service, so that a slow one can neither fill a worker nor slow another department's.

The law: a call waits from the moment its request is whole until its reply begins, or until it is over; who still sends
a body keeps nobody waiting but themselves, and is not counted. Each is counted in once and out once.
"""

from gateway.http.headers import Headers
from gateway.pipeline.refusals import API_TOO_BUSY, OVERLOADED, Failure

MOST_WAITING = 2_000
"""How many calls may wait in one process, whichever services they wait for."""

_RETRY_SECONDS = 1


class Hall:
    """All the calls that wait in this process."""

    __slots__ = ("most", "waiting")

    def __init__(self, most: int = MOST_WAITING) -> None:
        """Nobody waits yet."""
        self.most = most
        self.waiting = 0


class Crowd:
    """Those that wait for one service."""

    __slots__ = ("_hall", "waiting")

    def __init__(self, hall: Hall) -> None:
        """Nobody waits yet; who does, waits in this hall."""
        self._hall = hall
        self.waiting = 0

    def refuse_surplus(self, most: int) -> None:
        """Raise a `Failure` when as many wait as may, for this service or in all."""
        row = API_TOO_BUSY if self.waiting >= most else OVERLOADED if self._hall.waiting >= self._hall.most else None
        if row:
            raise Failure(row, headers=Headers((("Retry-After", str(_RETRY_SECONDS)),)), seconds=_RETRY_SECONDS)

    def enter(self) -> None:
        """One more waits."""
        self.waiting += 1
        self._hall.waiting += 1

    def leave(self) -> None:
        """One waits no longer."""
        self.waiting -= 1
        self._hall.waiting -= 1
