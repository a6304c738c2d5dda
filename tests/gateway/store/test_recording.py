import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text
from structlog.testing import capture_logs

from gateway.http.headers import Headers
from gateway.store import missed, recording
from gateway.store.database import Database
from gateway.store.journal import Journal
from gateway.store.recording import UsageRecorder
from gateway.store.rollup import Kind, kind_of, line_of
from gateway.store.tables import METADATA
from gateway.store.usage import USED, RecentCall, UsageBatch, UsageHour, UsageMinute
from tests.fixtures.consuming import MOMENT, finished
from tests.gateway.store.test_rollup import EVENTS
from tests.waiting import eventually

ROOT = Path(__file__).parents[3]


@contextmanager
def undeleted(recorder):
    """Put the segment back that was deleted meanwhile, as if the process had died just before."""
    segment = recorder._journal._segment
    content = segment.path.read_bytes() if segment else b""
    yield
    if segment:
        segment.path.write_bytes(content)


@pytest.fixture
def new_recorder(database, tmp_path, monkeypatch):
    """Recorders on one folder and one database that count when they are told to; closed at the end."""
    monkeypatch.setattr(recording, "_EVERY_SECONDS", 600)
    made = []

    def new(database=database):
        made.append(UsageRecorder(database, tmp_path / "usage", lambda: MOMENT))
        return made[-1]

    yield new
    for recorder in made:
        recorder.close()


def counted(database) -> dict[Kind, int]:
    columns = [getattr(UsageMinute, name) for name in Kind._fields]
    with database.read() as session:
        return {Kind(*row[:-1]): row[-1] for row in session.execute(select(*columns, UsageMinute.calls))}


def calls(database) -> int:
    return sum(counted(database).values())


def die(recorder) -> None:
    """What is left of a recorder when its process is killed: its segment, unlocked."""
    recorder._stopping.set()
    segment = recorder._journal.take()
    if segment:
        segment.release()


def test_what_was_recorded_is_counted_after_a_flush(database, new_recorder):
    recorder = new_recorder()
    events = [finished(), finished(), finished(status=404, refusal="no-such-api", application_id="")]
    for event in events:
        recorder.record(event)

    recorder.flush()

    assert counted(database) == Counter(map(kind_of, events))
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(RecentCall)) == 2


def test_it_is_counted_within_moments_without_being_asked(database, new_recorder, monkeypatch):
    monkeypatch.setattr(recording, "_EVERY_SECONDS", 0.01)
    recorder = new_recorder()

    recorder.record(finished())

    eventually(lambda: calls(database) == 1)


def test_nothing_is_left_on_disk_and_one_name_in_the_database(database, new_recorder, tmp_path):
    recorder = new_recorder()
    for _ in range(5):
        recorder.record(finished())
        recorder.flush()

    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(UsageBatch)) == 1
    assert list((tmp_path / "usage").iterdir()) == []
    assert calls(database) == 5


def test_threads_that_record_and_flush_at_once_lose_nothing(database, new_recorder):
    recorder = new_recorder()

    def work():
        for number in range(200):
            recorder.record(finished())
            if number % 50 == 0:
                recorder.flush()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.flush()

    assert calls(database) == 800


def test_another_process_counts_what_a_dead_one_left(database, new_recorder):
    dead = new_recorder()
    dead.record(finished())
    die(dead)

    new_recorder().flush()

    assert calls(database) == 1


def test_a_crash_between_the_commit_and_the_deletion_counts_once(database, new_recorder, tmp_path):
    dead = new_recorder()
    dead.record(finished())
    with undeleted(dead):
        dead.flush()
    die(dead)
    (left,) = (tmp_path / "usage").iterdir()

    new_recorder().flush()

    assert calls(database) == 1
    assert not left.exists()


