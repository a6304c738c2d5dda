"""What an operator sees of the lane is the same whichever lane carries the calls, and whatever becomes of a worker."""

import json
import os
import signal
import urllib.error
from functools import partial

import pytest

from tests.calling import WEATHER, a_request, call
from tests.fixtures.lanes import LANES, gunicorn
from tests.loopback import serving
from tests.scraping import OPENMETRICS, samples, scrape, total
from tests.waiting import eventually

WORKERS = 3
SECRETS = ("number-123456789", "province=QC", "127.0.0.1")


def answer_all(line):
    while line.read_head():
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.fixture(params=LANES)
def start(request, tmp_path, free_port):
    """Starts gunicorn with a lane that is observed; its measures are on `free_port`."""
    with serving(answer_all) as service:
        told = {"LANE_METRICS": str(free_port), "LANE_ACCESS_LOG": str(tmp_path / "access.log")}
        yield lambda *options, **given: gunicorn(
            LANES[request.param], service.port, tmp_path, *options, **(told | given)
        )


def shown(port, accept=""):
    """The samples at a port, or nothing while nobody listens there."""
    try:
        return samples(scrape(port, accept))
    except (urllib.error.URLError, ConnectionError):
        return {}


def counted(port, **labels):
    return total(shown(port), "guichet_calls_total", **labels)


def comes_to(port, calls, **labels):
    eventually(lambda: counted(port, **labels) == calls)


def make(port, calls, content=None):
    for _ in range(calls):
        call(port, content)


def lines(log, number):
    """So many lines of a log, once they are there; there are no more."""
    eventually(lambda: len(read_lines(log)) >= number)
    found = read_lines(log)
    assert len(found) == number
    return [json.loads(line) for line in found]


def read_lines(log):
    return log.read_text().splitlines() if log.exists() else []


def is_replaced(master, worker):
    return worker not in master.workers() and len(master.workers()) == WORKERS


def are_all_new(master, old):
    now = set(master.workers())
    return len(now) == WORKERS and not now & old


def test_calls_are_counted_over_all_workers_and_no_count_falls_when_they_are_killed_or_replaced(start, free_port):
    with start("--workers", str(WORKERS)) as master:
        make(master.port, 20)
        comes_to(free_port, 20)
        for _ in range(2):
            worker = eventually(lambda: len(master.workers()) == WORKERS and master.workers()[0])
            os.kill(worker, signal.SIGKILL)
            eventually(partial(is_replaced, master, worker))
            assert counted(free_port) in {0, 20}  # 0: a listener was killed with what it had accepted
        make(master.port, 20)
        comes_to(free_port, 40)
        old = set(master.workers())
        master.tell(signal.SIGHUP)
        eventually(partial(are_all_new, master, old))
        make(master.port, 2)
        comes_to(free_port, 42)

        eventually(lambda: total(shown(free_port), "guichet_workers") == WORKERS)


def test_what_is_shown_is_read_by_prometheus_in_both_its_formats(start, free_port):
    with start() as master:
        make(master.port, 3)
        make(master.port, 2, a_request("/api/nowhere/v1/x"))
        comes_to(free_port, 5)
        eventually(lambda: total(shown(free_port), "guichet_service_connections", state="idle") >= 1)

        for found in (shown(free_port), shown(free_port, OPENMETRICS)):
            told = partial(total, found)
            assert told("guichet_calls_total", api="weather", version="1", status="200") == 3
            assert told("guichet_calls_total", api="", version="", status="404") == 2
            assert told("guichet_refusals_total", code="unknown-api") == 2
            assert told("guichet_call_duration_seconds_bucket", api="weather", le="+Inf") == 3
            assert told("guichet_call_duration_seconds_count", api="weather") == 3
            assert 0 < told("guichet_call_duration_seconds_sum", api="weather") < 30
            assert told("guichet_target_state", api="weather", version="1", state="well") == 1
            assert told("guichet_calls_in_flight") == 0
            assert told("guichet_ledger_away_workers") == 0


def test_a_target_that_fails_is_shown_to_rest(start, free_port):
    with start(LANE_UPSTREAM="1") as master:
        make(master.port, 6)

        eventually(lambda: total(shown(free_port), "guichet_target_state", api="weather", state="resting") == 1)


def test_nothing_but_the_measures_is_at_their_address(start, free_port):
    with start() as master:
        call(master.port)
        eventually(lambda: shown(free_port))

        assert call(free_port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").status == 404
        assert call(free_port, b"GET /api/weather/v1/a HTTP/1.1\r\nHost: x\r\n\r\n").status == 404
        assert call(master.port, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").status == 404


def test_each_call_is_a_line_and_none_holds_what_is_the_callers_own(start, tmp_path):
    traced = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with start() as master:
        answer = call(master.port, a_request(f"{WEATHER}/number-123456789?province=QC", traced))
        make(master.port, 1, a_request("/api/nowhere/v1/number-123456789"))
        told, refused = sorted(lines(tmp_path / "access.log", 2), key=lambda line: line["status"])

    assert not [secret for secret in SECRETS if secret in (tmp_path / "access.log").read_text()]
    assert told["request_id"] == answer.values("x-request-id")[0]
    assert told["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert (told["api"], told["version"], told["method"]) == ("weather", "1", "GET")
    assert (told["path"], told["operation"]) == ("/api/weather/v1/{any}", "GET /{any}")
    assert (told["application_id"], told["client"]) == ("app_farm", "127.0.0.0/24")
    assert (told["status"], told["refusal"], told["sent_bytes"]) == (200, None, len(answer.body))
    assert 0 < told["upstream_ms"] <= told["duration_ms"]
    assert (refused["status"], refused["refusal"], refused["path"]) == (404, "unknown-api", None)


def test_a_page_is_a_line_too(start, tmp_path):
    with start() as master:
        call(master.port, b"GET /pour?size=7 HTTP/1.1\r\nHost: x\r\n\r\n")
        (told,) = lines(tmp_path / "access.log", 1)

    assert (told["path"], told["status"], told["api"]) == ("/pour", 200, None)


def test_lines_of_several_workers_do_not_mingle(start, tmp_path):
    with start("--workers", str(WORKERS)) as master:
        make(master.port, 60)

        assert len({line["request_id"] for line in lines(tmp_path / "access.log", 60)}) == 60


def test_a_log_that_was_moved_away_is_begun_anew(start, tmp_path):
    log, old = tmp_path / "access.log", tmp_path / "access.log.1"
    with start() as master:
        call(master.port)
        lines(log, 1)
        worker = master.worker()
        log.rename(old)
        master.tell(signal.SIGUSR1)  # as those who know gunicorn do; it is not needed
        call(master.port)

        lines(log, 1)
        assert lines(old, 1)
        assert master.worker() == worker


def test_lines_that_wait_are_written_before_a_worker_ends(start, tmp_path):
    with start() as master:
        make(master.port, 5)
        master.tell(signal.SIGTERM)
        assert master.ends() == 0

    assert len(lines(tmp_path / "access.log", 5)) == 5


def test_a_full_disk_stops_no_call_and_what_it_lost_is_counted(start, free_port):
    with start(LANE_ACCESS_LOG="/dev/full") as master:
        assert [call(master.port).status for _ in range(4)] == [200] * 4

        eventually(lambda: total(shown(free_port), "guichet_access_log_lines_lost_total") == 4)
    assert "Traceback" not in master.text
