"""The figures as Markdown, in either language: what was wanted and reached, then everything that was measured."""

from collections.abc import Iterable, Iterator

from bench.figures import Figure, Measured
from bench.goals import GOALS, Goal
from bench.scenarios import SCENARIOS
from gateway.words import Language, Words

_WANTED = Words("| figure | must | aim | measured | kept |", "| chiffre | exigé | visé | mesuré | tenu |")
_MEASURED = Words("| scenario | what | who | median | spread |", "| scénario | quoi | qui | médiane | étendue |")
_KEPT = {"aim": Words("aim", "visé"), "must": Words("must", "exigé"), "": Words("no", "non")}
_NOT_MEASURED = Words("not measured", "non mesuré")
_FRENCH = {
    "calls/s": "appels/s", "p50 ms": "p50, ms", "p99 ms": "p99, ms", "added p50 ms": "p50 ajouté, ms",
    "added p99 ms": "p99 ajouté, ms", "page p50 ms": "p50 des pages, ms", "MiB/s down": "Mio/s vers l’appelant",
    "MiB/s up": "Mio/s vers le service", "KiB growth down": "croissance vers l’appelant, Kio",
    "KiB growth up": "croissance vers le service, Kio", "KiB each": "Kio chacune", "p99 ms alone": "p99 seul, ms",
    "p99 ms among them": "p99 parmi elles, ms",
}  # fmt: skip
_NAMES = {
    "direct": Words("the upstream, directly", "le service, directement"),
    "nginx": Words("nginx", "nginx"),
    "haproxy": Words("HAProxy", "HAProxy"),
    "relay": Words("our event loop, passing bytes on", "notre boucle d’événements, passant des octets"),
    "plain": Words("our plain lane", "notre voie simple"),
    "ours": Words("ours", "nous"),
    "compiled": Words("ours, compiled", "nous, compilé"),
    "unlimited": Words("ours, without limits", "nous, sans limites"),
}


def markdown(measured: Measured, language: Language) -> str:
    """Both tables."""
    return "\n".join([*wanted(measured, language), "", *everything(measured, language), ""])


def wanted(measured: Measured, language: Language) -> Iterator[str]:
    """One row for each goal."""
    yield from _head(_WANTED.of(language))
    for goal in GOALS:
        figure = goal.figure(measured)
        bound = "≤" if goal.is_most else "≥"
        bounds = [f"{bound} {_with_unit(each, goal, language)}" for each in (goal.must, goal.aim)]
        told = [_NOT_MEASURED.of(language), ""]
        if figure:
            told = [_with_unit(figure.median, goal, language) + _spread(figure, language), ""]
            told[1] = _KEPT[goal.met(figure)].of(language)
        yield _row([goal.words.of(language), *bounds, *told])


def everything(measured: Measured, language: Language) -> Iterator[str]:
    """One row for each thing that was measured."""
    yield from _head(_MEASURED.of(language))
    for scenario in SCENARIOS:
        for what in measured.kinds(scenario.name):
            for who in measured.contestants(scenario.name):
                if figure := measured.figure(scenario.name, who, what):
                    kind = what if language == "en" else _FRENCH[what]
                    ends = f"{number(figure.low, language)} – {number(figure.high, language)}"
                    names = [scenario.words.of(language), kind, _NAMES[who].of(language)]
                    yield _row([*names, number(figure.median, language), ends])


def number(value: float, language: Language) -> str:
    """Three significant digits, as the language writes them; from a thousand on, whole."""
    text = f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.{_decimals(abs(value))}f}"
    return text if language == "en" else text.replace(",", "\u00a0").replace(".", ",")


def _decimals(value: float) -> int:
    return 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3


def _with_unit(value: float, goal: Goal, language: Language) -> str:
    unit = goal.unit if language == "en" else goal.unit.replace("iB", "io")
    space = " " if language == "en" else "\u00a0"
    return f"{number(value, language)}{space}{unit}"


def _spread(figure: Figure, language: Language) -> str:
    return f" ({number(figure.low, language)} – {number(figure.high, language)})"


def _head(titles: str) -> Iterable[str]:
    return titles, "|" + "---|" * (titles.count("|") - 1)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
