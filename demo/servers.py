"""The processes of the demonstration: two small services beside gunicorn, all on this machine, all stopped together."""

import errno
import fcntl
import os
import runpy
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from gateway.words import LANGUAGES, Words

SERVICES = {"air-quality": "demo.air_quality", "ferries": "demo.ferries"}
"""API → the module that answers for it."""

_ROOT = Path(__file__).parent.parent
_CONFIGURATION = _ROOT / "deploy" / "gunicorn.conf.py"

_PATIENCE = 3
"""For how many seconds calls that are on their way may end by themselves."""


@dataclass(frozen=True, slots=True)
class Service:
    """A small service that runs, and where it listens on loopback."""

    process: "subprocess.Popen[bytes]"
    port: int


class PortTaken(Exception):  # noqa: N818 - read by the person who typed the command
    """Something else listens where we would."""


class FolderTaken(Exception):  # noqa: N818 - read by the person who typed the command
    """Another demonstration runs on the same data: it would be led to our services, which end with us."""


def hold(data: Path) -> int:
    """Keep other demonstrations off this data as long as we, or the workers that we start, live; the lock's descriptor.

    Raises:
        FolderTaken: one runs already; the text is one sentence in each language.
    """
    data.mkdir(parents=True, exist_ok=True)
    # Workers are forked and hold it too; the small services are other programs and do not (PEP 446).
    descriptor = os.open(data / "demo.lock", os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + _PATIENCE  # one that was killed has workers that are about to find out
    while not _locked(descriptor):
        if time.monotonic() < until:
            time.sleep(0.1)
            continue
        os.close(descriptor)
        raise FolderTaken(
            f"A demonstration runs on {data} already; stop it, or begin another one beside it with "
            f"`make run PORT=8001 GUICHET_DATA=var-8001`. / "
            f"Une démonstration tourne déjà sur {data}; arrêtez-la, ou commencez-en une autre à côté avec "
            f"`make run PORT=8001 GUICHET_DATA=var-8001`."
        )
    return descriptor


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def port_number(port: str) -> int:
    """The port that somebody named; raises `PortTaken` when it is none, in one sentence in each language."""
    if not (port.isascii() and port.isdecimal()) or not 0 < int(port[:6]) < 65_536:
        raise PortTaken(
            f"PORT={port} is not a port number, which is from 1 to 65535. / "
            f"PORT={port} n’est pas un numéro de port, lequel va de 1 à 65535."
        )
    return int(port)


def require_free(host: str, port: int) -> None:
    """Go on only if the port can be listened on; raises `PortTaken` if not, in one sentence in each language."""
    try:
        with socket.create_server((host, port), family=_family(host)):
            pass
    except OSError as error:
        why = _WHY_NOT.get(error.errno or 0, _NOT_USABLE)
        choose = Words("choose another with `make run PORT=8001`.", "choisissez-en un autre avec `make run PORT=8001`.")
        raise PortTaken(
            " / ".join(f"{why.of(each).format(port=port, host=host)}; {choose.of(each)}" for each in LANGUAGES)
        ) from None


_WHY_NOT = {
    errno.EADDRINUSE: Words("Port {port} is in use", "Le port {port} est déjà utilisé"),
    errno.EACCES: Words("Port {port} is only for the administrator", "Le port {port} est réservé à l’administrateur"),
}
_NOT_USABLE = Words("Port {port} of {host} cannot be used", "Le port {port} de {host} ne peut pas être utilisé")


def start(module: str, wanted: int) -> Service:
    """Start one service on the port it had last time, or on a free one; it listens when this returns.

    It ends when the pipe to its standard input closes, so also if we are killed.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", module, str(wanted)], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    told = process.stdout.readline() if process.stdout else b""
    return Service(process, int(told))


def free_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def stopped_afterwards(services: Iterable[Service]) -> Iterator[None]:
    """End what was started, whatever happens meanwhile; a copy of this process (a worker) ends nothing."""
    ours = os.getpid()
    try:
        yield
    finally:
        if os.getpid() == ours:
            stop(services)


def stop(services: Iterable[Service]) -> None:
    """End what was started, and wait for it."""
    running = list(services)
    for service in running:
        service.process.terminate()
    for service in running:
        service.process.communicate(timeout=5)


class Demonstration(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn as deploy/ configures it, at an address of our own."""

    def __init__(self, host: str, port: str, ready: Callable[[], None]) -> None:
        """Listen there; call `ready` once, when a worker can answer."""
        self._address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._ready = ready
        super().__init__()

    def load_config(self) -> None:
        """What deploy/gunicorn.conf.py says, but for where and how long."""
        for name, value in runpy.run_path(str(_CONFIGURATION)).items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)
        self.cfg.set("bind", self._address)
        # Whoever presses Ctrl-C does not wait for a slow call.
        self.cfg.set("graceful_timeout", _PATIENCE)
        settle = self.cfg.post_worker_init

        def begin(worker: Any) -> None:
            settle(worker)
            if worker.age == 1:
                self._ready()

        self.cfg.set("post_worker_init", begin)

    def load(self) -> Any:
        """The application, in each worker."""
        return runpy.run_path(str(_ROOT / "wsgi.py"))["app"]


def serve(host: str, port: str, ready: Callable[[], None]) -> None:
    """Run gunicorn in this process until it is told to stop; `ready` is called once, when a worker can answer."""
    ours = os.getpid()
    try:
        Demonstration(host, port, ready).run()
    except SystemExit as end:
        # Workers are copies of this process and end here too; what comes after is not theirs to do.
        if end.code or os.getpid() != ours:
            raise


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
