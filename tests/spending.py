"""Processes that spend calls of one subscription on a shared ledger, as workers of several machines do.

Each writes a byte for every call that was admitted, into a file of its own; these files are the usage record too.
`python -m tests.spending URL FOLDER LIMIT CHOICE` is one of them.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from gateway.counters.connecting import client_for
from gateway.counters.counts import Counts
from gateway.counters.redis import RedisLedger, awake
from gateway.domain.plans import Charge, Window
from gateway.pipeline.refusals import Failure
from tests.house.sources import ROOT

SUBSCRIPTION = "sub_spent"
SETTLES_SECONDS = 2.0
PAUSE_SECONDS = 0.002


def served(folder: Path) -> int:
    """How many calls were admitted, by all."""
    return sum(path.stat().st_size for path in folder.iterdir())


class Spenders:
    """Starts them, and ends them well or badly."""

    def __init__(self, url: str, folder: Path, limit: int, choice: str) -> None:
        """None runs yet."""
        self._arguments = [url, str(folder), str(limit), choice]
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def join(self) -> None:
        """One more."""
        command = [sys.executable, "-m", "tests.spending", *self._arguments]
        self._running.append(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL))

    def leave(self) -> None:
        """The oldest ends as it should."""
        self._end(signal.SIGTERM)

    def die(self) -> None:
        """The oldest is killed."""
        self._end(signal.SIGKILL)

    @property
    def served(self) -> int:
        """How many calls were admitted, by all."""
        return served(self._folder)

    def _end(self, how: signal.Signals) -> None:
        process = self._running.pop(0)
        process.send_signal(how)
        process.wait()

    def close(self) -> None:
        """None runs any more."""
        while self._running:
            self.die()


@contextlib.contextmanager
def spending(url: str, folder: Path, limit: int, *, choice: str = "leased", processes: int = 3) -> Iterator[Spenders]:
    """So many processes, for a while; `folder` is empty."""
    spenders = Spenders(url, folder, limit, choice)
    try:
        for _ in range(processes):
            spenders.join()
        yield spenders
    finally:
        spenders.close()


def _main(url: str, folder: Path, limit: int, choice: str) -> None:
    connect, windows, stopped = client_for(url), (Window("month", limit),), []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    ledger = RedisLedger(lambda: Counts(connect, lambda *_: [served(folder)], awake, settles=SETTLES_SECONDS))
    file = os.open(folder / str(os.getpid()), os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    while not stopped:
        with contextlib.suppress(Failure):
            if ledger.spend((Charge(SUBSCRIPTION, windows),), choice).admitted:  # type: ignore[arg-type]  # from a command line
                os.write(file, b".")
        time.sleep(PAUSE_SECONDS)
    ledger.close()


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
