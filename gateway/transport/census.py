"""What a worker finds at a moment, as the gauges that it tells."""

from collections.abc import Iterator

from gateway.telemetry import measures
from gateway.telemetry.measures import Gauge
from gateway.telemetry.version_names import VersionNames
from gateway.upstream.standing import Standing, TargetStanding
from gateway.value import value


@value
class Found:
    """How services stand, and how many calls, clients and tunnels there are; the last two only where that is known."""

    standing: Standing
    in_flight: int
    clients: int | None = None
    tunnels: int | None = None


def gauges_of(found: Found, names: VersionNames, *, ledger_answers: bool) -> Iterator[Gauge]:
    """All the gauges of one process."""
    standing = found.standing
    yield measures.WORKERS, (), 1
    yield measures.IN_FLIGHT, (), found.in_flight
    yield measures.WAITING, (), standing.waiting
    if found.clients is not None:
        yield measures.CLIENTS, (), found.clients
    if found.tunnels is not None:
        yield measures.TUNNELS, (), found.tunnels
    for state, connections in (("busy", standing.busy), ("idle", standing.idle), ("opening", standing.opening)):
        yield measures.CONNECTIONS, (state,), connections
    for target in standing.targets:
        yield from _of_target(target, names)
    yield measures.LEDGER_AWAY, (), not ledger_answers


def _of_target(target: TargetStanding, names: VersionNames) -> Iterator[Gauge]:
    labels = (*names.of(target.owner), target.address)
    yield measures.TARGET_IN_FLIGHT, labels, target.in_flight
    yield measures.TARGET_STATE, (*labels, target.state), 1
