import os
import socket
import urllib.request
from contextlib import suppress

import pytest

from demo import servers


def test_a_port_in_use_is_one_clear_sentence_in_each_language():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        with pytest.raises(servers.PortTaken) as refused:
            servers.require_free("127.0.0.1", port)

    told = str(refused.value)
    assert told.count("\n") == 0
    assert f"Port {port} of 127.0.0.1 cannot be used" in told
    assert f"Le port {port} de 127.0.0.1 ne peut pas être utilisé" in told


@pytest.mark.parametrize("port", ["0", "65536", "eighty", "-1", ""])
def test_what_is_no_port_is_refused(port):
    with pytest.raises(servers.PortTaken, match="is not a port number"):
        servers.require_free("127.0.0.1", port)


def test_a_free_port_is_let_pass(free_port):
    servers.require_free("127.0.0.1", str(free_port))


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
