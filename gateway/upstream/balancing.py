"""Which of a service's targets gets a call: the one that is least busy for its weight, among those that are well.

The law: a target that fails is left alone (breaker.py), and so is one that fails its checks (checking.py); when none
is left, the call fails at once, and is told when to come again. Nothing here does IO; the clock is handed in.
"""

from collections.abc import Callable, Sequence
from math import ceil
from typing import NamedTuple

from gateway.http.headers import Headers
from gateway.pipeline.effects import Send
from gateway.pipeline.refusals import UPSTREAM_RESTING, Failure
from gateway.pipeline.service import Service, Target, Tls
from gateway.upstream.breaker import Breaker
from gateway.upstream.crowding import MOST_WAITING, Crowd, Hall
from gateway.upstream.retrying import Budget, Trouble, may_go_again
from gateway.upstream.standing import Standing, State, TargetStanding

FAILED_CHECKS = 2
"""How many checks in a row a target must fail to be left out."""

FAILED_REPLIES = frozenset({502, 503, 504})
"""Replies by which a server, or the proxy before it, says that it is not well (RFC 9110 §15.6.3 to §15.6.5)."""


class Place(NamedTuple):
    """What may share a connection."""

    scheme: str
    host: str
    port: int
    tls: Tls | None


class Member:
    """One target of one service, as this process knows it. `in_flight` is kept by whoever carries the calls."""

    __slots__ = ("breaker", "credit", "failed_checks", "in_flight", "place", "target")

    def __init__(self, target: Target, tls: Tls | None) -> None:
        """It is taken to be well."""
        self.target = target
        self.place = Place(target.scheme, target.host, target.port, tls)
        self.breaker = Breaker()
        self.in_flight = 0
        self.failed_checks = 0
        self.credit = 0

    @property
    def is_ill(self) -> bool:
        """Whether its checks say that no call may go there."""
        return self.failed_checks >= FAILED_CHECKS

    @property
    def load(self) -> float:
        """How busy it is for its weight."""
        return self.in_flight / self.target.weight

    @property
    def state(self) -> State:
        """How it is found."""
        return "ill" if self.is_ill else "well" if self.breaker.is_closed else "resting"

    def note_reply(self, status: int, now: float) -> None:
        """A reply has begun."""
        if status in FAILED_REPLIES:
            self.breaker.fail(now)
        else:
            self.breaker.succeed()

    def note_check(self, *, passed: bool) -> None:
        """A check has ended."""
        self.failed_checks = 0 if passed else self.failed_checks + 1


class Balance:
    """One for each service and process. `calls` is how many have come."""

    __slots__ = ("_budget", "_clock", "_only", "calls", "crowd", "members", "service")

    def __init__(
        self, service: Service, clock: Callable[[], float], former: "Balance | None" = None, hall: Hall | None = None
    ) -> None:
        """Balance this service's calls; what `former` learnt of a target that stays is kept. `clock` is monotonic."""
        known = {_identity(member): member for member in (former.members if former else ())}
        self.service = service
        self.members: tuple[Member, ...] = tuple(
            _kept(known, Member(target, service.tls)) for target in service.targets
        )
        self.calls = 0
        self.crowd: Crowd = former.crowd if former else Crowd(hall or Hall())
        self._clock = clock
        self._budget = Budget()
        self._only = self.members[0] if len(self.members) == 1 else None

    def pick(self) -> Member:
        """The target of a new call; raises `Failure`."""
        self.calls += 1
        only = self._only
        # The common case, for the price of a few comparisons: one target, and it is well.
        if only and only.breaker.is_closed and only.failed_checks < FAILED_CHECKS:
            return only
        now = self._clock()
        found = self._choose(self.members, now)
        if found is None:
            rest = self._rest(now)
            failure = Failure(UPSTREAM_RESTING, headers=Headers((("Retry-After", str(rest)),)), seconds=rest)
            failure.proxy_error = "destination_unavailable"
            raise failure
        return found

    def pick_again(self, request: Send, trouble: Trouble, member: Member, tries: int) -> Member | None:
        """Where a request goes again that was in trouble at its n-th try; None when it may not."""
        if tries > self.service.retries or not may_go_again(request, trouble):
            return None
        if trouble is Trouble.STALE:
            return member  # it was the connection; nor is it paid for, since the service has seen nothing of it yet
        found = self._choose([other for other in self.members if other is not member], self._clock())
        return found if found and self._budget.spend(self.calls) else None

    def _choose(self, members: Sequence[Member], now: float) -> Member | None:
        fit = []
        for member in members:
            if member.target.weight <= 0 or member.is_ill:
                continue
            if member.breaker.is_closed:
                fit.append(member)
            elif member.breaker.lets_pass(now):
                return member
        return _least_busy(fit) if fit else None

    def _rest(self, now: float) -> int:
        every = self.service.check.every if self.service.check else 0.0
        rests = [max(member.breaker.rests_for(now), every if member.is_ill else 0.0) for member in self.members]
        return max(1, ceil(min(rests)))


class Balances:
    """Those of all services that were called in this process."""

    def __init__(self, clock: Callable[[], float], most: int = MOST_WAITING) -> None:
        """None yet. `clock` is monotonic, in seconds; `most` calls may wait for them all together."""
        self._clock = clock
        self._hall = Hall(most)
        self._by_identity: dict[int, Balance] = {}
        self._by_owner: dict[str, Balance] = {}

    def of(self, service: Service) -> Balance:
        """The service's. A snapshot keeps its values, so identity is enough, and needs no hashing at each call."""
        return self._by_identity.get(id(service)) or self._renewed(service)

    def all(self) -> list[Balance]:
        """The latest of each owner."""
        return list(self._by_owner.values())

    def standing(self) -> Standing:
        """How they stand, but for the connections. To be asked where nobody changes them meanwhile."""
        targets = tuple(
            TargetStanding(balance.service.owner, _named(member.target), member.state, member.in_flight)
            for balance in self.all()
            for member in balance.members
        )
        return Standing(self._hall.waiting, targets)

    def _renewed(self, service: Service) -> Balance:
        # An identity is nobody else's while its value is held, and each balance holds its service.
        former = self._by_owner.get(service.owner)
        if former:
            del self._by_identity[id(former.service)]
        balance = self._by_identity[id(service)] = self._by_owner[service.owner] = Balance(
            service, self._clock, former, self._hall
        )
        return balance


def _named(target: Target) -> str:
    return f"{target.scheme}://{target.authority}{target.base}"


def _identity(member: Member) -> tuple[Place, str]:
    return member.place, member.target.base_path


def _kept(known: dict[tuple[Place, str], Member], fresh: Member) -> Member:
    member = known.get(_identity(fresh), fresh)
    member.target = fresh.target  # its weight may have changed
    return member


def _least_busy(members: Sequence[Member]) -> Member:
    least = min(member.load for member in members)
    tied = [member for member in members if member.load == least]
    # Smooth weighted rotation among equals: calls that come one by one are spread by weight too.
    for member in tied:
        member.credit += member.target.weight
    chosen = max(tied, key=lambda member: member.credit)
    chosen.credit -= sum(member.target.weight for member in tied)
    return chosen
