import os

from bench import relay
from bench.processes import python, running, wait_for
from demo.servers import free_port
from tests.calling import a_request, ask
from tests.loopback import answering, serving
from tests.wire.client import Client

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_bytes_pass_both_ways_as_they_are(tmp_path):
    port, log, cores = free_port(), tmp_path / "log", tuple(os.sched_getaffinity(0))
    with serving(answering(OK, OK)) as service:
        command = python(relay.__name__, str(port), str(service.port))
        with running(command, cores, log) as pid:
            wait_for(port, pid, log)
            with Client(port) as client:
                bodies = [ask(client, a_request("/a")).body, ask(client, a_request("/b")).body]

    assert bodies == [b"ok", b"ok"]
    assert service.requests[-1].startswith(b"GET /b HTTP/1.1\r\n")
