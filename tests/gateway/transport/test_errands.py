"""What a call waits for in the fast lane: bodies that are collected, plugins that wait on a thread."""

import asyncio
import threading

import pytest

from gateway.http.messages import Body
from gateway.http.pipe import Pipe
from gateway.pipeline.effects import Ask, Gather
from gateway.pipeline.refusals import Refusal, too_large
from gateway.transport.errands import Gathering, HookThreads

LATER = object()


class Source:
    """A client or a service that only notes what it is told."""

    def __init__(self):
        self.told = []

    def __getattr__(self, name):
        return lambda: self.told.append(name)


class Receiver:
    def __init__(self):
        self.heard = []

    def resume(self, answer):
        self.heard.append(answer)

    def refuse(self, reason):
        self.heard.append(reason)


class Collected:
    """A body on its way into one piece of ten bytes at most."""

    def __init__(self):
        self.source, self.receiver, self.beyond = Source(), Receiver(), too_large(10)
        self.pipe = Pipe(self.source)
        self.gathering = Gathering(self.pipe, Gather(Body(self.pipe), 10, self.beyond))

    def begin(self):
        return self.gathering.begin(self.receiver, LATER)


@pytest.fixture
def body():
    return Collected()


def test_what_is_here_already_is_the_answer(body):
    body.pipe.write(b"01234")
    body.pipe.write(b"56789")
    body.pipe.end()

    assert body.begin() == b"0123456789"
    assert (body.receiver.heard, body.gathering.waits) == ([], False)


def test_what_is_still_to_come_is_waited_for_and_asked_for(body):
    body.pipe.write(b"01234")

    assert body.begin() is LATER
    assert (body.gathering.waits, body.source.told) == (True, ["wanted"])
    body.pipe.write(b"5")
    assert body.receiver.heard == []
    body.pipe.end()
    assert (body.receiver.heard, body.gathering.waits) == ([b"012345"], False)


def test_one_byte_too_many_ends_it_and_the_source_is_told(body):
    body.begin()
    body.pipe.write(b"0123456789")
    body.pipe.write(b"x")
    body.pipe.write(b"y")
    body.pipe.end()

    assert body.receiver.heard == [body.beyond]
    assert body.source.told[-1] == "unwanted"


def test_what_is_too_long_when_it_is_looked_at_is_refused_at_once(body):
    body.pipe.write(b"0123456789x")

    with pytest.raises(Refusal):
        body.begin()
    assert (body.receiver.heard, body.source.told[-1]) == ([], "unwanted")


def test_what_breaks_off_is_told_once(body):
    body.begin()
    body.pipe.fail(reason := OSError("gone"))
    body.pipe.fail(OSError("again"))

    assert body.receiver.heard == [reason]


def test_what_broke_off_before_is_raised(body):
    body.pipe.fail(OSError("gone"))

    with pytest.raises(OSError, match="gone"):
        body.begin()


def test_a_body_that_nobody_waits_for_any_more_ends_for_nobody(body):
    body.begin()
    body.gathering.close()
    body.pipe.write(b"0")
    body.pipe.end()

    assert (body.receiver.heard, body.gathering.waits) == ([], False)
    assert "unwanted" in body.source.told


# --- threads


def played(play):
    """Play with one thread and room for one more, on a loop of their own."""

    async def run():
        threads = HookThreads(asyncio.get_running_loop(), threads=1, most=1)
        try:
            return await play(threads)
        finally:
            await asyncio.get_running_loop().run_in_executor(None, threads.close)

    return asyncio.run(run())


class Awaited(Receiver):
    def __init__(self):
        super().__init__()
        self.came = asyncio.Event()

    def resume(self, answer):
        super().resume((answer, threading.current_thread()))
        self.came.set()


def test_a_hook_works_on_a_thread_of_its_own_and_its_answer_comes_back_to_the_loop():
    async def play(threads):
        receiver = Awaited()
        asking = threads.ask(Ask(lambda: threading.current_thread().name), receiver)
        assert asking.waits
        await receiver.came.wait()
        return receiver.heard

    ((name, thread),) = played(play)

    assert name.startswith("guichet-plugin")
    assert thread is threading.main_thread()


def test_a_queue_that_is_too_long_is_refused_and_there_is_room_again_afterwards():
    gate = threading.Event()

    async def play(threads):
        first, second, third = Awaited(), Awaited(), Awaited()
        threads.ask(Ask(gate.wait), first)
        threads.ask(Ask(lambda: "second"), second)
        with pytest.raises(Refusal) as refused:
            threads.ask(Ask(lambda: "third"), third)
        gate.set()
        await second.came.wait()
        threads.ask(Ask(lambda: "third"), third)
        await third.came.wait()
        return refused.value, third.heard

    refused, heard = played(play)

    assert (refused.row.code, refused.headers.get("Retry-After")) == ("overloaded", "2")
    assert [answer for answer, _ in heard] == ["third"]


def test_a_hook_that_nobody_waits_for_any_more_ends_for_nobody():
    gate = threading.Event()

    async def play(threads):
        left, after = Awaited(), Awaited()
        asking = threads.ask(Ask(gate.wait), left)
        asking.close()
        gate.set()
        threads.ask(Ask(lambda: "after"), after)
        await after.came.wait()
        return left.heard, asking.waits

    assert played(play) == ([], False)
