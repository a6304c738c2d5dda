"""What the gateway must reach, and what it aims at, beside what was measured."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bench.figures import Figure, Measured
from gateway.words import Words


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure with its bounds; `is_most` says that less is better."""

    words: Words
    figure: Callable[[Measured], Figure | None]
    must: float
    aim: float
    unit: str = "×"
    is_most: bool = False

    def met(self, figure: Figure) -> str:
        """Which of the bounds the median keeps: `aim`, `must` or neither."""
        keeps = operator.le if self.is_most else operator.ge
        return "aim" if keeps(figure.median, self.aim) else "must" if keeps(figure.median, self.must) else ""


def _beside(scenario: str, what: str, other: str, measured: Measured) -> Figure | None:
    return measured.ratio((scenario, "ours", what), (scenario, other, what))


def _ours(scenario: str, what: str, measured: Measured) -> Figure | None:
    return measured.figure(scenario, "ours", what)


def _routes(measured: Measured) -> Figure | None:
    # Not of one moment, since each number of routes is a gateway of its own: so medians are compared.
    many, few = (_ours(f"routes-{count}", "calls/s", measured) for count in (10_000, 10))
    return Figure.of([many.median / few.median]) if many and few else None


def _compiled(measured: Measured) -> Figure | None:
    return measured.ratio(("json", "compiled", "calls/s"), ("json", "nginx", "calls/s"))


def _growth(measured: Measured) -> Figure | None:
    both = [_ours("bulk", f"KiB growth {direction}", measured) for direction in ("down", "up")]
    return max((Figure(f.median / 1024, f.low / 1024, f.high / 1024) for f in both if f), key=_median, default=None)


def _slowed(measured: Measured) -> Figure | None:
    return measured.ratio(("idle", "ours", "p99 ms among them"), ("idle", "ours", "p99 ms alone"))


def _median(figure: Figure) -> float:
    return figure.median


GOALS: tuple[Goal, ...] = (
    Goal(
        Words("small JSON, beside nginx", "petit JSON, face à nginx"),
        partial(_beside, "json", "calls/s", "nginx"),
        0.5,
        0.7,
    ),
    Goal(
        Words("small JSON, compiled, beside nginx", "petit JSON, compilé, face à nginx"),
        _compiled,
        0.5,
        0.7,
    ),
    Goal(
        Words("small JSON, beside our plain lane", "petit JSON, face à notre voie simple"),
        partial(_beside, "json", "calls/s", "plain"),
        10,
        20,
    ),
    Goal(
        Words("with limits, beside without", "avec des limites, face à sans"),
        partial(_beside, "limits", "calls/s", "unlimited"),
        0.9,
        0.95,
    ),
    Goal(
        Words("latency added at half load, p50", "latence ajoutée à mi-charge, p50"),
        partial(_ours, "half", "added p50 ms"),
        0.5,
        0.2,
        "ms",
        is_most=True,
    ),
    Goal(
        Words("latency added at half load, p99", "latence ajoutée à mi-charge, p99"),
        partial(_ours, "half", "added p99 ms"),
        3,
        1,
        "ms",
        is_most=True,
    ),
    Goal(
        Words("10,000 routes, beside 10", "10\u00a0000 routes, face à 10"),
        _routes,
        0.95,
        1,
    ),
    Goal(
        Words("1 GiB: growth of memory", "1\u00a0Gio\u00a0: croissance de la mémoire"),
        _growth,
        4,
        2,
        "MiB",
        is_most=True,
    ),
    Goal(
        Words("1 GiB down, beside nginx", "1\u00a0Gio vers l’appelant, face à nginx"),
        partial(_beside, "bulk", "MiB/s down", "nginx"),
        0.4,
        0.7,
    ),
    Goal(
        Words("1 GiB up, beside nginx", "1\u00a0Gio vers le service, face à nginx"),
        partial(_beside, "bulk", "MiB/s up", "nginx"),
        0.4,
        0.7,
    ),
    Goal(
        Words("memory of an idle connection", "mémoire d’une connexion inactive"),
        partial(_ours, "idle", "KiB each"),
        20,
        10,
        "KiB",
        is_most=True,
    ),
    Goal(
        Words(
            "p99 among 10,000 idle connections, beside alone", "p99 parmi 10\u00a0000 connexions inactives, face à seul"
        ),
        _slowed,
        1.25,
        1.05,
        is_most=True,
    ),
    Goal(
        Words("p99 of calls while pages are fetched", "p99 des appels pendant que des pages sont lues"),
        partial(_ours, "pages", "p99 ms"),
        10,
        5,
        "ms",
        is_most=True,
    ),
)
