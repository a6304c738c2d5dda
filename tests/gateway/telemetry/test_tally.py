import os
import signal
import subprocess
import sys
from collections import Counter
from http import HTTPStatus
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.telemetry import gauges, measures, tally
from gateway.telemetry.tally import BOUNDS, SUFFIX, Kind, Lost, Tally, is_held, read
from gateway.telemetry.version_names import VersionNames
from tests.builders import a_snapshot
from tests.fixtures.consuming import finished
from tests.house.sources import ROOT
from tests.waiting import eventually

WEATHER = ("weather", "1")


def new_tally(folder):
    return Tally(folder, VersionNames(a_snapshot))


def die(one):
    """What becomes of a tally whose process is killed: its file is there, and nobody's."""
    one._begin()


def counts(folder):
    """How many calls of each kind, in all files."""
    found: Counter[Kind] = Counter()
    for path in folder.glob(f"*{SUFFIX}"):
        for count in read(path)[0]:
            found[count.kind] += sum(count.calls)
    return found


def files(folder):
    return len(list(folder.glob(f"*{SUFFIX}")))


def test_a_call_is_counted_by_its_version_its_status_and_its_refusal(tmp_path):
    one = new_tally(tmp_path)

    for call in [finished(), finished(), finished(status=429, refusal="quota-spent"), finished(version_id="")]:
        one.record(call)

    assert counts(tmp_path) == {
        Kind(*WEATHER, "200", ""): 2,
        Kind(*WEATHER, "429", "quota-spent"): 1,
        Kind("", "", "200", ""): 1,
    }


def test_statuses_that_nobody_registered_are_counted_by_their_class(tmp_path):
    one = new_tally(tmp_path)

    for status in range(200, 600):
        one.record(finished(status=status))

    found = counts(tmp_path)
    assert found.total() == 400
    assert {kind.status for kind in found} == {str(status) for status in HTTPStatus if status >= 200} | {
        "2xx", "3xx", "4xx", "5xx",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("latency_ms", "bucket"), [(0, 0), (1, 0), (1.001, 1), (30_000, len(BOUNDS) - 1), (30_001, len(BOUNDS))]
)
def test_a_call_falls_into_the_first_bucket_that_holds_it(tmp_path, latency_ms, bucket):
    one = new_tally(tmp_path)

    one.record(finished(latency_ms=latency_ms))

    ((_, seconds, calls),) = read(one.path)[0]
    assert [number for number, found in enumerate(calls) if found] == [bucket]
    assert seconds == latency_ms / 1000


@settings(max_examples=20)
@given(st.lists(st.tuples(st.sampled_from([200, 404, 503]), st.floats(0, 60_000)), max_size=60))
def test_every_call_is_counted_once_and_its_time_is_added(tmp_path_factory, made):
    one = new_tally(tmp_path_factory.mktemp("measures"))

    one.open()
    for status, latency_ms in made:
        one.record(finished(status=status, latency_ms=latency_ms))

    found = read(one.path)[0]
    die(one)
    assert {count.kind.status: sum(count.calls) for count in found} == Counter(str(status) for status, _ in made)
    assert sum(count.seconds for count in found) == pytest.approx(sum(took for _, took in made) / 1000)


