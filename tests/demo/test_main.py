"""`make run` as a whole: started as a process, spoken to over HTTP, stopped as a person stops it."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from tests.house.sources import ROOT


def start(data, port: int) -> "subprocess.Popen[str]":
    environment = os.environ | {"GUICHET_DATA": str(data), "PORT": str(port), "HOST": "127.0.0.1"}
    return subprocess.Popen(
        [sys.executable, "-m", "demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_until_up(process: "subprocess.Popen[str]") -> str:
    printed = ""
    assert process.stdout
    for line in process.stdout:
        printed += line
        if line.strip().endswith("s)"):
            return printed
    raise AssertionError(printed)


def comes_to_nothing(group: int) -> bool:
    """Whether a group ends: a process closes its files a moment before it is gone."""
    until = time.monotonic() + 10
    while processes_of(group) and time.monotonic() < until:
        os.sched_yield()
    return not processes_of(group)


def processes_of(group: int) -> list[int]:
    """The processes of a group that still run; a zombie only waits for somebody to ask how it ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended while we looked
            # proc(5): pid (name) state parent group …; the name may hold anything.
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                found.append(int(path.parent.name))
    return found


def test_everything_starts_answers_stops_and_is_still_there_the_next_time(tmp_path, free_port):
    data = tmp_path / "var"
    process = start(data, free_port)
    printed = wait_until_up(process)
    told = json.loads((data / "demo.json").read_text(encoding="utf-8"))
    assert told["curl"] in printed
    assert list(told) == ["portal", "api", "token_endpoint", "client_id", "client_secret", "scope", "curl"]
    assert stat.S_IMODE((data / "demo.json").stat().st_mode) == 0o600
    with urllib.request.urlopen(f"{told['portal']}/healthz", timeout=10) as reply:
        assert json.loads(reply.read()) == {"status": "ok"}
    called = subprocess.run(["/bin/bash", "-c", told["curl"]], capture_output=True, text=True, timeout=30, check=True)
    assert json.loads(called.stdout)["total"] == 2

    with socket.create_connection(("127.0.0.1", free_port)) as kept_alive:
        kept_alive.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        kept_alive.recv(10_000)
        os.killpg(process.pid, signal.SIGINT)  # what Ctrl-C does
        last_words, _ = process.communicate(timeout=20)
    assert (process.returncode, last_words.strip()) == (0, "")
    assert comes_to_nothing(process.pid)

    again = start(data, free_port)
    wait_until_up(again)
    kept = json.loads((data / "demo.json").read_text(encoding="utf-8"))
    assert kept == told
    again.send_signal(signal.SIGINT)  # to the first process alone, as a supervisor would
    last_words, _ = again.communicate(timeout=20)
    assert (again.returncode, last_words.strip()) == (0, "")
    assert comes_to_nothing(again.pid)


def test_a_second_demonstration_on_the_same_data_is_refused_and_the_first_goes_on(tmp_path, free_port):
    data = tmp_path / "var"
    first = start(data, free_port)
    wait_until_up(first)
    told = json.loads((data / "demo.json").read_text(encoding="utf-8"))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        other_port = probe.getsockname()[1]

    second = start(data, other_port)
    printed, _ = second.communicate(timeout=30)
    plain, _ = start(data, free_port).communicate(timeout=30)
    beside, _ = start(tmp_path / "other", free_port).communicate(timeout=30)
    called = subprocess.run(["/bin/bash", "-c", told["curl"]], capture_output=True, text=True, timeout=30, check=True)
    wrong = told["curl"].replace(told["client_secret"], "wrong")
    refused = subprocess.run(["/bin/bash", "-c", wrong], capture_output=True, text=True, timeout=30, check=True)
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=20)

    assert second.returncode == 1
    assert len(printed.strip().splitlines()) == 1
    assert "GUICHET_DATA=" in printed
    # The same command once more is told what runs there, and only with other data that the port is taken.
    assert plain == printed
    assert f"Port {free_port} is in use" in beside
    assert json.loads(called.stdout)["total"] == 2
    # What the token endpoint said is shown, and is not sent on as if it were a token.
    assert json.loads(refused.stderr)["error"] == "invalid_client"
    assert json.loads(refused.stdout)["code"] == "no-credentials"


def test_a_port_in_use_is_said_in_one_line_and_nothing_is_left_running(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start(tmp_path / "var", taken.getsockname()[1])
        printed, _ = process.communicate(timeout=30)

    assert process.returncode == 1
    assert len(printed.strip().splitlines()) == 1
    assert "is in use" in printed
    assert not (tmp_path / "var" / "guichet.db").exists()


@pytest.mark.parametrize("lost", ["demo.json"])
def test_a_demonstration_that_lost_its_secret_says_how_to_begin_again(tmp_path, free_port, lost):
    data = tmp_path / "var"
    first = start(data, free_port)
    wait_until_up(first)
    first.terminate()
    first.communicate(timeout=20)
    (data / lost).unlink()

    second = start(data, free_port)
    printed, _ = second.communicate(timeout=30)

    assert second.returncode == 1
    assert "remove the folder to begin again" in printed


def test_killing_it_outright_leaves_no_service_behind(tmp_path, free_port):
    process = start(tmp_path / "var", free_port)
    wait_until_up(process)

    process.kill()
    process.wait(timeout=10)
    if process.stdout:
        process.stdout.read()  # ends when the last process that holds the pipe is gone
        process.stdout.close()

    assert comes_to_nothing(process.pid)
