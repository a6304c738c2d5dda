"""What was compiled is used only where it fits. Here files stand in for a build; test_compiling.py makes one."""

import hashlib
import json
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES

import pytest

from gateway.compiled import BUILDS, LISTED, choose, folder
from tests.house.sources import ROOT


@pytest.fixture
def tree(tmp_path):
    """Sources of a kind, which nobody compiled yet."""
    (tmp_path / "gateway" / "http").mkdir(parents=True)
    (tmp_path / "gateway" / "http" / "wire.py").write_text("A = 1\n")
    (tmp_path / "requirements.txt").write_text("flask==3\n")
    return tmp_path


@pytest.fixture
def built(tree):
    """The same, compiled."""
    content = b"\x7fELF"
    made = folder(tree)
    made.mkdir(parents=True)
    (made / f"gateway.http.wire{EXTENSION_SUFFIXES[0]}").write_bytes(content)
    (made / LISTED).write_text(json.dumps({"gateway.http.wire": hashlib.sha256(content).hexdigest()}))
    return made


def test_what_was_compiled_of_these_sources_is_used(tree, built):
    choice = choose(tree, "on")

    assert choice.files == {"gateway.http.wire": built / f"gateway.http.wire{EXTENSION_SUFFIXES[0]}"}
    assert choice.told == f"compiled code runs, from {built}"


def test_plain_python_runs_where_nothing_was_compiled(tree):
    assert choose(tree, "on").told == ""


@pytest.mark.usefixtures("built")
def test_it_can_be_turned_off(tree):
    choice = choose(tree, "off")

    assert not choice.files
    assert choice.told == "plain Python runs: GUICHET_COMPILED is off"


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("file", "content"),
    [("gateway/http/wire.py", "A = 2\n"), ("gateway/http/more.py", "B = 1\n"), ("requirements.txt", "flask==4\n")],
)
def test_what_was_compiled_of_other_sources_is_never_loaded(tree, file, content):
    (tree / file).write_text(content)

    choice = choose(tree, "on")

    assert not choice.files
    assert "of other sources" in choice.told


def test_what_was_compiled_for_another_python_or_machine_is_never_loaded(tree, built, tmp_path):
    program = (
        "import sys, importlib.machinery as m; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "if sys.argv[3] == 'python': sys.version = '3.99.0'\n"
        "if sys.argv[3] == 'machine': m.EXTENSION_SUFFIXES[0] = '.cpython-311-riscv64-linux-gnu.so'\n"
        "from gateway.compiled import choose; print(len(choose(Path(sys.argv[2]), 'on').files))"
    )

    def chosen(another):
        command = [sys.executable, "-c", program, str(ROOT), str(tree), another]
        return int(subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout)

    assert [chosen(another) for another in ("", "python", "machine")] == [1, 0, 0]


@pytest.mark.parametrize("harm", ["cut short", "removed"])
def test_half_a_build_is_never_loaded(tree, built, harm):
    file = built / f"gateway.http.wire{EXTENSION_SUFFIXES[0]}"
    if harm == "removed":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-1])

    assert not choose(tree, "on").files


def test_where_only_another_build_is_left_it_is_told(tree, built):
    shutil.rmtree(built)

    assert (tree / BUILDS).is_dir()
    assert "of other sources" in choose(tree, "on").told
