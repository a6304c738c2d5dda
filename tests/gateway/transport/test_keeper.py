import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.store.database import Database
from gateway.store.migrating import migrate
from gateway.transport.keeper import Keeper
from tests.calling import a_request, call
from tests.gunicorns import Gunicorn, running
from tests.waiting import eventually


class Kept:
    """Notes in a file what the keeper's process does."""

    def __init__(self, notes: Path) -> None:
        self.notes = notes

    def note(self, what: str) -> None:
        with self.notes.open("a") as notes:
            notes.write(what + "\n")

    def start(self) -> None:
        self.note("started")

    def look(self) -> None:
        self.note("looked")

    def stop(self) -> None:
        self.note("stopped")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "notes"
    path.touch()
    return path


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    made = Keeper()
    yield made
    made.end()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Gunicorn]:
    folder = tmp_path / "var"
    folder.mkdir()
    migrate(Database(f"sqlite:///{folder}/guichet.db"))
    environment = {"GUICHET_DATA": str(folder)}
    with running("wsgi:app", "-c", "deploy/gunicorn.conf.py", "--workers", "1", environment=environment) as master:
        eventually(lambda: answers(master))
        yield master


def answers(master):
    try:
        return call(master.port, a_request("/healthz")).status == 200
    except OSError:
        return False


def test_it_keeps_until_it_is_told_to_end_and_is_waited_for(keeper, notes):
    keeper.begin((), lambda: Kept(notes))
    eventually(lambda: "looked" in notes.read_text())

    keeper.end()

    told = notes.read_text().split()
    assert (told[0], told[-1]) == ("started", "stopped")
    assert not keeper.lives()


def test_there_is_one_and_another_when_it_was_killed(keeper, notes):
    for _ in range(2):
        keeper.begin((), lambda: Kept(notes))
    eventually(lambda: "looked" in notes.read_text())
    assert notes.read_text().count("started") == 1

    os.kill(keeper._process, signal.SIGKILL)
    eventually(lambda: not keeper.lives())
    keeper.begin((), lambda: Kept(notes))

    eventually(lambda: notes.read_text().count("started") == 2)


def test_it_ends_when_its_master_does(tmp_path, notes):
    master = os.fork()
    if not master:
        Keeper().begin((), lambda: Kept(notes))
        eventually(lambda: "looked" in notes.read_text())
        os._exit(0)
    os.waitpid(master, 0)

    eventually(lambda: notes.read_text().endswith("stopped\n"))


def test_what_cannot_be_built_is_said_by_the_workers(keeper, capfd):
    def refuse():
        raise SystemExit(3)

    keeper.begin((), refuse)

    eventually(lambda: not keeper.lives())
    assert capfd.readouterr() == ("", "")


def test_its_master_listens_and_it_does_not(store):
    pid = eventually(store.keeper)

    assert pid not in store.workers()
    eventually(lambda: [path for path in Path(f"/proc/{pid}/fd").iterdir() if "duty" in str(path.readlink())])
    assert not [path for path in Path(f"/proc/{pid}/fd").iterdir() if str(path.readlink()).startswith("socket:")]


def test_the_place_of_a_killed_keeper_is_taken_when_a_worker_begins(store):
    killed = eventually(store.keeper)

    os.kill(killed, signal.SIGKILL)
    eventually(lambda: store.keeper() is None)
    assert answers(store)
    os.kill(store.worker(), signal.SIGKILL)

    assert eventually(store.keeper) != killed


def test_it_ends_with_the_store(store):
    pid = eventually(store.keeper)

    store.tell(signal.SIGTERM)

    assert store.ends() == 0
    assert not Path(f"/proc/{pid}").exists()
