"""Load on a contestant: closed loop by wrk (or, where it is missing, by our own generator), open loop by our own."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.bodies import Asked
from bench.contestants import Place
from bench.cores import pinned
from bench.generator import Job
from bench.processes import ROOT, Failed, ask, python

_MORE = 30.0
"""How many seconds a generator may take beyond what it was told."""

_SCRIPT = """
local paths = {paths}
local ready, turn = {{}}, 0
wrk.method = "{method}"
{headers}
{body}
if #paths > 1 then
  function init() for i, path in ipairs(paths) do ready[i] = wrk.format(nil, path) end end
  function request() turn = turn % #ready + 1; return ready[turn] end
else
  wrk.path = paths[1]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\\n{{"calls": %d, "rate": %f, "p50": %f, "p99": %f, "errors": %d}}\\n', summary.requests,
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a run of load gave: how many calls, how many a second, latencies in milliseconds, how many were not good."""

    calls: int
    rate: float
    p50: float
    p99: float
    errors: int


@dataclass(frozen=True, slots=True)
class Load:
    """Where load comes from: these cores, with scripts in this folder."""

    cores: tuple[int, ...]
    folder: Path

    def closed(self, place: Place, asked: Asked, connections: int, seconds: float) -> Answered:
        """As many calls as so many connections can make, each waiting for its answer before it asks again."""
        if not shutil.which("wrk"):
            return self._driven(place, asked, connections, seconds, 0)
        script = self.folder / "load.lua"
        script.write_text(lua(place, asked), encoding="utf-8")
        command = ["wrk", "--threads=1", f"--connections={connections}", f"--duration={max(1, round(seconds))}s"]
        command += ["--timeout=10s", f"--script={script}", f"http://127.0.0.1:{place.port}"]
        return _answered(ask(command, self.cores, seconds + _MORE), place)

    def open(self, place: Place, asked: Asked, rate: float, seconds: float, connections: int = 64) -> Answered:
        """So many calls a second, whatever the answers do; latencies count from when a call was meant to leave."""
        return self._driven(place, asked, connections, seconds, rate)

    def beside(self, place: Place, asked: Asked, rate: float, seconds: float) -> "Future[Answered]":
        """Start an open loop of a few calls a second, which runs beside what is done until its result is asked."""
        pool = ThreadPoolExecutor(1)
        running = pool.submit(self._driven, place, asked, 4, seconds, rate)
        pool.shutdown(wait=False)
        return running

    def moved(self, place: Place, path: str, size: int, *, up: bool) -> float:
        """Move one big body up or down; gives MiB a second."""
        job = _job(place, Asked((path,), "POST" if up else "GET", size if up else 0), 1, 0, 0)
        told = ask(python("bench.transfer", "up" if up else "down", job), self.cores, 10 * _MORE)
        return float(size / 1024**2 / json.loads(told)["seconds"])

    @contextmanager
    def idle(self, place: Place, asked: Asked, count: int) -> Iterator[None]:
        """Hold so many idle connections during the block."""
        command = [*pinned(self.cores), *python("bench.holder", _job(place, asked, count, 0, 0))]
        holder = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        ended = threading.Timer(4 * _MORE, holder.kill)
        ended.start()
        try:
            held = holder.stdout.readline() if holder.stdout else b""
            if held.strip() != str(count).encode():
                raise Failed(f"{place.name} does not hold {count} idle connections")
            yield
        finally:
            ended.cancel()
            holder.kill()
            holder.communicate()

    def _driven(self, place: Place, asked: Asked, connections: int, seconds: float, rate: float) -> Answered:
        job = _job(place, asked, connections, seconds, rate)
        return _answered(ask(python("bench.generator", job), self.cores, seconds + _MORE), place)


def lua(place: Place, asked: Asked) -> str:
    """What wrk is told to send and to print."""
    return _SCRIPT.format(
        paths="{" + ", ".join(json.dumps(place.prefix + path) for path in asked.paths) + "}",
        method=asked.method,
        headers="\n".join(
            f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in place.headers.items()
        ),
        body=f'wrk.body = string.rep("x", {asked.body})' if asked.body else "",
    )


def _job(place: Place, asked: Asked, connections: int, seconds: float, rate: float) -> str:
    paths = tuple(place.prefix + path for path in asked.paths)
    headers = dict(place.headers)
    return json.dumps(asdict(Job(place.port, paths, connections, seconds, rate, asked.method, headers, asked.body)))


def _answered(told: str, place: Place) -> Answered:
    answered = Answered(**json.loads(told.strip().splitlines()[-1]))
    if answered.errors or not answered.calls:
        raise Failed(f"{place.name}: {answered.errors} of {answered.calls} calls were not answered well")
    return answered
