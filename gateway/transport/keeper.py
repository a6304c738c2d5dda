"""The keeper: a process beside gunicorn's workers that does what no call and no page waits for.

The law: it serves nobody, so that nothing it does takes the interpreter from those who serve; it begins before the
first worker and ends after the last. Where it dies, whoever serves does its work (store/duty.py) until another worker
begins, and another keeper with it.
"""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from pathlib import Path
from typing import Protocol

import structlog

from gateway.store.recording import UsageRecorder
from gateway.transport.background import Background

log = structlog.get_logger(__name__)

NAME = "guichet-keeper"
"""What the process is called where processes are listed: 15 characters at most."""

LOOKS_SECONDS = 0.25
"""How often it looks whether its master lives."""

_NICENESS = 10
"""Behind the workers, where there is no core to spare."""

_COMM = Path("/proc/self/comm")
_ENDS = (signal.SIGTERM, signal.SIGQUIT)
_NOT_OURS = (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTTIN, signal.SIGTTOU)
"""What a terminal or an operator says to all processes; the master tells us when to end."""


class Kept(Protocol):
    """What a keeper does."""

    def start(self) -> None:
        """Begin, in threads."""

    def look(self) -> None:
        """Do what is due now; it is asked about several times a second."""

    def stop(self) -> None:
        """Finish what is being done."""


class Keeping:
    """What Guichet's keeper does."""

    def __init__(self, background: Background, counting: UsageRecorder) -> None:
        """Nothing runs yet."""
        self.background = background
        self._counting = counting

    def start(self) -> None:
        """Begin, in threads."""
        self.background.start()
        self._counting.start()

    def look(self) -> None:
        """Be on duty, as soon as nobody else is."""
        with suppress(OSError):  # those who work ask for it themselves, and say what is wrong
            self._counting.duty.keep()

    def stop(self) -> None:
        """Finish what is being done."""
        self.background.stop()
        self._counting.close()


class _Listener(Protocol):
    def close(self) -> None: ...


class Keeper:
    """The one child of a master that is no worker."""

    def __init__(self) -> None:
        """There is none yet."""
        self._process = 0

    def begin(self, listeners: Iterable[_Listener], build: Callable[[], Kept]) -> None:
        """Make one where there is none; `build` is called in it, and the master's listeners are closed in it."""
        if self.lives():
            return
        master = os.getpid()
        try:
            with _named():  # before it is born: nobody is to take it for a worker
                self._process = os.fork()
        except OSError as error:
            log.warning("there is no keeper; the workers do its work", error=str(error))
            return
        if not self._process:
            try:
                _serve_nobody(master, listeners, build)
            except Exception:  # there is nobody above to tell
                log.exception("the keeper ends; the workers do its work")
            finally:
                os._exit(0)  # whatever happened: to gunicorn another status may mean that no worker can begin

    def lives(self) -> bool:
        """Whether it was made and has not ended."""
        if not self._process:
            return False
        try:
            ended, _ = os.waitpid(self._process, os.WNOHANG)
        except ChildProcessError:  # gunicorn looks after all of its children
            return False
        return not ended

    def end(self) -> None:
        """Have it finish, and wait for that."""
        if self.lives():
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(self._process, signal.SIGTERM)
                os.waitpid(self._process, 0)
        self._process = 0


KEEPER = Keeper()
"""The master's."""


@contextmanager
def _named() -> Iterator[None]:
    ours, master = _COMM.read_text().strip(), os.getpid()
    _COMM.write_text(NAME)
    try:
        yield
    finally:
        if os.getpid() == master:
            _COMM.write_text(ours)


def _serve_nobody(master: int, listeners: Iterable[_Listener], build: Callable[[], Kept]) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)  # before there are threads, which do as this one does
    for number in _NOT_OURS:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for listener in listeners:
        listener.close()
    os.nice(_NICENESS)
    with suppress(SystemExit), Path(os.devnull).open("w") as nowhere:
        with redirect_stderr(nowhere):  # what cannot begin is said by the workers
            keeping = build()
        keeping.start()
        while os.getppid() == master:
            keeping.look()
            if signal.sigtimedwait(_ENDS, LOOKS_SECONDS):
                break
        keeping.stop()
