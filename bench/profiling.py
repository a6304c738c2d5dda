"""Where a worker's time goes: small JSON calls against one worker whose main thread runs under cProfile.

For workers that answer calls in their main thread, as an event loop does. It is also gunicorn's configuration for that
run (`gunicorn -c bench/profiling.py`): what deploy/ says, and a profile around it, written when the worker ends.
"""

import cProfile
import os
import pstats
import runpy
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import bodies, cores
from bench.contestants import Ground, gateway, upstream
from bench.load import Load

_SECONDS, _LINES = 5.0, 40
_PROFILE = cProfile.Profile()


def profile(worker_class: str, tell: Callable[[str], None]) -> None:
    """Print the functions that took the most time themselves, then those that took the most with what they called."""
    parts = cores.divide(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with upstream(folder, parts.load, own=False) as direct:
            ground = Ground(folder, parts, direct.port, 1, 10)
            with gateway("profiled", worker_class, ground, "bench/profiling.py") as place:
                answered = Load(parts.load, folder).closed(place, bodies.JSON, 64, _SECONDS)
        tell(f"{worker_class}: {answered.rate:,.0f} calls/s under the profiler")
        told = pstats.Stats(str(folder / "profiled" / "profile"))
        told.strip_dirs().sort_stats("tottime").print_stats(_LINES).sort_stats("cumulative").print_stats(_LINES)


def _begin(settle: Callable[[Any], None], worker: Any) -> None:
    settle(worker)
    _PROFILE.enable()


def worker_exit(server: Any, worker: Any) -> None:  # noqa: ARG001 - gunicorn calls it with both
    """A hook of gunicorn's: the worker is about to end."""
    _PROFILE.disable()
    _PROFILE.dump_stats(os.environ["BENCH_PROFILE"])


def _as_configuration() -> None:
    deployed = runpy.run_path(str(Path(__file__).parent.parent / "deploy" / "gunicorn.conf.py"))
    settle = deployed["post_worker_init"]
    kept = {name: value for name, value in deployed.items() if not name.startswith("_")}
    globals().update(kept | {"post_worker_init": lambda worker: _begin(settle, worker)})


if "BENCH_PROFILE" in os.environ:
    _as_configuration()
