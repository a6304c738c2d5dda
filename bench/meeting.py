"""A run: contestants on the same ground, alternating, round after round.

What one contestant cannot do is said in a remark, and the others go on.
"""

import os
import statistics
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

from bench import bodies, cores
from bench.contestants import Contestant, Ground, upstream
from bench.figures import Measured
from bench.load import Load
from bench.processes import Failed, memory
from bench.scenarios import CONNECTIONS, Field, Scenario, Size

Tell = Callable[[str], None]

_BEFOREHAND = 3
"""How many runs say what a contestant can do."""


def meet(scenarios: Iterable[Scenario], contestants: Sequence[Contestant], size: Size, tell: Tell) -> Measured:
    """Measure every scenario; `tell` hears what goes on meanwhile, line by line."""
    measured = Measured()
    for each in contestants:
        if lacking := each.lacks():
            _remark(measured, tell, f"{each.name}: {lacking}")
    there = [each for each in contestants if not each.lacks()]
    for _, together in groupby(scenarios, lambda one: (one.workers, one.routes, one.own)):
        _on_one_ground(list(together), there, size, measured, tell)
    return measured


def _on_one_ground(
    scenarios: list[Scenario], contestants: Sequence[Contestant], size: Size, measured: Measured, tell: Tell
) -> None:
    asked = scenarios[0]
    parts = cores.divide(os.sched_getaffinity(0), asked.workers)
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        folder = Path(name)
        direct = stack.enter_context(upstream(folder, parts.load, own=asked.own))
        ground = Ground(folder, parts, direct.port, asked.workers, asked.routes)
        places = {"direct": direct}
        wanted = {who for scenario in scenarios for who in scenario.who}
        for each in contestants:
            if each.name in wanted:
                try:
                    places[each.name] = stack.enter_context(each.start(ground))
                except Failed as failed:
                    _remark(measured, tell, f"{each.name}: {failed}")
        load = Load(parts.load, folder)
        fields = {}
        for who, place in places.items():
            try:
                # Also the first calls of each, which are slower than the others and count for nobody.
                runs = [load.closed(place, bodies.JSON, CONNECTIONS, size.seconds).rate for _ in range(_BEFOREHAND)]
            except Failed as failed:
                _remark(measured, tell, f"{failed}")
            else:
                fields[who] = Field(load, size, direct, place, statistics.median(runs), memory(place.pid))
        for scenario in scenarios:
            _alternate(scenario, fields, measured, tell)


def _alternate(scenario: Scenario, fields: dict[str, Field], measured: Measured, tell: Tell) -> None:
    taking_part = [who for who in scenario.who if who in fields]
    for turn in range(fields[taking_part[0]].size.rounds if taking_part else 0):
        # Whoever begins changes, so that nobody always comes after the same one.
        first = turn % len(taking_part)
        for who in taking_part[first:] + taking_part[:first]:
            try:
                told = scenario.turn(fields[who])
            except Failed as failed:
                _remark(measured, tell, f"{scenario.name}: {failed}")
            else:
                measured.add(scenario.name, who, turn, told)
                tell(f"{scenario.name} {turn + 1} {who}: " + ", ".join(f"{what} {it:.4g}" for what, it in told.items()))


def _remark(measured: Measured, tell: Tell, text: str) -> None:
    if text not in measured.remarks:
        measured.remarks.append(text)
        tell(text)
