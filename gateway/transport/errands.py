"""What a decision waits for in the fast lane besides its service: a body that is collected, and a plugin that may wait.

The law: an errand ends once, with an answer or a reason; one that was closed ends for nobody. Nothing is held without
a bound: a body that grows too long, and a call that finds too many waiting, are refused.
"""

import asyncio
from typing import Any, Protocol

from gateway.http.pipe import Pipe
from gateway.pipeline.effects import Ask, Gather
from gateway.transport.bounded import BoundedThreads

_THREADS = 8
_MOST_WAITING = 128


class Receiver(Protocol):
    """Who sent us. One of the two is called, once, and never before the errand has begun."""

    def resume(self, answer: Any) -> None:
        """Here is what was asked for."""

    def refuse(self, reason: BaseException) -> None:
        """It will not come."""


class Gathering:
    """A body on its way into one piece: the sink of its pipe."""

    __slots__ = ("_beyond", "_held", "_most", "_pipe", "_reason", "_receiver", "_size", "_whole")

    def __init__(self, pipe: Pipe, effect: Gather) -> None:
        """Nothing has come yet."""
        self._pipe = pipe
        self._most = effect.most
        self._beyond = effect.beyond
        self._held: list[bytes] = []
        self._size = 0
        self._whole = False
        self._reason: Exception | None = None
        self._receiver: Receiver | None = None

    def begin(self, receiver: Receiver, later: object) -> Any:
        """All of it if it is here already, else `later`: the receiver is then resumed. Raises what breaks it off."""
        self._pipe.open(self)
        if self._reason:
            self._pipe.close()
            raise self._reason
        if self._whole:
            return b"".join(self._held)
        self._receiver = receiver
        return later

    @property
    def waits(self) -> bool:
        """Whether somebody still waits for it."""
        return self._receiver is not None

    def close(self) -> None:
        """Nobody waits any more."""
        self._receiver = None
        self._pipe.close()

    # --- for the pipe

    def write(self, piece: bytes) -> None:
        """A piece has come."""
        self._size += len(piece)
        if self._size <= self._most:
            self._held.append(piece)
        elif self._reason is None:
            self.fail(self._beyond)

    def end(self) -> None:
        """There is no more."""
        self._whole = True
        receiver, self._receiver = self._receiver, None
        if receiver:
            receiver.resume(b"".join(self._held))

    def fail(self, reason: Exception) -> None:
        """It breaks off, or is too long."""
        self._reason = reason
        receiver, self._receiver = self._receiver, None
        if receiver:
            self._pipe.close()
            receiver.refuse(reason)


class Asking:
    """A plugin's hook at work on a thread."""

    __slots__ = ("_receiver",)

    def __init__(self, receiver: Receiver) -> None:
        """Its answer goes to this receiver."""
        self._receiver: Receiver | None = receiver

    @property
    def waits(self) -> bool:
        """Whether somebody still waits for it."""
        return self._receiver is not None

    def close(self) -> None:
        """Nobody waits any more; the hook ends for nobody."""
        self._receiver = None

    def end(self, answer: Any) -> None:
        """The hook is done."""
        receiver, self._receiver = self._receiver, None
        if receiver:
            receiver.resume(answer)


class HookThreads:
    """The few threads on which plugins may wait, with a bounded queue. One for each worker; no thread before it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, threads: int = _THREADS, most: int = _MOST_WAITING) -> None:
        """Run at most `threads` hooks at once, and let `most` wait."""
        self._threads = BoundedThreads(loop, "plugin", threads, most)

    def ask(self, effect: Ask, receiver: Receiver) -> Asking:
        """Begin, or wait for one's turn; raises `Refusal` when too many wait already."""
        asking = Asking(receiver)
        self._threads.do(effect.work, lambda done: asking.end(done.result()))
        return asking

    def close(self) -> None:
        """Wait for the hooks to end what they do."""
        self._threads.close()
