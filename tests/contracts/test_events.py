"""Server-sent events arrive one by one, whichever lane carries them and however the service frames them."""

import threading

import pytest

from tests.calling import WEATHER, a_request, say
from tests.fixtures.lanes import LANES, gunicorn
from tests.loopback import reachable
from tests.wire.client import Client

FRAMINGS = {
    "chunked": ("Transfer-Encoding: chunked", lambda event: b"%x\r\n%b\r\n" % (len(event), event), b"0\r\n\r\n"),
    "until-the-end": ("Connection: close", lambda event: event, b""),
    "sized": ("Content-Length: 27", lambda event: event, b""),
}
EVENTS = [b"data: %d\n\n" % number for number in range(3)]


class Service:
    """Writes the next event when the one before has arrived."""

    port = 0

    def __init__(self, framing):
        self.field, self.framed, self.end = FRAMINGS[framing]
        self.gate = threading.Event()
        self.arrived = threading.Semaphore(0)

    def __call__(self, line):
        line.read_head()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{self.field}\r\n\r\n"
        line.write(head.encode())
        for event in EVENTS:
            line.write(self.framed(event))
            self.arrived.acquire(timeout=30)
        line.write(self.end)


@pytest.fixture(params=FRAMINGS)
def service(request):
    behaviour = Service(request.param)
    with reachable(behaviour, behaviour.gate):
        yield behaviour
        behaviour.arrived.release(len(EVENTS))


@pytest.mark.parametrize("worker_class", LANES.values(), ids=LANES)
def test_an_event_arrives_before_the_next_is_written(service, tmp_path, worker_class):
    with gunicorn(worker_class, service.port, tmp_path) as master, Client(master.port) as client:
        say(client, a_request(f"{WEATHER}/events"))
        head = client._until(b"\r\n\r\n")
        for event in EVENTS:
            client._until(event)
            service.arrived.release()

    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"text/event-stream" in head
