import os
import sys

import pytest

from bench.processes import Failed, ask, memory, running, wait_for

CORES = tuple(os.sched_getaffinity(0))


def test_what_runs_is_ended_also_when_the_block_breaks(tmp_path):
    with (
        pytest.raises(KeyboardInterrupt),
        running([sys.executable, "-c", "input()"], CORES, tmp_path / "log") as pid,
    ):
        raise KeyboardInterrupt

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_what_ends_before_it_listens_is_told_with_its_last_words(tmp_path, free_port):
    log = tmp_path / "log"
    with (
        running([sys.executable, "-c", "raise SystemExit('no such file')"], CORES, log) as pid,
        pytest.raises(Failed, match=f"nothing listens on port {free_port}: no such file"),
    ):
        wait_for(free_port, pid, log)


def test_a_command_that_takes_too_long_is_ended():
    with pytest.raises(Failed, match="took longer"):
        ask([sys.executable, "-c", "import time; time.sleep(60)"], CORES, 0.1)


def test_a_command_that_fails_is_told_with_its_last_words():
    with pytest.raises(Failed, match="out of luck"):
        ask([sys.executable, "-c", "raise SystemExit('out of luck')"], CORES, 20)


def test_the_memory_of_a_process_is_some():
    assert memory(os.getpid()) > 1_000
