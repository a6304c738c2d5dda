import os
import subprocess
import sys

from gateway.store.bell import Bell
from tests.house.sources import ROOT

RING = "import sys; from pathlib import Path; from gateway.store.bell import Bell; Bell(Path(sys.argv[1])).ring()"


def test_each_ringing_is_another_number():
    bell = Bell()
    heard = [bell.rung()]
    for _ in range(100):
        bell.ring()
        heard.append(bell.rung())

    assert len(set(heard)) == 101


def test_another_process_is_heard(tmp_path):
    bell = Bell(tmp_path / "bell")
    before = bell.rung()
    subprocess.run([sys.executable, "-c", RING, str(tmp_path / "bell")], cwd=ROOT, check=True)

    assert bell.rung() != before


def test_it_is_heard_across_a_fork_by_both(tmp_path):
    bell = Bell(tmp_path / "bell")
    before = bell.rung()  # opened before the fork
    child = os.fork()
    if child == 0:
        bell.ring()
        os._exit(0)
    os.waitpid(child, 0)

    assert bell.rung() != before


def test_a_bell_without_a_file_rings_for_this_process_only(tmp_path):
    one, other = Bell(), Bell()
    before = other.rung()
    one.ring()

    assert other.rung() == before


def test_a_file_that_is_not_there_yet_is_made_for_its_owner_only(tmp_path):
    Bell(tmp_path / "bell").ring()

    assert (tmp_path / "bell").stat().st_mode & 0o777 == 0o600
    assert Bell(tmp_path / "bell").rung() != 0


def test_whoever_has_it_open_survives_that_the_file_goes_missing(tmp_path):
    bell = Bell(tmp_path / "bell")
    bell.ring()
    (tmp_path / "bell").unlink()
    before = bell.rung()
    bell.ring()

    assert bell.rung() != before
