"""A service that answers as it is asked to, and lanes before it."""

import threading
from contextlib import ExitStack

import pytest

from tests.builders import KeptRecords
from tests.fastlane import fast_lane
from tests.lane import make_lane
from tests.loopback import reachable

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HUGE = 2 * 1024 * 1024


class Service:
    """Reads bodies, and answers.

    "/late" waits, "/big" is 64 KiB, "/huge" is 2 MiB, "/long" never ends, "/early" does not read.
    """

    port = 0
    big = 0

    def __init__(self):
        self.late = threading.Event()
        self.hung_up = threading.Semaphore(0)

    def __call__(self, line):
        try:
            while head := line.read_head():
                self.answer(line, head)
        finally:
            self.hung_up.release()

    def answer(self, line, head):
        if b"Transfer-Encoding" in head:
            line.read_until(b"0\r\n\r\n")
        elif b"Content-Length: " in head and b"/early" not in head:
            line.read(int(head.partition(b"Content-Length: ")[2].split()[0]))
        if b"/late" in head:
            self.late.wait(30)
        if b"/long" in head:
            line.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                line.write(b"10000\r\n" + bytes(65536) + b"\r\n")
        if b"/big" in head or b"/early" in head:
            self.big += 1
            line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + bytes(65536))
        elif b"/huge" in head:
            line.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % HUGE + bytes(HUGE))
        else:
            line.write(OK)


@pytest.fixture
def service():
    behaviour = Service()
    with reachable(behaviour, behaviour.late):
        yield behaviour


@pytest.fixture
def records():
    return KeptRecords()


@pytest.fixture
def serve(service, records, tmp_path):
    """Starts a lane with these parameters."""
    with ExitStack() as stack:
        app = make_lane(service.port, tmp_path, records, most=100_000_000)
        yield lambda **given: stack.enter_context(fast_lane(app, **given))
        service.late.set()
    for opened in app.extensions["to be closed"]:
        opened.close()
