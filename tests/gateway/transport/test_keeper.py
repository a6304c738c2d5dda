import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.transport.keeper import Keeper
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
