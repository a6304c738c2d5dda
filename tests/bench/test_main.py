"""A whole run with what our own requirements bring: no nginx, no HAProxy, no wrk; and no figure is judged."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH with nothing on it but what every Debian has and the bench runs."""
    for program in ("taskset", "nice", "git"):
        if found := shutil.which(program):
            (tmp_path / program).symlink_to(found)
    return str(tmp_path)


def bench(path: str, arguments: str) -> "subprocess.CompletedProcess[str]":
    """`python -m bench …` with this PATH."""
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments.split()],
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_a_quick_run_works_without_any_debian_package_and_says_what_is_missing(bare_path):
    done = bench(bare_path, "--quick --markdown --worker gthread --only nginx haproxy ours -- half idle bulk")

    assert done.returncode == 0, done.stderr
    assert "- nginx: nginx is not installed: apt-get install" in done.stdout
    assert "- haproxy: haproxy is not installed: apt-get install" in done.stdout
    assert "wrk is not installed" in done.stdout
    assert "| Half of its capacity | added p99 ms | ours |" in done.stdout
    assert "| Connexions inactives | Kio chacune | nous |" in done.stdout
    assert "| One big body | MiB/s up | ours |" in done.stdout


def test_a_worker_class_that_does_not_exist_leaves_the_others_running(bare_path):
    done = bench(bare_path, "--quick --worker gateway.none.Worker --only ours -- json")

    assert done.returncode == 0, done.stderr
    assert "- ours: there is no worker class gateway.none.Worker" in done.stdout
    assert "| 424-byte JSON | calls/s | the upstream, directly |" in done.stdout


def test_an_unknown_scenario_is_refused(bare_path):
    done = bench(bare_path, "no-such-scenario")

    assert done.returncode == 2
    assert "no such scenario: no-such-scenario (there are json, " in done.stderr
