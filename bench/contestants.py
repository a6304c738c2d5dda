"""Who takes part: how each is started, where it is called, and what it needs to be there.

A contestant that lacks something is said to lack it, and the others still run; nothing is ever installed from here.
"""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench import configurations, preparing
from bench.bodies import KIB, MIB
from bench.cores import Cores
from bench.processes import python, running, wait_for
from demo.servers import free_port
from gateway.compiled import ROOT, choose
from gateway.domain.plans import Window

PLAIN_WORKER = "gthread"
FAST_WORKER = "gateway.transport.worker.FastWorker"

_BEHIND_THE_LOAD = "10"
"""The upstream's niceness; the closed loop's rates are the same with 0, the direct calls' p99 is a fifth."""


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to send calls: port of loopback, what stands before each path, fields to send, whose memory counts."""

    name: str
    port: int
    pid: int
    prefix: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ground:
    """What is the same for all: a folder to write to, cores, the upstream's port, workers, declared routes."""

    folder: Path
    cores: Cores
    upstream: int
    workers: int
    routes: int


@dataclass(frozen=True, slots=True)
class Contestant:
    """A name, how to start it, and what it lacks on this machine (empty: nothing)."""

    name: str
    start: Callable[[Ground], AbstractContextManager[Place]]
    lacks: Callable[[], str]


@contextmanager
def upstream(folder: Path, cores: tuple[int, ...], *, own: bool) -> Iterator[Place]:
    """The department's service: nginx with fixed answers, or our own (bench/origin.py) if asked or without nginx."""
    port, log = free_port(), folder / "upstream.log"
    command = python("bench.origin", str(port))
    if not own and not lacks_program("nginx")():
        files = folder / "upstream" / "bytes"
        files.mkdir(parents=True)
        for size in (10 * KIB, MIB):
            (files / str(size)).write_bytes(bytes(size))
        command = _nginx(files.parent, configurations.nginx_upstream(files.parent, port))
    # It shares its cores with the load, whose calls would leave late wherever the service had a turn just then.
    with running(["nice", "-n", _BEHIND_THE_LOAD, *command], cores, log) as pid:
        wait_for(port, pid, log)
        yield Place("direct", port, pid)


@contextmanager
def nginx(ground: Ground) -> Iterator[Place]:
    """nginx, bare."""
    port = free_port()
    folder = ground.folder / "nginx"
    folder.mkdir()
    text = configurations.nginx_proxy(folder, port, ground.upstream, ground.workers)
    yield from _started("nginx", port, _nginx(folder, text), ground)


@contextmanager
def haproxy(ground: Ground) -> Iterator[Place]:
    """HAProxy, bare."""
    port, configuration = free_port(), ground.folder / "haproxy.cfg"
    configuration.write_text(configurations.haproxy(port, ground.upstream, ground.workers), encoding="utf-8")
    yield from _started("haproxy", port, ["haproxy", "-db", "-f", str(configuration)], ground)


@contextmanager
def relay(ground: Ground) -> Iterator[Place]:
    """Our event loop, passing bytes on."""
    port = free_port()
    yield from _started("relay", port, python("bench.relay", str(port), str(ground.upstream)), ground)


@contextmanager
def gateway(
    name: str,
    worker_class: str,
    ground: Ground,
    conf: str = "deploy/gunicorn.conf.py",
    compiled: str = "off",
    limits: tuple[Window, ...] = preparing.ENDLESS,
) -> Iterator[Place]:
    """The gateway under gunicorn with this worker class, all policies on, as deploy/ configures it."""
    port, folder, log = free_port(), ground.folder / name, ground.folder / f"{name}.log"
    folder.mkdir()
    given = {
        "GUICHET_DATA": str(folder),
        "GUICHET_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "GUICHET_ALLOWED_NETWORKS": "127.0.0.0/8",
        **({} if compiled == "on" else {"GUICHET_COMPILED": compiled}),
    }
    client = preparing.prepare(given, folder, ground.upstream, ground.routes, limits)
    others = {key: value for key, value in os.environ.items() if not key.startswith("GUICHET_")}
    environment = others | given | {"PORT": str(port), "HOST": "127.0.0.1", "BENCH_PROFILE": str(folder / "profile")}
    command = [sys.executable, "-m", "gunicorn", "-c", conf, "-k", worker_class, "-w", str(ground.workers), "wsgi:app"]
    with running(command, ground.cores.gateway, log, environment) as pid:
        wait_for(port, pid, log)
        headers = {"Authorization": f"Bearer {preparing.token(port, client)}"}
        yield Place(name, port, pid, preparing.PREFIX, headers)


def lacks_program(program: str) -> Callable[[], str]:
    """Whether a Debian package of the same name is missing."""
    sentence = f"{program} is not installed: apt-get install --no-install-recommends {program}"
    return lambda: "" if shutil.which(program) else sentence


def lacks_worker(worker_class: str) -> str:
    """Whether a worker class is missing; gunicorn's own go by names without a dot."""
    module = worker_class.rpartition(".")[0]
    try:
        found = not module or importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        found = False
    return "" if found else f"there is no worker class {worker_class}"


def lacks_build() -> str:
    """Whether nothing was compiled, or it does not fit."""
    choice = choose(ROOT, "on")
    return "" if choice.files else f"{choice.told} (make compiled)"


def contestants(worker_class: str = FAST_WORKER) -> tuple[Contestant, ...]:
    """All of them, ours with this worker class."""
    return (
        Contestant("nginx", nginx, lacks_program("nginx")),
        Contestant("haproxy", haproxy, lacks_program("haproxy")),
        Contestant("relay", relay, lambda: ""),
        Contestant("plain", partial(gateway, "plain", PLAIN_WORKER), lambda: ""),
        Contestant("ours", partial(gateway, "ours", worker_class), partial(lacks_worker, worker_class)),
        Contestant(
            "unlimited",
            partial(gateway, "unlimited", worker_class, limits=()),
            partial(lacks_worker, worker_class),
        ),
        Contestant("compiled", partial(gateway, "compiled", worker_class, compiled="on"), lacks_build),
    )


def _started(name: str, port: int, command: list[str], ground: Ground) -> Iterator[Place]:
    log = ground.folder / f"{name}.log"
    with running(command, ground.cores.gateway, log) as pid:
        wait_for(port, pid, log)
        yield Place(name, port, pid)


def _nginx(folder: Path, text: str) -> list[str]:
    configuration = folder / "nginx.conf"
    configuration.write_text(text, encoding="utf-8")
    return ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(configuration)]
