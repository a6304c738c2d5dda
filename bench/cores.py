"""Who runs on which core: the gateway on its own, load and upstream on the others."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cores:
    """Numbers of processor cores, as `taskset` takes them."""

    gateway: tuple[int, ...]
    load: tuple[int, ...]

    @property
    def shared(self) -> bool:
        """Whether load and gateway are in each other's way."""
        return bool(set(self.gateway) & set(self.load))


def divide(available: Iterable[int], workers: int = 1) -> Cores:
    """One core for each worker, as long as one is left for the load; with a single core, everything on it."""
    cores = tuple(sorted(available))
    for_gateway = max(1, min(workers, len(cores) - 1))
    return Cores(cores[:for_gateway], cores[for_gateway:] or cores)


def pinned(cores: tuple[int, ...]) -> list[str]:
    """What stands before a command so that it, and all it starts, stays on these cores; it keeps its process id."""
    return ["taskset", "--cpu-list", ",".join(map(str, cores))]
