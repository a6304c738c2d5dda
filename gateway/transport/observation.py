"""What an operator sees of the lane from outside: measures and an access log, each only where it is wanted.

Calls reach both as usage does: a recorder beside the recorder. Where neither is wanted, a call pays nothing for them.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from flask import Flask, Response, g, request, request_started

from gateway.http.headers import Headers
from gateway.pipeline.effects import UsageEvent
from gateway.pipeline.ports import Finished, Recorder
from gateway.pipeline.snapshot import Snapshot
from gateway.telemetry.access_log import AccessLog
from gateway.telemetry.exposition import MeasuresOfAll
from gateway.telemetry.several import Several
from gateway.telemetry.tally import Tally
from gateway.telemetry.version_names import VersionNames
from gateway.transport.arrival import arrival_at
from gateway.transport.census import Found
from gateway.transport.monitor import Monitor
from gateway.transport.wsgi import ApiLane
from gateway.upstream.standing import Standing


class Observation:
    """Puts the parts together."""

    def __init__(
        self,
        folder: Path,
        metrics: tuple[str, int] | None,
        access_log: str,
        *,
        proxies: int,
        snapshot: Callable[[], Snapshot],
    ) -> None:
        """`metrics` is where they are shown, if they are; `access_log` a path, `-` for standard output, or empty.

        The counts are kept in `folder`. Nothing is opened yet.
        """
        self._folder = folder
        self._metrics = metrics
        self._names = VersionNames(snapshot)
        self._tally = Tally(folder, self._names) if metrics else None
        self._log: AccessLog | None = None
        if access_log:
            path = None if access_log == "-" else Path(access_log)
            self._log = AccessLog(path, self._names, proxies, self._tally.lose if self._tally else lambda _lines: None)

    def beside(self, recorder: Recorder) -> Recorder:
        """This recorder, with those who look on beside it."""
        lookers = [looker for looker in (self._tally, self._log) if looker]
        return Several(recorder, *lookers) if lookers else recorder

    def lose_usage(self, calls: int) -> None:
        """Count calls that the usage record could not keep."""
        if self._tally:
            self._tally.lose_usage(calls)

    def install(
        self, app: Flask, lane: ApiLane, standing: Callable[[], Standing], usage_waiting: Callable[[], float]
    ) -> None:
        """Have the lane's measures shown, and pages in the access log too, by the rules of their addresses.

        `standing` is how services stand in the plain lane; `usage_waiting` is in seconds.
        """
        if self._metrics and self._tally:
            registry = MeasuresOfAll(self._folder, usage_waiting).registry()
            look, ledger_answers = partial(_look, lane, standing), lane.runtime.ledger_answers
            lane.monitor = Monitor(look, self._metrics, self._tally, self._names, registry, ledger_answers)
        if self._log:
            request_started.connect(_arrive, app)  # before any hook, each of which may answer
            app.after_request(partial(_depart, self._log))


def _look(lane: ApiLane, standing: Callable[[], Standing]) -> Found:
    return Found(standing(), lane.in_flight)


def _arrive(_app: Flask, **_: object) -> None:
    g.arrival = arrival_at(time.time(), 0)
    g.began = time.monotonic()


def _depart(log: Recorder, response: Response) -> Response:
    arrival, rule = g.arrival, request.url_rule
    request_id = g.get("request_id") or arrival.request_id
    operation = f"{request.method} {rule.rule}" if rule else ""
    event = UsageEvent(
        arrival.received_at, request_id, request.method, response.status_code, "", "", "", operation, "", "", ""
    )
    took, headers = (time.monotonic() - g.began) * 1000, Headers.of(request.headers.items())
    log.record(Finished(event, took, response.content_length or 0, headers, request.remote_addr or ""))
    return response
