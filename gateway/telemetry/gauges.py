"""What each process finds at a moment, in a file beside its tally that others read.

A gauge is worth something as long as its process lives: what a killed one left behind is not read.
"""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import orjson

from gateway.telemetry.measures import GAUGES, Gauge

_BY_NAME = {measure.name: measure for measure in GAUGES}


def tell(tally: Path, gauges: Iterable[Gauge]) -> None:
    """Write what was found, as a whole; raises OSError."""
    told = orjson.dumps([(measure.name, labels, found) for measure, labels, found in gauges])
    fresh = tally.with_suffix(".fresh")
    fresh.write_bytes(told)
    fresh.replace(_beside(tally))


def told(tallies: Iterable[Path]) -> dict[str, dict[tuple[str, ...], float]]:
    """The sums of what these processes found, by measure and labels."""
    sums: dict[str, dict[tuple[str, ...], float]] = {name: defaultdict(float) for name in _BY_NAME}
    for tally in tallies:
        with suppress(FileNotFoundError):  # it begins, and has found nothing yet
            for name, labels, found in orjson.loads(_beside(tally).read_bytes()):
                if name in sums:  # another may be of the version before, or after
                    sums[name][tuple(labels)] += found
    return sums


def forget(tally: Path) -> None:
    """Remove what the process before found."""
    _beside(tally).unlink(missing_ok=True)


def _beside(tally: Path) -> Path:
    return tally.with_suffix(".gauges")
