"""The usage record is what was answered, exactly, while workers are killed with -9 under load.

A call that was under way when its worker died may be in the record, for its answer may have been on its way. No call
whose answer came whole may be missing, and none may be counted twice. `KILLS=20` kills twenty times.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select

from gateway.http.outbox import LONG
from gateway.store.recording import UsageRecorder
from gateway.store.usage import USED, RecentCall
from tests.calling import WEATHER, a_request
from tests.fixtures.lanes import gunicorn
from tests.gunicorns import FAST, Gunicorn
from tests.hammering import Counted, hammer
from tests.house.sources import ROOT
from tests.lane import keep_every_call
from tests.waiting import eventually

KILLS = int(os.environ.get("KILLS", "3"))
CONNECTIONS, AT_ONCE = 16, 8


@pytest.mark.parametrize(("target", "between"), [("/a", 1_500), (f"/bytes/{LONG + 8_000}", 400)], ids=["short", "long"])
def test_the_record_is_what_was_answered_though_workers_are_killed(database, tmp_path, monkeypatch, target, between):
    keep_every_call(monkeypatch.setattr)
    url = database.engine.url.render_as_string(hide_password=False)
    with service() as port, gunicorn(FAST, port, tmp_path, "--workers", "2", LANE_DATABASE=url) as master:
        eventually(lambda: len(master.workers()) == 2)
        request, killer = a_request(WEATHER + target), Killer(master, between)
        counted = hammer(master.port, request, connections=CONNECTIONS, at_once=AT_ONCE, is_over=killer)
    recorder = UsageRecorder(database, tmp_path / "usage", lambda: 0)  # whoever comes next
    recorder.flush()
    with database.read() as session:
        recorded = set(session.scalars(select(RecentCall.request_id)))
        calls = session.scalar(select(func.sum(USED.c.calls)))
    answered = set(counted.answered)
    sys.stdout.write(  # pytest -rP shows it
        f"{KILLS} kills: {len(answered)} calls answered, {len(answered - recorded)} of them not in the record;"
        f" {calls} recorded, {calls - len(recorded)} of them twice; {len(recorded - answered)} of the"
        f" {counted.broken_off} under way when a worker died are in the record\n"
    )

    assert len(answered) == len(counted.answered) >= KILLS * between
    assert answered - recorded == set()
    assert calls == len(recorded)
    assert len(recorded - answered) <= counted.broken_off
    assert list((tmp_path / "usage").iterdir()) == []


class Killer:
    """Kills a worker after every so many answers, each of the two in turn; it is over when the last has been dead."""

    def __init__(self, master: Gunicorn, between: int) -> None:
        self.master = master
        self.between = between
        self.kills = 0

    def __call__(self, counted: Counted) -> bool:
        """Whether it is over; called again and again."""
        if len(counted.answered) < (self.kills + 1) * self.between:
            return False
        if self.kills == KILLS:
            return True
        workers = self.master.workers()
        if len(workers) == 2:  # the one before is replaced
            os.kill(workers[self.kills % 2], signal.SIGKILL)
            self.kills += 1
        return False


@contextmanager
def service() -> Iterator[int]:
    """A department's service in a process of its own: where it listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    with subprocess.Popen([sys.executable, "-m", "bench.origin", str(port)], cwd=ROOT) as process:
        try:
            eventually(lambda: _answers(port))
            yield port
        finally:
            process.kill()


def _answers(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0
