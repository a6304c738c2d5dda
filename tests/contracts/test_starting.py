"""What gunicorn's master does by deploy/gunicorn.conf.py: load the code before there are workers, and have a keeper."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.store.database import Database
from gateway.store.migrating import migrate
from tests.calling import a_request, call
from tests.gunicorns import Gunicorn, running
from tests.waiting import eventually

COMPILED = "/sqlalchemy/engine/"
"""A part of what the workers use, which shows in a process that has loaded it."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Where a store that was just installed keeps its data."""
    folder = tmp_path / "var"
    folder.mkdir()
    migrate(Database(f"sqlite:///{folder}/guichet.db"))
    return folder


@pytest.fixture
def store(data: Path) -> Iterator[Gunicorn]:
    """It runs, with two workers."""
    environment = {"GUICHET_DATA": str(data)}
    with running("wsgi:app", "-c", "deploy/gunicorn.conf.py", "--workers", "2", environment=environment) as master:
        eventually(lambda: is_up(master))
        yield master


def is_up(master):
    try:
        return call(master.port, a_request("/healthz")).status == 200
    except OSError:
        return False


def about(pid, name):
    return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8")


def open_files(pid):
    return [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]


def test_the_code_is_loaded_once_and_nothing_is_opened_or_started_that_workers_would_share(store, data):
    master = store.process.pid

    assert COMPILED in about(master, "maps")
    assert len(list(Path(f"/proc/{master}/task").iterdir())) == 1
    assert not [path for path in open_files(master) if path.startswith(str(data))]
    assert len([path for path in open_files(master) if path.startswith("socket:")]) == 1


def test_no_process_leaves_its_memory_on_disk(store):
    for worker in store.workers():
        (line,) = [line for line in about(worker, "limits").splitlines() if line.startswith("Max core file size")]
        assert line.split()[4] == "0"


def test_the_place_of_a_killed_worker_is_taken_and_the_other_one_serves_meanwhile(store):
    killed, other = store.workers()

    os.kill(killed, signal.SIGKILL)
    assert call(store.port, a_request("/healthz")).status == 200
    eventually(lambda: len(set(store.workers()) - {killed, other}) == 1)
    os.kill(other, signal.SIGKILL)

    eventually(lambda: is_up(store))


def test_its_master_listens_and_it_does_not(store):
    pid = eventually(store.keeper)

    assert pid not in store.workers()
    eventually(lambda: [path for path in Path(f"/proc/{pid}/fd").iterdir() if "duty" in str(path.readlink())])
    assert not [path for path in Path(f"/proc/{pid}/fd").iterdir() if str(path.readlink()).startswith("socket:")]


def test_the_place_of_a_killed_keeper_is_taken_when_a_worker_begins(store):
    killed = eventually(store.keeper)

    os.kill(killed, signal.SIGKILL)
    eventually(lambda: store.keeper() is None)
    assert is_up(store)
    os.kill(store.workers()[0], signal.SIGKILL)

    assert eventually(store.keeper) != killed


def test_it_ends_with_the_store(store):
    pid = eventually(store.keeper)

    store.tell(signal.SIGTERM)

    assert store.ends() == 0
    assert not Path(f"/proc/{pid}").exists()
