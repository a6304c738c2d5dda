"""gunicorn as tests start it: its master, its workers, where it listens, and what it says."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gateway.transport.keeper import NAME
from tests.house.sources import ROOT
from tests.waiting import eventually

FAST = "gateway.transport.worker.FastWorker"
_LISTENING = re.compile(r"Listening at: (?:https?://127\.0\.0\.1:(\d+)|unix:(\S+))")


@dataclass
class Gunicorn:
    """A master that runs."""

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def text(self) -> str:
        """All that it has said."""
        return "".join(self.said)

    def workers(self) -> list[int]:
        """The processes that serve, or begin to."""
        return [child for child in self._children() if _name(child) not in {NAME, ""}]

    def keeper(self) -> int | None:
        """The process that serves nobody, if there is one."""
        return next((child for child in self._children() if _name(child) == NAME), None)

    def _children(self) -> list[int]:
        pid = self.process.pid
        try:
            return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        except FileNotFoundError:
            return []

    def worker(self) -> int:
        """The only worker, once there is one."""
        eventually(self.workers)
        (worker,) = self.workers()
        return worker

    def tell(self, number: signal.Signals) -> None:
        """Send the master a signal."""
        self.process.send_signal(number)

    def ends(self) -> int:
        """Its exit status, once it has ended."""
        return self.process.wait(30)


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


@contextmanager
def running(
    application: str, *options: str, environment: Mapping[str, str] | None = None, bind: str = "127.0.0.1:0"
) -> Iterator[Gunicorn]:
    """A master with these options, from where it listens until the end of the block."""
    command = [sys.executable, "-m", "gunicorn", "--log-level", "info", "--bind", bind, *options, application]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | (environment or {}), stderr=subprocess.PIPE, text=True
    ) as process:
        master = Gunicorn(process)
        listener = threading.Thread(target=_listen, args=(master,))
        listener.start()
        try:
            found = eventually(lambda: _LISTENING.search(master.text) or process.poll() is not None)
            if isinstance(found, re.Match):
                master.port = int(found[1] or 0)
            yield master
        finally:
            process.terminate()
            listener.join()


def _listen(master: Gunicorn) -> None:
    assert master.process.stderr is not None
    for line in master.process.stderr:
        master.said.append(line)
