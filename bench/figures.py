"""What was measured, round by round, and what is computed from it: medians, spreads, ratios of the same round."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """The middle of several rounds, and their ends."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Figure | None":
        """The figure of these rounds; none without rounds."""
        return cls(statistics.median(values), min(values), max(values)) if values else None


@dataclass(slots=True)
class Measured:
    """(scenario, contestant, what) → one value for each round that went well, by its number."""

    values: dict[tuple[str, str, str], dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    remarks: list[str] = field(default_factory=list)

    def add(self, scenario: str, contestant: str, turn: int, told: dict[str, float]) -> None:
        """Keep what one round gave."""
        for what, value in told.items():
            self.values[scenario, contestant, what][turn] = value

    def figure(self, scenario: str, contestant: str, what: str) -> Figure | None:
        """The median and the spread of one thing."""
        return Figure.of(list(self._rounds(scenario, contestant, what).values()))

    def ratio(self, above: tuple[str, str, str], below: tuple[str, str, str]) -> Figure | None:
        """One thing over another, round by round: what disturbs a round disturbs both."""
        upper, lower = self._rounds(*above), self._rounds(*below)
        return Figure.of([upper[turn] / lower[turn] for turn in upper if lower.get(turn)])

    def contestants(self, scenario: str) -> list[str]:
        """Who was measured, in the order of their first figures."""
        return list(dict.fromkeys(who for which, who, _ in self.values if which == scenario))

    def kinds(self, scenario: str) -> list[str]:
        """What was measured, in the order of its first figures."""
        return list(dict.fromkeys(what for which, _, what in self.values if which == scenario))

    def _rounds(self, scenario: str, contestant: str, what: str) -> dict[int, float]:
        return self.values.get((scenario, contestant, what), {})
