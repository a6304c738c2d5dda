"""A scraper: what an address shows of the measures, read by the library that Prometheus' own clients use."""

import urllib.request
from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_plain

Labels = frozenset[tuple[str, str]]
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


def scrape(port: int, accept: str = "") -> str:
    """What is shown, as it is."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Accept": accept} if accept else {})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        shown: str = answer.read().decode()
    return shown


def samples(text: str) -> dict[tuple[str, Labels], float]:
    """Every sample by its name and labels."""
    read = read_openmetrics if text.endswith("# EOF\n") else read_plain
    return samples_of(read(text))


def samples_of(families: Iterable[Metric]) -> dict[tuple[str, Labels], float]:
    """The same of families."""
    found: dict[tuple[str, Labels], float] = {}
    for family in families:
        for sample in family.samples:
            assert (sample.name, frozenset(sample.labels.items())) not in found, "the same series twice"
            found[sample.name, frozenset(sample.labels.items())] = sample.value
    return found


def total(found: dict[tuple[str, Labels], float], name: str, **labels: str) -> float:
    """The sum of a measure over all series that have these labels."""
    wanted = set(labels.items())
    return sum(value for (told, having), value in found.items() if told == name and wanted <= having)
