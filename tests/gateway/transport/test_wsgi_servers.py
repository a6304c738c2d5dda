"""The plain lane behind real servers: what gunicorn and werkzeug make of bytes must not differ from what we promise."""

import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from tests.builders import KeptRecords
from tests.lane import KEY, MOST, make_lane
from tests.loopback import serving

ROOT = Path(__file__).parents[3]
EVENTS = {"hung up": threading.Event(), "go on": threading.Event()}


def the_service(line):
    """A department's service: what it does is in the last segment of the path."""
    while head := line.read_head():
        name = head.split(b" ")[1].rsplit(b"/", 1)[-1].partition(b"?")[0].decode()
        if BEHAVIOURS.get(name, echo_nothing)(line, head) is False:
            return


def echo_nothing(line, head):
    line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: secret\r\n\r\n")
    if not head.startswith(b"HEAD"):
        line.write(b"ok")


def echo(line, head):
    length = re.search(rb"Content-Length: (\d+)", head)
    content = line.read(int(length[1])) if length else line.read_until(b"0\r\n\r\n")
    line.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content))


def stream(line, head):
    line.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
    assert EVENTS["go on"].wait(5)
    line.write(b"4\r\nlast\r\n0\r\n\r\n")


def break_off(line, head):
    line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    return False


def break_off_chunked(line, head):
    line.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
    return False


def endless(line, head):
    line.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    try:
        while True:
            line.write(b"10000\r\n" + bytes(65536) + b"\r\n")
    except OSError:
        EVENTS["hung up"].set()
        return False


def status(code):
    def behave(line, head):
        line.write(b"HTTP/1.1 %d X\r\nETag: x\r\n\r\n" % code)

    return behave


BEHAVIOURS = {
    "echo": echo,
    "stream": stream,
    "break-off": break_off,
    "break-off-chunked": break_off_chunked,
    "endless": endless,
    "204": status(204),
    "304": status(304),
}


@pytest.fixture(scope="module")
def service():
    with serving(the_service) as server:
        yield server


def by_werkzeug(service, folder):
    app = make_lane(service.port, folder, KeptRecords())
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.port
    server.shutdown()
    thread.join()
    server.server_close()
    for opened in app.extensions["to be closed"]:
        opened.close()


