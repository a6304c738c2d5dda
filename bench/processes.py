"""Processes that are started, measured, and ended by their ids, whatever happens meanwhile."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.cores import pinned

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 30.0
"""For how many seconds something may take to start listening."""

_PARTING = 10.0


class Failed(Exception):  # noqa: N818 - read by the person who typed the command
    """Something did not start, did not answer, or took too long; the text says what."""


@contextmanager
def running(
    command: Sequence[str], cores: tuple[int, ...], log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run a command on these cores until the end of the block; gives its process id.

    It is in a session of its own, so that Ctrl-C reaches it only through us, in order.
    """
    with log.open("ab") as told:
        process = subprocess.Popen(
            [*pinned(cores), *command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=told,
            start_new_session=True,
        )
    try:
        yield process.pid
    finally:
        _end(process)


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules."""
    return [sys.executable, "-m", module, *arguments]


def ask(command: Sequence[str], cores: tuple[int, ...], seconds: float) -> str:
    """What a command prints; it is ended when it takes longer than so many seconds.

    Raises:
        Failed: it took too long or said that it failed.
    """
    try:
        done = subprocess.run(
            [*pinned(cores), *command], cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{command[0]} took longer than {seconds:.0f} s") from None
    if done.returncode:
        raise Failed(f"{command[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


def wait_for(port: int, pid: int, log: Path) -> None:
    """Come back when something listens on this port of loopback.

    Raises:
        Failed: the process ended, or time ran out; with the end of its log.
    """
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and _alive(pid):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise Failed(f"nothing listens on port {port}: {log.read_text(errors='replace')[-500:]}")


def memory(pid: int) -> int:
    """What a process and all it started hold, in KiB: shared pages in proportion (PSS)."""
    return sum(_pss(each) for each in _family(pid))


def _pss(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:  # it ended meanwhile
        return 0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


def _family(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        with contextlib.suppress(OSError):
            for children in Path(f"/proc/{each}/task").glob("*/children"):
                found += map(int, children.read_text(encoding="ascii").split())
    return found


def _alive(pid: int) -> bool:
    # waitid leaves the process to be waited for by whoever started it.
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_PARTING)
    except subprocess.TimeoutExpired:
        for pid in reversed(_family(process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        process.wait(_PARTING)
