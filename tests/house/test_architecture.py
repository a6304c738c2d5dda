"""The import contracts hold, and refuse what they were made to refuse."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT

PACKAGES = ("gateway", "openapi", "portal", "plugins")

DIRECTION = "Four packages, one direction"
DOWNWARDS = "Inside the gateway, downwards only"
PURE = "The decision does no IO and keeps no clock"
LIBRARY = "The OpenAPI library knows no web framework and no database"
CIRCLES = "No circles anywhere"
SETTINGS = "Settings are read at the top and handed down"

# A file that somebody might write one day, what it would say, and the contract that forbids it.
VIOLATIONS = [
    ("gateway/pipeline/planted.py", "import time", PURE),
    ("gateway/http/planted.py", "import socket", PURE),
    ("gateway/pipeline/planted.py", "import gateway.store.database", DOWNWARDS),
    ("gateway/store/planted.py", "import gateway.services.actor", DOWNWARDS),
    ("gateway/management/planted.py", "import gateway.oauth", DOWNWARDS),
    ("gateway/misc/__init__.py", "", DOWNWARDS),
    ("gateway/services/planted.py", "from plugins import BUILT_IN", DIRECTION),
    ("portal/planted.py", "from plugins import BUILT_IN", DIRECTION),
    ("openapi/planted.py", "import gateway.words", DIRECTION),
    ("openapi/planted.py", "import flask", LIBRARY),
    ("gateway/services/planted.py", "import gateway.settings", SETTINGS),
]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The packages, where something may be planted in them."""
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "static", "templates", "locales")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(folder: Path) -> tuple[int, set[str]]:
    """The exit code of import-linter, and the contracts that it says are broken."""
    code = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as run; run()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (done.stdout + done.stderr).splitlines()
    return done.returncode, {
        line.strip().removesuffix(" BROKEN") for line in lines if line.rstrip().endswith(" BROKEN")
    }


def test_the_tree_as_it_stands_keeps_every_contract(copied):
    assert lint_imports(copied) == (0, set())


@pytest.mark.parametrize(("file", "text", "contract"), VIOLATIONS)
def test_a_deliberate_violation_is_refused(copied, file, text, contract):
    planted = copied / file
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(text)

    code, broken = lint_imports(copied)

    assert code == 1
    assert contract in broken


def test_a_circle_is_refused(copied):
    (copied / "gateway/domain/planted.py").write_text("import gateway.domain.grown")
    (copied / "gateway/domain/grown.py").write_text("import gateway.domain.planted")

    code, broken = lint_imports(copied)

    assert code == 1
    assert broken == {CIRCLES}
