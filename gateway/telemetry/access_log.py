"""The access log: a line for each call, written by a thread of its own.

The law: no call waits for it, and none fails with it. What comes faster than it can be written, or cannot be written
at all, is lost, counted and told once. A process that is killed loses the lines of its last moment; usage and measures
do not.
"""

import atexit
import errno
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from gateway.pipeline.ports import Finished, Recorder
from gateway.telemetry.access_lines import LONGEST, line_of
from gateway.telemetry.version_names import VersionNames

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 0.25
_PATIENCE_SECONDS = 2.0
"""How long a process that ends waits for a reader that takes no more."""

MOST_WAITING = 20_000
"""How many calls wait to be written; those after them are lost."""


class AccessLog:
    """Writes to one file, or to standard output (ports.Recorder). Safe for threads; a forked child begins anew."""

    _waiting: deque[Finished]
    _thread: threading.Thread | None
    _stopping: threading.Event

    def __init__(self, path: Path | None, names: VersionNames, proxies: int, lose: Callable[[int], None]) -> None:
        """Nothing is opened before the first call. No path is standard output; `lose` is told how many were lost."""
        self._path = path
        self._names = names
        self._proxies = proxies
        self._lose = lose
        self._descriptor = -1
        self._begin()
        forget = weakref.WeakMethod(self._begin)
        os.register_at_fork(after_in_child=lambda: (method := forget()) and method())

    def record(self, finished: Finished) -> None:
        """Have a line written, soon."""
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(finished)
        else:
            self._surplus += 1
        if self._thread is None:
            self._start()

    def close(self) -> None:
        """Write what waits, unless nobody takes it, and stop."""
        self._stopping.set()
        if self._thread:
            self._thread.join(_PATIENCE_SECONDS)
        atexit.unregister(self.close)

    def _begin(self) -> None:
        self._waiting = deque()
        self._surplus = 0
        self._thread = None
        self._starting = threading.Lock()
        self._stopping = threading.Event()
        self._fails = False
        self._torn = False

    def _start(self) -> None:
        with self._starting:
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="guichet-access-log", daemon=True)
                self._thread.start()
                atexit.register(self.close)

    def _run(self) -> None:
        try:
            while not self._stopping.wait(_EVERY_SECONDS):
                self._write_what_waits()
            self._write_what_waits()
        finally:
            self._thread = None  # should it fall, the next call starts another

    def _write_what_waits(self) -> None:
        surplus, self._surplus = self._surplus, 0
        lost = surplus
        for lines in packed(self._lines()):
            try:
                self._write(lines)
            except OSError as error:
                lost += len(lines)
                self._tell(str(error))
            else:
                self._fails = False
        if surplus:
            self._tell("calls come faster than they can be written")
        if lost:
            self._lose(lost)

    def _lines(self) -> Iterator[bytes]:
        with suppress(IndexError):
            while True:
                yield line_of(self._waiting.popleft(), self._names, self._proxies)

    def _write(self, lines: list[bytes]) -> None:
        content = b"".join(lines)
        if self._torn:
            content = b"\n" + content  # what follows half a line would be lost with it
        written = os.write(self._opened(), content)
        self._torn = written < len(content)
        if self._torn:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _opened(self) -> int:
        if self._path is None:
            return 1
        # A file that was moved away, by whoever rotates logs, is let go; no signal is needed.
        if self._descriptor < 0 or not _is_at(self._descriptor, self._path):
            fresh = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
            if self._descriptor >= 0:
                os.close(self._descriptor)
            self._descriptor = fresh
        return self._descriptor

    def _tell(self, error: str) -> None:
        if not self._fails:
            log.warning("lines of the access log are lost", error=error)
        self._fails = True


def packed(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """As many lines together as are written in one piece: a write costs more than a line."""
    together, size = list[bytes](), 1  # one for the end of a line that is torn
    for line in lines:
        if together and size + len(line) > LONGEST:
            yield together
            together, size = [], 1
        together.append(line)
        size += len(line)
    if together:
        yield together


def _is_at(descriptor: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False


if TYPE_CHECKING:
    _: type[Recorder] = AccessLog