def test_threads_lose_no_call(tmp_path):
    one = new_tally(tmp_path)
    threads = [Thread(target=lambda: [one.record(finished()) for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts(tmp_path) == {Kind(*WEATHER, "200", ""): 2_000}


def test_who_begins_goes_on_in_the_file_of_one_that_died(tmp_path):
    dead = new_tally(tmp_path)
    dead.record(finished())
    left = dead.path
    gauges.tell(left, [(measures.IN_FLIGHT, (), 7)])
    die(dead)

    heir = new_tally(tmp_path)
    heir.record(finished())

    assert (files(tmp_path), heir.path) == (1, left)
    assert counts(tmp_path) == {Kind(*WEATHER, "200", ""): 2}
    assert gauges.told([heir.path])[measures.IN_FLIGHT.name] == {}


def test_half_a_label_of_one_that_died_is_written_over(tmp_path):
    dead = new_tally(tmp_path)
    dead.open()
    with dead.path.open("r+b") as file:
        file.seek(64)
        file.write(b"x" * 100)
    die(dead)

    new_tally(tmp_path).record(finished())

    assert counts(tmp_path) == {Kind(*WEATHER, "200", ""): 1}


def test_nobody_takes_the_file_of_one_that_lives(tmp_path):
    one, other = new_tally(tmp_path), new_tally(tmp_path)
    one.record(finished())
    other.record(finished())

    assert files(tmp_path) == 2
    assert is_held(one.path)
    assert counts(tmp_path) == {Kind(*WEATHER, "200", ""): 2}


def test_what_was_counted_survives_a_process_that_is_killed(tmp_path):
    script = (
        "import sys; from pathlib import Path; from tests.gateway.telemetry.test_tally import new_tally, finished;"
        "one = new_tally(Path(sys.argv[1]));"
        "[one.record(finished()) for _ in range(1000)]; print('counted', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "counted\n"
        (path,) = tmp_path.glob(f"*{SUFFIX}")
        held = is_held(path)
        process.send_signal(signal.SIGKILL)

    assert (held, is_held(path)) == (True, False)
    assert counts(tmp_path) == {Kind(*WEATHER, "200", ""): 1_000}


def test_the_child_of_a_fork_counts_in_a_file_of_its_own(tmp_path):
    one = new_tally(tmp_path)
    one.record(finished())
    child = os.fork()
    if child == 0:
        one.record(finished())
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    one.record(finished())

    assert files(tmp_path) == 2
    assert is_held(one.path)
    assert counts(tmp_path) == {Kind(*WEATHER, "200", ""): 3}


def test_the_child_of_a_fork_does_not_hold_its_parents_file(tmp_path):
    one = new_tally(tmp_path)
    one.record(finished())
    path = one.path
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)  # until the parent has looked
        os._exit(0)
    os.close(reading)
    die(one)
    try:
        eventually(lambda: not is_held(path))
    finally:
        os.close(writing)
        os.waitpid(child, 0)


def test_kinds_beyond_the_most_are_counted_together(tmp_path, monkeypatch):
    monkeypatch.setattr(tally, "MOST_KINDS", 3)
    one = new_tally(tmp_path)

    for status in (200, 201, 202, 203, 200):
        one.record(finished(status=status))
    one.record(finished(refusal="r" * 200))

    assert counts(tmp_path) == {
        Kind(*WEATHER, "200", ""): 2,
        Kind(*WEATHER, "201", ""): 1,
        Kind("", "", "", ""): 3,
    }


def test_a_disk_that_has_no_room_refuses_no_call(tmp_path):
    (tmp_path / "file").touch()
    one = new_tally(tmp_path / "file")

    with capture_logs() as logs:
        one.record(finished())
        one.record(finished())

    assert [entry["log_level"] for entry in logs] == ["error"]
    assert one.path is None


@pytest.mark.parametrize("content", [b"", b"something else", bytes(100)])
def test_a_file_that_is_none_of_ours_is_left_alone(tmp_path, content):
    stranger = tmp_path / f"0{SUFFIX}"
    stranger.write_bytes(content)
    one = new_tally(tmp_path)

    one.record(finished())

    assert one.path != stranger
    assert (read(stranger), stranger.read_bytes()) == (([], Lost(0, 0)), content)


def test_lines_of_the_access_log_that_are_lost_are_counted_beside(tmp_path):
    one = new_tally(tmp_path)

    one.lose(3)
    one.lose(4)

    assert read(one.path) == ([], Lost(lines=7, calls=0))


def test_calls_that_the_usage_record_lost_are_counted_beside(tmp_path):
    one = new_tally(tmp_path)

    one.lose(3)
    one.lose_usage(2)

    assert read(one.path) == ([], Lost(lines=3, calls=2))
