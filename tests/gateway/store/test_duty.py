import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from threading import Event, Thread

import pytest
from sqlalchemy import func, select

from gateway.store import recording
from gateway.store.database import Database
from gateway.store.duty import Duty
from gateway.store.journal import Journal
from gateway.store.recording import UsageRecorder
from gateway.store.usage import UsageMinute
from tests.fixtures.consuming import MOMENT, finished
from tests.house.sources import ROOT
from tests.waiting import eventually


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "duty"


@pytest.fixture
def recorder(database: Database, path: Path) -> Iterator[UsageRecorder]:
    """It has the duty at `path`, when nobody else has it."""
    made = UsageRecorder(database, path.parent / "usage", lambda: MOMENT)
    yield made
    made.close()


def calls(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.sum(UsageMinute.calls))) or 0


def is_on(duty: Duty) -> bool:
    with duty.taken() as is_ours:
        return is_ours


def test_one_process_has_it_and_the_next_when_it_is_done(path):
    one, other = Duty(path), Duty(path)

    with one.taken() as first, other.taken() as second:
        assert (first, second) == (True, False)

    assert is_on(other)


def test_the_threads_of_a_process_have_it_together(path):
    ours, other = Duty(path), Duty(path)

    with ours.taken() as first:
        with ours.taken() as second:
            pass
        assert (first, second, is_on(other)) == (True, True, False)

    assert is_on(other)


def test_who_keeps_it_has_it_between_one_piece_of_work_and_the_next(path):
    keeper, other = Duty(path), Duty(path)

    with other.taken():
        assert not keeper.keep()
    assert keeper.keep()
    assert is_on(keeper)

    assert not is_on(other)


def test_who_is_killed_has_it_no_more(path):
    holds = f"""
        from pathlib import Path
        from gateway.store.duty import Duty
        with Duty(Path({str(path)!r})).taken() as is_ours:
            print(is_ours, flush=True)
            input()
    """
    with subprocess.Popen(
        [sys.executable, "-c", dedent(holds)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert not is_on(Duty(path))
        holder.send_signal(signal.SIGKILL)

    eventually(lambda: is_on(Duty(path)))


def test_a_fork_leaves_it_to_the_parent(path):
    duty = Duty(path)

    with duty.taken():
        child = os.fork()
        if not child:
            os._exit(is_on(duty))
        _, status = os.waitpid(child, 0)

        assert os.waitstatus_to_exitcode(status) == 0
        assert not is_on(Duty(path))


def test_whoever_is_on_duty_counts_for_all_and_another_when_it_has_left(recorder, database, path, monkeypatch):
    monkeypatch.setattr(recording, "_EVERY_SECONDS", 0.01)
    looks = Event()

    with Duty(path).taken():
        recorder.record(finished())
        eventually(recorder._journal.left)
        monkeypatch.setattr(recorder._journal, "hand_on", looks.set)
        assert looks.wait(10)
        assert calls(database) == 0

    eventually(lambda: calls(database) == 1)


def test_a_page_waits_for_what_another_process_is_just_counting(recorder, path):
    recorder.record(finished())
    recorder._journal.hand_on()
    (counted_elsewhere,) = Journal(path.parent / "usage", lambda: MOMENT).orphans()
    page = Thread(target=recorder.flush)

    page.start()
    page.join(0.05)
    assert page.is_alive()
    counted_elsewhere.delete()
    page.join(10)

    assert not page.is_alive()
