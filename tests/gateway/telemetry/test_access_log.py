import os
import subprocess
import sys
from itertools import chain
from threading import Event

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.telemetry import access_log
from gateway.telemetry.access_lines import LONGEST
from gateway.telemetry.access_log import AccessLog, packed
from gateway.telemetry.version_names import VersionNames
from tests.builders import a_snapshot
from tests.fixtures.consuming import finished
from tests.house.sources import ROOT


@pytest.fixture
def lost():
    return []


@pytest.fixture
def new_log(lost):
    """Logs that are closed at the end."""
    made = []

    def new(path):
        made.append(AccessLog(path, VersionNames(a_snapshot), 0, lost.append))
        return made[-1]

    yield new
    for log in made:
        log.close()


def written(path):
    return [orjson.loads(line)["request_id"] for line in path.read_bytes().splitlines()]


def test_each_call_is_a_line_in_the_order_in_which_they_ended(new_log, tmp_path):
    log = new_log(tmp_path / "log")
    for number in range(100):
        log.record(finished(request_id=f"req_{number}"))

    log.close()

    assert written(tmp_path / "log") == [f"req_{number}" for number in range(100)]


def test_lines_are_added_to_what_is_there(new_log, tmp_path):
    for name in ("one", "two"):
        log = new_log(tmp_path / "log")
        log.record(finished(request_id=name))
        log.close()

    assert written(tmp_path / "log") == ["one", "two"]


def test_a_log_that_was_moved_or_removed_is_begun_anew(new_log, tmp_path):
    log, path = new_log(tmp_path / "log"), tmp_path / "log"
    for number, deed in enumerate([lambda: path.rename(tmp_path / "old"), path.unlink, lambda: None]):
        log._waiting.append(finished(request_id=str(number)))
        log._write_what_waits()
        deed()

    assert written(path) == ["2"]
    assert written(tmp_path / "old") == ["0"]


@pytest.mark.parametrize("place", ["/dev/full", "/nowhere/at/all", "/"])
def test_what_cannot_be_written_is_counted_and_told_once(new_log, lost, tmp_path, place):
    log = new_log(tmp_path.joinpath(place))
    with capture_logs() as logs:
        for _ in range(3):
            log._waiting.extend(finished() for _ in range(50))
            log._write_what_waits()

    assert sum(lost) == 150
    assert [entry["log_level"] for entry in logs] == ["warning"]


def test_a_log_that_can_be_written_again_is(new_log, lost, tmp_path):
    log, path = new_log(tmp_path / "later" / "log"), tmp_path / "later" / "log"
    with capture_logs() as logs:
        for name in ("one", "two", "three"):
            log._waiting.append(finished(request_id=name))
            log._write_what_waits()
            path.parent.mkdir(exist_ok=True)

    assert (written(path), sum(lost), len(logs)) == (["two", "three"], 1, 1)


def test_what_comes_faster_than_it_is_written_is_lost_and_counted(new_log, lost, tmp_path, monkeypatch):
    monkeypatch.setattr(access_log, "MOST_WAITING", 10)
    monkeypatch.setattr(access_log, "_EVERY_SECONDS", 600)
    log = new_log(tmp_path / "log")
    with capture_logs() as logs:
        for number in range(25):
            log.record(finished(request_id=str(number)))
        log.close()

    assert written(tmp_path / "log") == [str(number) for number in range(10)]
    assert (sum(lost), len(logs)) == (15, 1)


def test_a_reader_that_takes_no_more_stops_neither_a_call_nor_the_end(new_log, tmp_path, monkeypatch):
    monkeypatch.setattr(access_log, "_PATIENCE_SECONDS", 0.01)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    log = new_log(fifo)
    for _ in range(5_000):  # much more than a pipe holds
        log.record(finished())
    log.close()
    thread = log._thread
    os.close(reader)  # from here on it is a pipe that is closed

    if thread:
        thread.join(30)
    assert log._thread is None


def test_half_a_line_is_ended_before_the_next(new_log, lost, tmp_path):
    log, path = new_log(tmp_path / "log"), tmp_path / "log"
    log._waiting.append(finished(request_id="one"))
    log._write_what_waits()
    log._torn = True
    os.truncate(path, path.stat().st_size - 10)
    log._waiting.append(finished(request_id="two"))
    log._write_what_waits()

    half, whole = path.read_bytes().splitlines()
    assert (orjson.loads(whole)["request_id"], b"sent" in half) == ("two", True)


def test_a_thread_that_fell_is_followed_by_another(new_log, tmp_path, monkeypatch):
    fell, log = Event(), new_log(tmp_path / "log")
    monkeypatch.setattr("threading.excepthook", lambda _: fell.set())
    monkeypatch.setattr(access_log, "_EVERY_SECONDS", 0.001)
    log.record(None)
    assert fell.wait(30)
    while log._thread:
        fell.wait(0.001)

    log.record(finished(request_id="after"))
    log.close()

    assert written(tmp_path / "log") == ["after"]


def test_standard_output_is_a_log_too_and_a_process_that_ends_writes_what_waits():
    script = (
        "from tests.gateway.telemetry.test_access_log import *;"
        "log = AccessLog(None, VersionNames(a_snapshot), 0, print); log.record(finished(request_id='req_last'))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True)

    assert orjson.loads(done.stdout)["request_id"] == "req_last"


def test_the_child_of_a_fork_writes_its_own_lines_and_not_its_parents(new_log, tmp_path, monkeypatch):
    monkeypatch.setattr(access_log, "_EVERY_SECONDS", 600)
    log = new_log(tmp_path / "log")
    log.record(finished(request_id="parent"))
    child = os.fork()
    if child == 0:
        log.record(finished(request_id="child"))
        log.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    log.close()

    assert written(tmp_path / "log") == ["child", "parent"]


@given(st.lists(st.integers(1, LONGEST - 1).map(lambda size: b"x" * (size - 1) + b"\n")))
def test_lines_are_packed_whole_in_order_and_never_beyond_what_a_pipe_takes_at_once(lines):
    together = list(packed(lines))

    assert list(chain.from_iterable(together)) == lines
    assert all(len(b"".join(each)) < LONGEST for each in together)
    assert all(together)
