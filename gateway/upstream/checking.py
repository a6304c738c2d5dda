"""Active checks of health, in the fast lane: a GET at each target of a service that asks for it, from time to time.

The law: a check is a request like any other, on a new connection to an allowed address, signed where calls are; it
changes what is known of a target by its own outcome only (balancing.py). Each worker checks for itself, and only what
was called lately: a service that nobody calls is left in peace, and taken to be well when somebody does.
"""

import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gateway.domain.ids import make_id
from gateway.http.headers import Headers
from gateway.http.messages import Reply
from gateway.http.pipe import Pipe
from gateway.pipeline.effects import Send
from gateway.pipeline.service import Check, Service, Waits
from gateway.upstream.balancing import Balance, Member

_log = logging.getLogger(__name__)

AWAKE = 600.0
"""For how long after a call a service is checked, in seconds."""

CHECKER = "health-check"
"""Who calls, where a call's field names its application."""

_UNHEALTHY = 400


@dataclass(slots=True)
class _Round:
    balance: Balance
    due_at: float
    called_at: float
    calls: int


class Checkup:
    """Waits for the reply to one check."""

    def __init__(self, member: Member) -> None:
        """Check this target."""
        self.member = member

    def resume(self, reply: Reply) -> None:
        """It answers."""
        if isinstance(reply.body.chunks, Pipe):
            reply.body.chunks.close()
        self._note(passed=reply.status < _UNHEALTHY)

    def refuse(self, reason: Exception) -> None:  # noqa: ARG002 - whatever it was, it did not pass
        """It does not."""
        self._note(passed=False)

    def _note(self, *, passed: bool) -> None:
        was_ill = self.member.is_ill
        self.member.note_check(passed=passed)
        if was_ill is not self.member.is_ill:
            change = "passes its checks again" if was_ill else "fails its checks and is left out"
            _log.warning("%s %s", self.member.target.authority, change)


class Checks:
    """When each service is due. One for each worker; times are the loop's, in seconds."""

    def __init__(self, send: Callable[[Send, Checkup], None]) -> None:
        """`send` carries a request to its only target, on a new connection."""
        self._send = send
        self._rounds: dict[str, _Round] = {}

    def tick(self, balances: Sequence[Balance], now: float) -> None:
        """Begin the checks that are due."""
        for balance in balances:
            check = balance.service.check
            if check:
                self._look_at(balance, check, now)

    def _look_at(self, balance: Balance, check: Check, now: float) -> None:
        found = self._rounds.get(balance.service.owner)
        if found is None or found.balance is not balance:
            found = self._rounds[balance.service.owner] = _Round(balance, now, now, balance.calls)
        if found.calls != balance.calls:
            found.calls, found.called_at = balance.calls, now
        if now - found.called_at > AWAKE:
            for member in balance.members:
                member.note_check(passed=True)
        elif now >= found.due_at:
            found.due_at = now + check.every
            for member in balance.members:
                self._send(_request(balance.service, check, member), Checkup(member))


def _request(service: Service, check: Check, member: Member) -> Send:
    within = Waits(check.timeout, check.timeout, check.timeout, check.timeout)
    alone = replace(service, targets=(member.target,), waits=within, retries=0, check=None)
    request_id = make_id("request", int(time.time() * 1000), os.urandom(16))
    headers = Headers((("X-Guichet-Application", CHECKER), ("X-Request-Id", request_id)))
    return Send(alone, "GET", check.path, headers, None)
