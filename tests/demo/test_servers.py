import os
import socket
import subprocess
import sys
import urllib.request
from contextlib import suppress

import pytest

from demo import servers


def test_a_port_in_use_is_one_clear_sentence_in_each_language():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(servers.PortTaken) as refused:
            servers.require_free("127.0.0.1", port)

    told = str(refused.value)
    assert told.count("\n") == 0
    assert f"Port {port} is in use; choose" in told
    assert f"Le port {port} est déjà utilisé; choisissez" in told


def test_an_address_that_is_not_this_machines_is_told_in_our_words():
    with pytest.raises(servers.PortTaken, match=r"Port 8000 of 192\.0\.2\.1 cannot be used"):
        servers.require_free("192.0.2.1", 8000)


@pytest.mark.parametrize("port", ["0", "65536", "70000", "eighty", "-1", "", "٨٠٠٠", "9" * 5_000])
def test_what_is_no_port_is_refused(port):
    with pytest.raises(servers.PortTaken, match="is not a port number"):
        servers.port_number(port)


@pytest.mark.parametrize("port", ["abc", "0", "70000"])
def test_a_demonstration_that_is_given_no_port_says_so_and_nothing_else(port, tmp_path):
    environment = {"PATH": os.environ["PATH"], "PORT": port, "GUICHET_DATA": str(tmp_path / "data")}

    told = subprocess.run([sys.executable, "-m", "demo"], env=environment, capture_output=True, text=True, check=False)

    assert told.returncode == 1
    assert told.stderr.startswith(f"PORT={port} is not a port number")
    assert told.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_a_free_port_is_let_pass(free_port):
    servers.require_free("127.0.0.1", free_port)


def test_data_is_held_by_one_demonstration_and_a_new_folder_is_made(tmp_path):
    data = tmp_path / "not" / "there"
    held = servers.hold(data)

    with pytest.raises(servers.FolderTaken, match="GUICHET_DATA=") as taken:
        servers.hold(data)
    os.close(held)

    assert " / " in str(taken.value)
    os.close(servers.hold(data))


def test_a_service_listens_when_it_is_started_and_is_gone_when_it_is_stopped():
    service = servers.start("demo.air_quality", 0)
    with urllib.request.urlopen(f"http://127.0.0.1:{service.port}/stations", timeout=10) as reply:
        assert reply.status == 200

    servers.stop([service])

    assert service.process.returncode is not None


def test_a_service_takes_another_port_when_its_own_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = taken.getsockname()[1]
        service = servers.start("demo.ferries", wanted)

    assert service.port not in {0, wanted}
    servers.stop([service])


def test_what_was_started_is_stopped_whatever_happens_meanwhile():
    service = servers.start("demo.ferries", 0)

    with suppress(KeyboardInterrupt), servers.stopped_afterwards([service]):
        raise KeyboardInterrupt

    assert service.process.returncode is not None
