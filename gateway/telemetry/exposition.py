"""What all processes counted and found, as families of Prometheus; its library writes them out."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.telemetry import gauges, measures, tally
from gateway.telemetry.measures import Measure
from gateway.telemetry.tally import BOUNDS, Count, Lost

_BOUNDS = (*map(str, BOUNDS), "+Inf")


class MeasuresOfAll(Collector):
    """Reads the files of one folder, of the living and of the dead, whenever it is asked."""

    def __init__(self, folder: Path, usage_waiting: Callable[[], float]) -> None:
        """`usage_waiting` tells for how many seconds usage has waited for the database."""
        self._folder = folder
        self._usage_waiting = usage_waiting

    def registry(self) -> CollectorRegistry:
        """A registry with these measures and no others."""
        made = CollectorRegistry(auto_describe=False)
        made.register(self)
        return made

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: whoever registers this must not cause the files to be read."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """All the families."""
        counts, lost, living = _read(self._folder)
        yield from _of_calls(counts)
        yield _counter(measures.LINES_LOST, {(): sum(each.lines for each in lost)})
        yield _counter(measures.USAGE_LOST, {(): sum(each.calls for each in lost)})
        yield _gauge(measures.USAGE_WAITING, {(): self._usage_waiting()})
        found = gauges.told(living)
        for measure in measures.GAUGES:
            yield _gauge(measure, found[measure.name])


def _read(folder: Path) -> tuple[list[Count], list[Lost], list[Path]]:
    counts, lost, living = list[Count](), list[Lost](), []
    for path in sorted(folder.glob(f"*{tally.SUFFIX}")):
        with suppress(FileNotFoundError):
            counted, missing = tally.read(path)
            counts += counted
            lost.append(missing)
            if tally.is_held(path):
                living.append(path)
    return counts, lost, living


def _of_calls(counts: Iterable[Count]) -> Iterator[Metric]:
    calls, refusals = defaultdict[tuple[str, ...], float](float), defaultdict[tuple[str, ...], float](float)
    spread = defaultdict[tuple[str, str], list[int]](lambda: [0] * len(_BOUNDS))
    seconds = defaultdict[tuple[str, str], float](float)
    for kind, took, buckets in counts:
        calls[kind.api, kind.version, kind.status] += sum(buckets)
        if kind.refusal:
            refusals[kind.api, kind.version, kind.refusal] += sum(buckets)
        named = kind.api, kind.version
        spread[named] = [before + more for before, more in zip(spread[named], buckets, strict=True)]
        seconds[named] += took
    yield _counter(measures.CALLS, calls)
    yield _counter(measures.REFUSALS, refusals)
    durations = HistogramMetricFamily(**_described(measures.DURATION))
    for named, counted in sorted(spread.items()):
        durations.add_metric(named, list(zip(_BOUNDS, accumulate(counted), strict=True)), seconds[named])
    yield durations


def _counter(measure: Measure, values: dict[tuple[str, ...], float]) -> Metric:
    return _filled(CounterMetricFamily(**_described(measure)), values)


def _gauge(measure: Measure, values: dict[tuple[str, ...], float]) -> Metric:
    return _filled(GaugeMetricFamily(**_described(measure)), values)


def _filled(
    family: CounterMetricFamily | GaugeMetricFamily, values: dict[tuple[str, ...], float]
) -> CounterMetricFamily | GaugeMetricFamily:
    for labels, value in sorted(values.items()):
        family.add_metric(labels, value)
    return family


def _described(measure: Measure) -> dict[str, Any]:
    # Its help is in English only: a scraper reads it, and the operator's guide has both.
    return {"name": measure.name, "documentation": measure.meaning.en, "labels": measure.labels}
