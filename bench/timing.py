"""How a figure is taken: the median of several rounds, so that a noisy neighbour spoils a round and not the figure."""

import statistics
import time
from collections.abc import Callable

ROUNDS = 7


def microseconds(work: Callable[[], object], times: int = 2_000) -> float:
    """The median cost of one piece of work, in microseconds."""
    work()
    return statistics.median(_round(work, times) for _ in range(ROUNDS))


def _round(work: Callable[[], object], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - began) / times * 1_000_000
