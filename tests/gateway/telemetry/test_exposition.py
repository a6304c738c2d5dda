import pytest
from prometheus_client import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from gateway.telemetry import gauges
from gateway.telemetry.exposition import MeasuresOfAll
from gateway.telemetry.measures import GAUGES, IN_FLIGHT, MEASURES, WORKERS
from tests.fixtures.consuming import finished
from tests.gateway.telemetry.test_tally import die, new_tally
from tests.scraping import samples, total

CALLS = "guichet_calls_total"


@pytest.fixture
def shown(tmp_path):
    return lambda: samples(generate_latest(MeasuresOfAll(tmp_path, lambda: 42).registry()).decode())


def test_calls_of_the_living_and_of_the_dead_are_added_up(tmp_path, shown):
    dead, living, other = new_tally(tmp_path), new_tally(tmp_path), new_tally(tmp_path)
    for one in (dead, living, other):
        one.record(finished(status=429, refusal="quota-spent"))
        one.record(finished())
    die(dead)

    found = shown()

    assert total(found, CALLS, api="weather", version="1", status="200") == 3
    assert total(found, CALLS, status="429") == 3
    assert total(found, "guichet_refusals_total", api="weather", version="1", code="quota-spent") == 3
    assert total(found, "guichet_refusals_total") == 3


def test_the_histogram_of_a_version_holds_all_its_calls(tmp_path, shown):
    one = new_tally(tmp_path)
    for latency_ms, status in [(0.4, 200), (3, 200), (3, 404), (99_000, 504)]:
        one.record(finished(latency_ms=latency_ms, status=status))

    found = shown()

    buckets = {dict(labels)["le"]: value for (name, labels), value in found.items() if name.endswith("_seconds_bucket")}
    assert (buckets["0.001"], buckets["0.0025"], buckets["0.005"], buckets["30.0"], buckets["+Inf"]) == (1, 1, 3, 3, 4)
    assert total(found, "guichet_call_duration_seconds_sum") == pytest.approx(99.0064)


def test_gauges_of_the_living_only_are_shown(tmp_path, shown):
    dead, living = new_tally(tmp_path), new_tally(tmp_path)
    for one in (dead, living):
        one.open()
        gauges.tell(one.path, [(WORKERS, (), 1), (IN_FLIGHT, (), 5)])
    die(dead)

    assert (total(shown(), "guichet_workers"), total(shown(), "guichet_calls_in_flight")) == (1, 5)


def test_what_was_lost_and_usage_that_waits_are_shown(tmp_path, shown):
    one = new_tally(tmp_path)
    one.lose(3)
    one.lose_usage(2)

    assert total(shown(), "guichet_usage_calls_lost_total") == 2
    assert total(shown(), "guichet_access_log_lines_lost_total") == 3
    assert total(shown(), "guichet_usage_waiting_seconds") == 42


def test_a_folder_that_is_not_there_yet_shows_nothing_and_breaks_nothing(tmp_path):
    found = samples(generate_latest(MeasuresOfAll(tmp_path / "none", lambda: 0).registry()).decode())

    assert total(found, CALLS) == 0


def test_every_measure_is_shown_with_its_meaning_and_no_other_is(tmp_path):
    one = new_tally(tmp_path)
    one.record(finished(refusal="quota-spent"))
    gauges.tell(one.path, [(measure, measure.labels, 1) for measure in GAUGES])

    families = list(MeasuresOfAll(tmp_path, lambda: 0).collect())

    told = {family.name: family.documentation for family in families}
    assert told == {measure.name.removesuffix("_total"): measure.meaning.en for measure in MEASURES}
    labels = {sample.name: set(sample.labels) - {"le"} for family in families for sample in family.samples}
    assert all(labels[measure.name] == set(measure.labels) for measure in MEASURES if measure.name in labels)


def test_names_are_sorted_and_read_back_from_openmetrics(tmp_path):
    one = new_tally(tmp_path)
    for status in (503, 200, 404):
        one.record(finished(status=status))

    text = generate_openmetrics(MeasuresOfAll(tmp_path, lambda: 0).registry()).decode()

    assert total(samples(text), CALLS) == 3
    assert text.index('status="200"') < text.index('status="404"') < text.index('status="503"')
