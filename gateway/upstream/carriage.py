"""One request on its way to a service: which target it is for, who carries it, and who is told what came of it.

The law: whoever asked is told once. What may be tried again is retrying.py's to say; each try is counted in and out.
"""

import asyncio
from math import inf
from time import monotonic
from typing import Protocol

from gateway.http.messages import Reply
from gateway.pipeline.effects import Send
from gateway.pipeline.refusals import Failure
from gateway.upstream.balancing import FAILED_REPLIES, Balance
from gateway.upstream.failing import timed_out
from gateway.upstream.retrying import Trouble
from gateway.upstream.sending import head_of


class Receiver(Protocol):
    """Who asked. One of the two is called, once, and never before `send` has returned."""

    def resume(self, reply: Reply) -> None:
        """The reply, its body still on its way (a `Pipe`) or whole."""

    def refuse(self, reason: Exception) -> None:
        """There is no reply: a `Failure`, or what broke the request's body off."""


class Reopener(Protocol):
    """Who opens connections. Times are the loop's, in seconds."""

    def now(self) -> float:
        """The loop's time."""

    def open_for(self, carriage: "Carriage") -> None:
        """Carry on a new connection."""


class Conveyance(Protocol):
    """The connection that carries it."""

    def give_up(self, carriage: "Carriage") -> None:
        """Nobody waits for this any more."""

    def hand_over(self) -> tuple[asyncio.Transport, bytes]:
        """The transport, for another protocol, and what came behind the head."""


class Carriage:
    """One request on its way, whichever connection carries it. `took_ms` is how long its answer took."""

    __slots__ = ("_balance", "_began", "_connection", "_receiver", "_tries", "_upstream", "_waits", "ends_at", "head",
                 "is_given_up", "member", "request", "switched", "took_ms")  # fmt: skip

    def __init__(self, upstream: Reopener, request: Send, receiver: Receiver, balance: Balance) -> None:
        """Carry this for this receiver; raises `Failure` when the balance has no target for it.

        It raises ValueError when it cannot be written, before any connection is taken.
        """
        self.request = request
        self.is_given_up = False
        total = request.service.waits.total
        self.ends_at = inf if total is None else upstream.now() + total
        self._began = monotonic()  # the loop's own time has milliseconds only
        self.took_ms: float | None = None
        member = self.member = balance.pick()
        self.head = head_of(request, member.target)
        member.in_flight += 1
        self._balance = balance
        self._tries = 1
        self.switched: Conveyance | None = None
        self._upstream = upstream
        self._receiver: Receiver | None = receiver
        self._connection: Conveyance | None = None
        self._waits = False
        if request.body is None:
            self.wait()

    def ride(self, connection: Conveyance) -> None:
        """Note who carries it now."""
        self._connection = connection

    def wait(self) -> None:
        """The request is whole, or nearly: from now on it is the service that is waited for."""
        if not (self._waits or self.is_given_up):
            self._waits = True
            self._balance.crowd.enter()

    def resume(self, reply: Reply) -> None:
        """The reply has begun."""
        self.took_ms = (monotonic() - self._began) * 1000
        self._wait_no_longer()
        if reply.status in FAILED_REPLIES or self.member.breaker.score:
            self.member.note_reply(reply.status, self._upstream.now())
        receiver, self._receiver = self._receiver, None
        if receiver:
            receiver.resume(reply)

    def switch(self, connection: Conveyance, reply: Reply) -> None:
        """The reply is a 101: until this returns, the receiver may take the connection over."""
        self.switched = connection
        self.resume(reply)
        self.switched = None

    def inform(self, interim: Reply) -> None:
        """Hints before the reply (RFC 8297). 100 would answer an Expect, and we send none; 102 is no more."""
        if self._receiver and interim.status == 103:
            self._receiver.resume(interim)

    def fail(self, reason: Exception) -> None:
        """There will be no reply."""
        self.took_ms = (monotonic() - self._began) * 1000
        self._wait_no_longer()
        receiver, self._receiver = self._receiver, None
        if receiver:
            receiver.refuse(reason)

    def stumble(self, trouble: Trouble, failure: Failure) -> None:
        """This try, which was counted out, had no reply: try once more where that can do no harm, or fail."""
        self._connection = None
        now, member = self._upstream.now(), None
        if trouble is not Trouble.STALE:  # that one ended while nobody used it, which is no fault
            self.member.breaker.fail(now)
        if not self.is_given_up and now < self.ends_at:
            member = self._balance.pick_again(self.request, trouble, self.member, self._tries)
        if member is None:
            self.fail(failure)
            return
        self._tries += 1
        self.head = head_of(self.request, member.target)
        self.member = member
        member.in_flight += 1
        self._upstream.open_for(self)

    def timed_out(self, wait: float, error: str = "http_response_timeout") -> Failure:
        """The failure of a wait that was too long: this one, or all of them together."""
        total = self.request.service.waits.total
        return timed_out(wait if total is None or self._upstream.now() < self.ends_at else total, error)

    def close(self) -> None:
        """Give it up: the client has left."""
        self.is_given_up = True
        self._wait_no_longer()
        self._receiver = None
        if self._connection:
            self._connection.give_up(self)

    def _wait_no_longer(self) -> None:
        if self._waits:
            self._waits = False
            self._balance.crowd.leave()
