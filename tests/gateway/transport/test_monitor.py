import os
import socket
import threading
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress

import pytest
from structlog.testing import capture_logs

from gateway.telemetry.exposition import MeasuresOfAll
from gateway.telemetry.tally import Tally
from gateway.telemetry.version_names import VersionNames
from gateway.transport import monitor as monitor_file
from gateway.transport.census import Found
from gateway.transport.monitor import Monitor
from gateway.upstream.standing import Standing
from tests.builders import a_snapshot
from tests.fixtures.consuming import finished
from tests.scraping import OPENMETRICS, samples, scrape, total
from tests.waiting import eventually

IDLE = Found(Standing(0, ()), 0)


@pytest.fixture
def new_monitor(tmp_path, free_port, monkeypatch):
    """Monitors of one folder, each as of a process of its own; stopped at the end."""
    monkeypatch.setattr(monitor_file, "EVERY_SECONDS", 0.02)
    monkeypatch.setattr(monitor_file.Server, "timeout", 0.02)
    with ExitStack() as stack:

        def new(look=lambda: IDLE, ledger_answers=lambda: True):
            names = VersionNames(a_snapshot)
            tally = Tally(tmp_path, names)
            registry = MeasuresOfAll(tmp_path, lambda: 0).registry()
            made = Monitor(look, ("127.0.0.1", free_port), tally, names, registry, ledger_answers)
            stack.callback(made.stop)
            return made, tally

        yield new


def shown(port, accept=""):
    return samples(scrape(port, accept))


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_any_of_them_answers_for_all_and_the_others_go_on_when_one_stops(new_monitor, free_port):
    (first, one), (second, other) = new_monitor(), new_monitor()
    for each in (first, second):
        each.start()
    one.record(finished())
    other.record(finished())
    eventually(lambda: listens(free_port))
    eventually(lambda: total(shown(free_port), "guichet_workers") == 2)

    assert {total(shown(free_port), "guichet_calls_total") for _ in range(8)} == {2}
    first.stop()
    assert {total(shown(free_port), "guichet_calls_total") for _ in range(8)} == {2}


def test_what_a_worker_notes_is_told_from_then_on(new_monitor, free_port):
    monitor, _ = new_monitor()
    monitor.start()
    monitor.note(Found(Standing(0, ()), 12))

    eventually(lambda: listens(free_port))
    eventually(lambda: total(shown(free_port), "guichet_calls_in_flight") == 12)


def test_the_scraper_is_answered_in_the_format_that_it_prefers(new_monitor, free_port):
    new_monitor()[0].start()
    eventually(lambda: listens(free_port))

    assert scrape(free_port, OPENMETRICS).endswith("# EOF\n")
    assert not scrape(free_port).endswith("# EOF\n")


@pytest.mark.parametrize(("path", "method", "status"), [("/", "GET", 404), ("/metrics", "POST", 501)])
def test_nothing_else_is_there(new_monitor, free_port, path, method, status):
    new_monitor()[0].start()
    eventually(lambda: listens(free_port))
    asked = urllib.request.Request(f"http://127.0.0.1:{free_port}{path}", method=method)

    with pytest.raises(urllib.error.HTTPError) as answer, urllib.request.urlopen(asked, timeout=30):
        pass
    answer.value.close()

    assert answer.value.code == status


def test_a_scraper_that_says_nothing_keeps_no_other_waiting_for_ever(new_monitor, free_port, monkeypatch):
    monkeypatch.setattr(monitor_file, "SCRAPER_SECONDS", 0.1)
    new_monitor()[0].start()
    eventually(lambda: listens(free_port))
    with socket.create_connection(("127.0.0.1", free_port)):
        assert "guichet_workers" in scrape(free_port)


@pytest.fixture
def dawdler(free_port):
    """A scraper that sends one more byte as often as it can be taken for alive, and never the end of its request."""
    leaving = threading.Event()

    def dawdle():
        with suppress(OSError):
            while not leaving.wait(0.05):
                dawdling.sendall(b"x")

    with socket.create_connection(("127.0.0.1", free_port)) as dawdling:
        dawdling.sendall(b"GET /metrics HTTP/1.1\r\nX-Patience: ")
        thread = threading.Thread(target=dawdle)
        thread.start()
        yield dawdling
        leaving.set()
        thread.join()


def test_a_scraper_that_dawdles_keeps_no_other_waiting_for_ever(new_monitor, free_port, monkeypatch, request):
    monkeypatch.setattr(monitor_file, "SCRAPER_SECONDS", 0.2)
    new_monitor()[0].start()
    eventually(lambda: listens(free_port))
    request.getfixturevalue("dawdler")

    assert "guichet_workers" in scrape(free_port)


def test_an_address_that_is_taken_is_told_once_and_listened_on_when_it_is_free(new_monitor, free_port):
    with socket.create_server(("127.0.0.1", free_port)) as other, capture_logs() as logs:
        monitor, tally = new_monitor()
        monitor.start()
        eventually(lambda: logs)
        eventually(lambda: tally.path and tally.path.with_suffix(".gauges").exists())
        other.close()
        eventually(lambda: listens(free_port))

        assert "guichet_workers" in scrape(free_port)
    assert [entry["log_level"] for entry in logs] == ["error"]


def test_a_look_that_fails_is_told_and_the_measures_are_shown_all_the_same(new_monitor, free_port):
    def fail():
        raise LookupError

    with capture_logs() as logs:
        monitor, tally = new_monitor(look=fail)
        monitor.start()
        eventually(lambda: logs)
        tally.record(finished())
        eventually(lambda: listens(free_port))

        assert total(shown(free_port), "guichet_calls_total") == 1


def test_the_measures_that_cannot_be_read_are_an_answer_that_is_missing_and_no_more(new_monitor, free_port, tmp_path):
    new_monitor()[0].start()
    eventually(lambda: listens(free_port))
    (tmp_path / "0.tally").mkdir()
    with capture_logs() as logs:
        with pytest.raises(OSError, match="closed"):
            scrape(free_port)
        eventually(lambda: logs)
    (tmp_path / "0.tally").rmdir()

    assert "guichet_workers" in scrape(free_port)


def test_a_child_of_a_fork_begins_its_own_and_a_process_begins_once(new_monitor):
    monitor, _ = new_monitor()
    monitor.start()
    thread = monitor._thread
    monitor.start()

    assert monitor._thread is thread
    assert monitor._process == os.getpid()