ENDINGS = st.sampled_from(["flushed", "killed", "killed before the deletion", "killed in the middle of a line"])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(EVENTS, ENDINGS), max_size=6))
def test_any_split_into_batches_and_crashes_gives_the_same_totals(database, new_recorder, tmp_path, batches):
    folder = tmp_path / "usage"
    folder.mkdir(exist_ok=True)
    with database.begin() as session:
        for table in (UsageMinute, UsageBatch, RecentCall):
            session.execute(delete(table))
    for events, ending in batches:
        recorder = new_recorder()
        for event in events:
            recorder.record(event)
        if ending == "flushed":
            recorder.flush()
        if ending == "killed before the deletion":
            with undeleted(recorder):
                recorder.flush()
        if ending == "killed in the middle of a line":
            recorder._journal.append(line_of(finished())[:-20])
        die(recorder)
    new_recorder().flush()

    assert counted(database) == Counter(kind_of(event) for events, _ in batches for event in events)
    assert list(folder.iterdir()) == []


def test_a_process_that_is_killed_loses_nothing_and_counts_nothing_twice(database, new_recorder, tmp_path):
    writer = dedent(f"""\
        import os
        from pathlib import Path
        from gateway.store import recording
        from gateway.store.database import Database
        from tests.fixtures.consuming import MOMENT, finished

        recording._EVERY_SECONDS = 0.01
        database = Database({database.engine.url.render_as_string(hide_password=False)!r})
        recorder = recording.UsageRecorder(database, Path({str(tmp_path / "usage")!r}), lambda: MOMENT)
        while True:
            recorder.record(finished(request_id=os.urandom(16).hex()))
            os.write(1, b".")
        """)

    with subprocess.Popen([sys.executable, "-c", writer], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = process.stdout.read(20_000)
        while not calls(database):  # it is killed in the middle of counting, however slow the machine is
            told += process.stdout.read(1_000)
        process.send_signal(signal.SIGKILL)
        told += process.stdout.read()
    before = calls(database)
    new_recorder().flush()

    assert before > 0, "the killed process must have been counting"
    assert len(told) <= calls(database) <= len(told) + 1


def test_a_forked_child_counts_its_own_calls_and_not_its_parents(database, new_recorder):
    recorder = new_recorder()
    recorder.record(finished())
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        recorder.record(finished(operation="GET /child"))
        os._exit(0 if recorder._thread and recorder._thread.is_alive() else 1)
    _, status = os.waitpid(child, 0)

    recorder.flush()

    assert os.waitstatus_to_exitcode(status) == 0
    assert sorted((kind.operation, number) for kind, number in counted(database).items()) == [
        ("GET /child", 1),
        ("GET /holidays", 1),
    ]


def test_while_the_database_is_away_the_journal_waits_and_is_counted_later(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/later/guichet.db")
    recorder = UsageRecorder(database, tmp_path / "usage", lambda: MOMENT)
    recorder._stopping.set()
    with capture_logs() as logs:
        for _ in range(5):
            recorder.record(finished())
            recorder.flush()
    waiting = len(list((tmp_path / "usage").iterdir()))
    (tmp_path / "later").mkdir()
    METADATA.create_all(database.engine)
    recorder.flush()

    assert calls(database) == 5
    assert waiting <= 2, "segments must not pile up"
    assert [entry["log_level"] for entry in logs] == ["warning"], "an outage is told once"
    database.dispose()


def test_a_batch_that_the_database_refuses_is_set_aside_and_the_others_are_counted(database, new_recorder, tmp_path):
    with database.begin() as session:
        session.execute(text("CREATE UNIQUE INDEX one_of_each ON recent_calls (status)"))
    dead, living = new_recorder(), new_recorder()
    for recorder, statuses in ((dead, (200, 200)), (living, (404,))):
        for status in statuses:
            recorder.record(finished(status=status))
    die(dead)

    with capture_logs() as logs:
        living.flush()
        living.flush()

    assert [kind.status_class for kind in counted(database)] == [4]
    assert [path.suffix for path in (tmp_path / "usage").iterdir()] == [".refused"]
    assert [entry["log_level"] for entry in logs] == ["error"]


def test_a_full_disk_refuses_no_call_and_is_told(database, tmp_path):
    (tmp_path / "usage").write_text("a file where the folder should be")
    recorder = UsageRecorder(database, tmp_path / "usage", lambda: MOMENT)
    recorder._stopping.set()

    with capture_logs() as logs:
        recorder.record(finished(request_id="req_1"))

    assert [(entry["log_level"], entry["request_id"]) for entry in logs] == [("error", "req_1")]


def test_calls_that_a_full_disk_does_not_take_are_counted_and_told_once_until_it_takes_some_again(
    database, tmp_path, monkeypatch
):
    monkeypatch.setattr(missed, "AGAIN_SECONDS", 0)
    (tmp_path / "usage").write_text("a file where the folder should be")
    lost: list[int] = []
    recorder = UsageRecorder(database, tmp_path / "usage", lambda: MOMENT, lose=lost.append)
    recorder._stopping.set()

    with capture_logs() as logs:
        for _ in range(5):
            recorder.record(finished())
        (tmp_path / "usage").unlink()
        for _ in range(2):
            recorder.record(finished())
    recorder.flush()

    assert [(entry["log_level"], entry.get("calls")) for entry in logs] == [("error", None), ("warning", 5)]
    assert (sum(lost), calls(database)) == (5, 2)


def test_a_full_disk_is_not_asked_again_at_each_call(database, tmp_path, monkeypatch):
    monkeypatch.setattr(missed, "AGAIN_SECONDS", 600)
    (tmp_path / "usage").write_text("a file where the folder should be")
    recorder = UsageRecorder(database, tmp_path / "usage", lambda: MOMENT)
    recorder._stopping.set()

    recorder.record(finished())
    (tmp_path / "usage").unlink()
    recorder.record(finished())

    assert not (tmp_path / "usage").exists()


def test_it_is_known_how_long_usage_has_waited_for_the_database(database, new_recorder, tmp_path):
    recorder = new_recorder()
    earlier = Journal(tmp_path / "usage", lambda: MOMENT - 90)
    earlier.append(line_of(finished()))
    if left := earlier.take():
        left.release()

    waited = recorder.waits()
    recorder.flush()

    assert (waited, recorder.waits()) == (90, 0)


def test_what_is_old_is_summed_up_by_whoever_counts(database, new_recorder):
    recorder = new_recorder()
    recorder.record(finished(received_at=MOMENT - 50 * 3_600))
    recorder.flush()

    recorder.age()

    with database.read() as session:
        tables = [session.scalar(select(func.count()).select_from(each)) for each in (UsageMinute, UsageHour)]
    assert tables == [0, 1]


def test_a_process_that_is_killed_while_it_sums_up_loses_nothing_and_sums_nothing_twice(
    database, new_recorder, tmp_path
):
    writer = dedent(f"""\
        import os
        from pathlib import Path
        from gateway.store import recording, retention
        from gateway.store.database import Database
        from tests.fixtures.consuming import MOMENT

        retention.ROWS_AT_ONCE = 3
        database = Database({database.engine.url.render_as_string(hide_password=False)!r})
        recorder = recording.UsageRecorder(database, Path({str(tmp_path / "usage")!r}), lambda: MOMENT)
        os.write(1, b".")
        while True:
            recorder.age()
            os.write(1, b".")
        """)
    recorder = new_recorder()
    for number in range(2_000):
        recorder.record(finished(received_at=MOMENT - 50 * 3_600 + number, operation=f"GET /{number % 40}"))
    recorder.flush()
    left = [minutes(database)]
    while left[-1] and len(left) < 4:
        with subprocess.Popen([sys.executable, "-c", writer], cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.read(20)
            process.send_signal(signal.SIGKILL)
        left.append(minutes(database))
        with database.read() as session:
            assert session.scalar(select(func.sum(USED.c.calls))) == 2_000

    assert left == sorted(left, reverse=True)
    assert left[0] > left[-1], "it must have been summing up"


def minutes(database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(UsageMinute)) or 0


def test_a_line_has_whole_milliseconds_and_nothing_that_only_those_who_look_on_may_see():
    event = replace(finished(latency_ms=6.51), headers=Headers.of([("X-Own", "secret")]), peer="203.0.113.7")

    assert line_of(event) == line_of(replace(finished(request_id=event.event.request_id), latency_ms=7))