def by_gunicorn(service, folder):
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--threads", "4", "--no-control-socket"]
    environment = os.environ | {"LANE_UPSTREAM": str(service.port), "LANE_FOLDER": str(folder)}
    with subprocess.Popen(
        [*command, "tests.lane:lane_of_the_environment()"], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        found = None
        while not found:
            said = process.stderr.readline()
            assert said, "gunicorn did not start"
            found = re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", said)
        drain = threading.Thread(target=process.stderr.read)
        drain.start()
        yield int(found[1])
        process.terminate()
        drain.join()
        process.wait()


@pytest.fixture(scope="module", params=[by_werkzeug, by_gunicorn], ids=["werkzeug", "gunicorn"])
def port(request, service, tmp_path_factory):
    yield from request.param(service, tmp_path_factory.mktemp("lane"))


class Client:
    """Sends bytes, reads bytes."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, line, *fields, body=b"", host=b"Host: guichet.example.ca"):
        key = b"X-API-Key: " + KEY.encode()
        lines = [line + b" HTTP/1.1", *([host] if host else []), key, b"Connection: close", *fields]
        self.socket.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    def hear(self):
        """Everything until the server hangs up."""
        heard = b""
        while piece := self.socket.recv(65536):
            heard += piece
        return heard

    def hear_until(self, mark):
        heard = b""
        while mark not in heard:
            piece = self.socket.recv(65536)
            assert piece, heard
            heard += piece
        return heard


def ask(port, line, *fields, **given):
    with Client(port) as client:
        client.say(line, *fields, **given)
        head, _, content = client.hear().partition(b"\r\n\r\n")
    return int(head.split()[1]), head, content


def test_the_portal_answers_beside_the_api(port):
    assert ask(port, b"GET /")[2] == b"the portal"


@pytest.mark.parametrize(
    "target", [b"/a%2Fb", b"/a;b=c?x=%2F&&y=+", b"/a%2eb?", b"/%C3%A9", b"/a+b?q=%zz", b"/x?/api/../..", b"/a%20b"]
)
def test_path_and_query_arrive_byte_for_byte(port, service, target):
    assert ask(port, b"GET /api/weather/v1" + target)[0] == 200

    assert service.requests[-1].split(b"\r\n")[0] == b"GET " + target + b" HTTP/1.1"


@pytest.mark.parametrize("target", [b"/api/weather/v1/..", b"/api/weather/v1/%2e%2E/x", b"/api/../api/weather/v1/x"])
def test_dot_segments_are_refused_and_never_resolved(port, target):
    got, _, content = ask(port, b"GET " + target)

    assert got == 400
    assert b"ambiguous-path" in content


def test_double_slashes_are_not_merged(port):
    assert ask(port, b"GET /api/weather/v1//x")[0] == 404


def test_an_absolute_target_is_read_as_one(port, service):
    assert ask(port, b"GET http://other.example/api/weather/v1/absolute?x")[0] == 200

    assert b"X-Forwarded-Host: other.example" in service.requests[-1]


@pytest.mark.parametrize("host", [b"", b"Host: a b", b"Host: a.ca\r\nHost: b.ca", b"Host: a.ca,b.ca", b"Host:"])
def test_there_must_be_one_valid_host(port, host):
    assert ask(port, b"GET /api/weather/v1/x", host=host)[0] == 400


def test_an_underscored_name_does_not_become_a_hyphenated_one(port, service):
    ask(port, b"GET /api/weather/v1/x", b"X_Own: lie", b"X-Own: truth")

    assert b"X-Own: truth" in service.requests[-1]
    assert b"lie" not in service.requests[-1]


def test_a_head_has_the_length_and_no_body(port):
    got, head, content = ask(port, b"HEAD /api/weather/v1/x")

    assert (got, content) == (200, b"")
    assert b"Content-Length: 2" in head


def test_a_refused_head_has_no_body_either(port):
    got, _, content = ask(port, b"HEAD /api/nothing/v1/x")

    assert (got, content) == (404, b"")


@pytest.mark.parametrize("code", [204, 304])
def test_a_bodiless_status_has_no_body_and_no_framing(port, code):
    got, head, content = ask(port, b"GET /api/weather/v1/%d" % code)

    assert (got, content) == (code, b"")
    assert b"Transfer-Encoding" not in head


def test_date_comes_once_and_the_services_server_does_not(port):
    _, head, _ = ask(port, b"GET /api/weather/v1/x")

    assert head.count(b"\r\nDate: ") == 1
    assert b"secret" not in head


def test_the_first_byte_arrives_before_the_last_was_sent(port):
    EVENTS["go on"].clear()
    with Client(port) as client:
        client.say(b"GET /api/weather/v1/stream")
        early = client.hear_until(b"first")
        EVENTS["go on"].set()
        late = client.hear()

    assert b"last" not in early
    assert b"last" in late


@pytest.mark.parametrize("name", [b"break-off", b"break-off-chunked"])
def test_a_service_that_breaks_off_never_looks_like_a_clean_end(port, name):
    _, head, content = ask(port, b"GET /api/weather/v1/" + name)

    assert content.endswith((b"half", b"half\r\n"))
    assert b"Content-Length: 100" in head or not content.endswith(b"0\r\n\r\n")


def test_a_client_that_leaves_ends_the_call_to_the_service(port):
    EVENTS["hung up"].clear()
    with Client(port) as client:
        client.say(b"GET /api/weather/v1/endless")
        client.hear_until(bytes(1000))

    assert EVENTS["hung up"].wait(10)


def test_a_body_with_a_length_arrives_whole(port):
    content = bytes(range(256)) * 400

    assert ask(port, b"POST /api/weather/v1/echo", b"Content-Length: %d" % len(content), body=content)[2] == content


def test_a_chunked_body_arrives_chunked(port):
    chunks = b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"

    _, _, content = ask(port, b"POST /api/weather/v1/echo", b"Transfer-Encoding: chunked", body=chunks)

    assert b"".join(content.split(b"\r\n")[1::2]) == b"hello world"
    assert content.endswith(b"0\r\n\r\n")


def test_a_chunked_body_that_grows_too_large_is_stopped_on_its_way(port):
    chunk = b"10000\r\n" + bytes(65536) + b"\r\n"
    body = chunk * (MOST // 65536 + 2) + b"0\r\n\r\n"

    with Client(port) as client:
        client.say(b"POST /api/weather/v1/echo", b"Transfer-Encoding: chunked", body=body)
        heard = client.hear_until(b"body-too-large")

    assert heard.split()[1] == b"413"


def test_two_framings_at_once_are_refused(port):
    fields = (b"Content-Length: 5", b"Transfer-Encoding: chunked")

    assert ask(port, b"POST /api/weather/v1/echo", *fields, body=b"0\r\n\r\n")[0] == 400


def test_a_body_that_ends_early_reaches_nobody_as_a_whole_one(port, service):
    with Client(port) as client:
        client.say(b"POST /api/weather/v1/echo", b"Content-Length: 10", body=b"half")
        client.socket.shutdown(socket.SHUT_WR)
        heard = client.hear()

    assert not heard or heard.split()[1] == b"400"


@pytest.mark.parametrize("field", [b"X-Own: a\0b", b"X Own: a", b"X-Own : a"])
def test_a_field_that_is_not_valid_reaches_nobody(port, service, field):
    got, _, _ = ask(port, b"GET /api/weather/v1/x", field)

    assert got == 400 or b"Own" not in service.requests[-1]  # gunicorn refuses; werkzeug's parser drops it
