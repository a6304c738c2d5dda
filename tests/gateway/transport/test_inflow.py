"""The file that a page reads its request's body from, with a loop on the other side."""

import asyncio
import threading

import pytest
from werkzeug.exceptions import ClientDisconnected, RequestTimeout

from gateway.http.pipe import Pipe
from gateway.pipeline.refusals import CLIENT_LEFT, TOO_SLOW, Refusal
from gateway.transport.inflow import Inflow
from tests.waiting import eventually

LINES = b"one\ntwo\nthree"


class Source:
    """Pushes a body in pieces, as long as it is not held back."""

    def __init__(self, loop, pieces, failure=None):
        self.pipe = Pipe(self)
        self.pieces = list(pieces)
        self.failure = failure
        self.loop = loop
        self.is_held_back = True
        self.most_pushed = 0
        self.asked = 0
        self.given_up = threading.Event()

    def wanted(self):
        self.asked += 1
        self.resume_body()

    def pause_body(self):
        self.is_held_back = True

    def resume_body(self):
        self.is_held_back = False
        self.loop.call_soon(self.push)

    def unwanted(self):
        self.given_up.set()

    def push(self):
        if self.is_held_back:
            return
        if self.pieces:
            self.pipe.write(self.pieces.pop(0))
            self.loop.call_soon(self.push)
        elif self.failure:
            self.pipe.fail(self.failure)
        else:
            self.pipe.end()


@pytest.fixture
def loop():
    running = asyncio.new_event_loop()
    thread = threading.Thread(target=running.run_forever)
    thread.start()
    yield running
    running.call_soon_threadsafe(running.stop)
    thread.join()
    running.close()


def test_nothing_is_asked_for_before_somebody_reads(loop):
    source = Source(loop, [b"abc"])
    inflow = Inflow(loop, source.pipe)
    assert source.asked == 0

    assert inflow.read() == b"abc"
    assert source.asked == 1


def test_a_request_without_a_body_is_an_empty_file(loop):
    inflow = Inflow(loop, None)

    assert (inflow.read(), inflow.read(5), inflow.readline(), list(inflow)) == (b"", b"", b"", [])


def test_it_reads_as_a_file_does(loop):
    def opened():
        return Inflow(loop, Source(loop, [b"one\ntw", b"o\n", b"three"]).pipe)

    by_threes = opened()
    assert b"".join(iter(lambda: by_threes.read(3), b"")) == LINES
    assert opened().read() == LINES
    assert list(opened()) == opened().readlines() == [b"one\n", b"two\n", b"three"]
    some = opened()
    assert [some.readline(2), some.readline(), some.readline(100), some.read(0)] == [b"on", b"e\n", b"two\n", b""]


def test_a_slow_reader_holds_the_source_back(loop):
    source = Source(loop, [bytes(64 * 1024)] * 100)
    inflow = Inflow(loop, source.pipe)
    first = inflow.read(1)
    eventually(lambda: source.is_held_back)
    held = len(source.pieces)
    rest = inflow.read()

    assert held > 80
    assert len(first + rest) == 100 * 64 * 1024


def test_a_line_may_be_longer_than_what_is_held(loop):
    pieces = [b"x" * 64 * 1024] * 20
    inflow = Inflow(loop, Source(loop, [*pieces, b"\nend"]).pipe)

    assert [len(line) for line in inflow] == [20 * 64 * 1024 + 1, 3]


@pytest.mark.parametrize("read", [lambda inflow: inflow.read(), list])
@pytest.mark.parametrize(
    ("reason", "told"), [(Refusal(TOO_SLOW), RequestTimeout), (Refusal(CLIENT_LEFT), ClientDisconnected)]
)
def test_a_body_that_breaks_off_is_no_end(loop, read, reason, told):
    inflow = Inflow(loop, Source(loop, [b"half"], failure=reason).pipe)

    with pytest.raises(told):
        read(inflow)


def test_a_reader_that_closes_gives_the_rest_up(loop):
    source = Source(loop, [b"abc"])
    inflow = Inflow(loop, source.pipe)
    loop.call_soon_threadsafe(inflow.close)

    assert source.given_up.wait(30)
