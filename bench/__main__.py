"""`make bench`, `python -m bench [--quick] [--markdown] [--worker CLASS] [SCENARIO …]`: every figure, side by side.

`python -m bench parts` measures the parts of one call, `python -m bench profile` tells where a worker's time goes.
Ctrl-C ends everything that was started.
"""

import argparse
import os
import resource
import signal
import sys
from collections.abc import Sequence

from bench import machine, parts
from bench.contestants import FAST_WORKER, contestants, lacks_program
from bench.cores import divide
from bench.meeting import meet
from bench.processes import Failed
from bench.profiling import profile
from bench.scenarios import FULL, QUICK, SCENARIOS
from bench.table import markdown
from gateway.words import LANGUAGES

_NAMES = [*(scenario.name for scenario in SCENARIOS), "parts", "profile"]


def main(given: Sequence[str] | None = None) -> None:
    """Do what the command line asks."""
    parser = _arguments()
    asked = parser.parse_args(given)
    if unknown := set(asked.scenarios) - set(_NAMES):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))} (there are {', '.join(_NAMES)})")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(machine.described(), flush=True)
    try:
        if "parts" in asked.scenarios:
            _parts()
        elif "profile" in asked.scenarios:
            profile(asked.worker, print)
        else:
            _scenarios(asked)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except Failed as failed:
        sys.exit(f"{failed}")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke test: short, few rounds, small sizes")
    parser.add_argument(
        "--markdown", action="store_true", help="the tables in both languages, for docs/*/benchmarks.md"
    )
    parser.add_argument("--worker", default=FAST_WORKER, help="the gunicorn worker class of “ours”")
    parser.add_argument("--only", nargs="+", metavar="WHO", help="these contestants only: nginx haproxy plain ours")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(_NAMES))
    return parser


def _scenarios(asked: argparse.Namespace) -> None:
    if divide(os.sched_getaffinity(0)).shared:
        print("one core only: load and gateway share it, and the figures say little")
    if lacking := lacks_program("wrk")():
        print(f"{lacking}; our own generator, which is slower, makes the load")
    chosen = [scenario for scenario in SCENARIOS if scenario.name in asked.scenarios or not asked.scenarios]
    there = [each for each in contestants(asked.worker) if not asked.only or each.name in asked.only]
    measured = meet(chosen, there, QUICK if asked.quick else FULL, lambda line: print(line, flush=True))
    for language in LANGUAGES if asked.markdown else LANGUAGES[:1]:
        print(f"\n{markdown(measured, language)}")
    for remark in measured.remarks:
        print(f"- {remark}")


def _parts() -> None:
    for what, cost in parts.figures():
        print(f"{cost:10.1f} µs   {what}", flush=True)


if __name__ == "__main__":
    main()
