"""Threads with a bound on what waits for them."""

import asyncio
import threading
from typing import Any

import pytest

from gateway.pipeline.refusals import OVERLOADED, Refusal
from gateway.transport.bounded import BoundedThreads


def test_work_is_done_elsewhere_and_ends_on_the_loop_and_too_much_of_it_is_refused():
    async def meet():
        loop = asyncio.get_running_loop()
        threads = BoundedThreads(loop, "test", 1, 2)
        gate = threading.Event()
        ended: asyncio.Queue[Any] = asyncio.Queue()
        here = threading.get_ident()

        def work():
            gate.wait(30)
            return threading.get_ident()

        for _ in range(3):
            threads.do(work, lambda done: ended.put_nowait((done.result(), threading.get_ident())))
        with pytest.raises(Refusal) as refused:
            threads.do(work, ended.put_nowait)
        assert (refused.value.row, threads.taken) == (OVERLOADED, 3)

        gate.set()
        told = [await ended.get() for _ in range(3)]
        assert {on for _, on in told} == {here}
        assert here not in {by for by, _ in told}
        assert threads.taken == 0
        threads.close()

    asyncio.run(meet())


def test_work_that_fails_frees_its_place_and_says_why():
    async def meet():
        threads = BoundedThreads(asyncio.get_running_loop(), "test", 1, 0)
        ended: asyncio.Queue[Any] = asyncio.Queue()
        threads.do(lambda: 1 / 0, ended.put_nowait)

        assert isinstance((await ended.get()).exception(), ZeroDivisionError)
        assert threads.taken == 0
        threads.close()

    asyncio.run(meet())
