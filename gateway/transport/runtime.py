"""What a worker holds: the snapshot in force, the consumers it found, and the adapters that perform effects.

The law: what was edited is in force at the next call; a catalogue that cannot be compiled, or a store that is away,
changes nothing: the last good snapshot keeps serving. A store that does not answer costs one thread its wait, and is
then left alone for a moment; nobody queues behind that thread.
"""

import logging
import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from gateway.domain.plans import Stay
from gateway.pipeline.effects import (
    Approach,
    Ask,
    Complain,
    Effect,
    Enter,
    FindApplication,
    FindKey,
    Gather,
    Send,
    Spend,
)
from gateway.pipeline.ports import Catalogue, Finder, Finished, Ledger, Recorder, Upstream
from gateway.pipeline.refusals import STORE_AWAY, Failure
from gateway.pipeline.snapshot import Consumer, Snapshot
from gateway.transport.consumers import ConsumerCache, Key

_log = logging.getLogger(__name__)

_PATIENCE = 0.25
"""Seconds that a call which could be served waits for another one's question; a healthy store takes a few ms."""

_REST = 1.0
"""Seconds for which what is known is served once the store did not answer."""


class Runtime:
    """One for all the threads of a process."""

    def __init__(
        self,
        finder: Finder,
        ledger: Ledger,
        upstream: Upstream,
        recorder: Recorder,
        catalogue: Catalogue,
        *,
        consumers_held: int = 10_000,
        patience: float = _PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the adapters; nothing is asked of them before the first call. `clock` and `patience` are in seconds."""
        self.draining = False
        self._finder = finder
        self._ledger = ledger
        self._upstream = upstream
        self._recorder = recorder
        self._catalogue = catalogue
        self._consumers = ConsumerCache(consumers_held)
        self._patience = patience
        self._clock = clock
        self._asking = Lock()
        self._begun = 0  # questions to the store, numbered; and the number of the last one that was answered
        self._answered = 0
        self._rests_until = 0.0
        self._cursor = 0
        self._heard = -1
        self._snapshot: Snapshot | None = None
        self._performers: dict[type, Callable[[Any], Any]] = {
            Approach: lambda effect: self._upstream.refuse_surplus(effect.service),
            FindApplication: self._find_application,
            FindKey: self._find_key,
            Enter: lambda effect: self._ledger.enter(effect.charges, effect.when_away),
            Spend: lambda effect: self._ledger.spend(effect.charges, effect.when_away),
            Send: self._upstream.send,
            Gather: _gather,
            Ask: lambda effect: effect.work(),
            Complain: _complain,
        }

    def snapshot(self) -> Snapshot:
        """The snapshot for a call that begins now; raises `Failure` when there never was one."""
        self.refresh()
        return self.known()

    def known(self) -> Snapshot:
        """The snapshot in force, asking nobody; raises `Failure` when there never was one."""
        if self._snapshot is None:
            raise Failure(STORE_AWAY)
        return self._snapshot

    def is_current(self) -> bool:
        """Whether nobody on this machine has rung since the last question; costs nothing."""
        return self._heard == self._catalogue.rung()

    def held(self, effect: FindApplication | FindKey, otherwise: object) -> object:
        """The consumer if it was found lately, asking nobody; else `otherwise`."""
        return self._consumers.peek(_name(effect), otherwise)

    def was_held(self, effect: FindApplication | FindKey) -> bool:
        """Whether the consumer was found once, and must be found anew."""
        return self._consumers.was_held(_name(effect))

    def spend_at_once(self, effect: Spend, otherwise: object) -> object:
        """The budget if the ledger has it without a wait; else `otherwise`. Raises `Failure`."""
        return self._ledger.spend_at_once(effect.charges, otherwise, effect.when_away)

    def enter_at_once(self, effect: Enter, otherwise: object) -> object:
        """The stay if the ledger has it without a wait; else `otherwise`. Raises `Failure`."""
        return self._ledger.enter_at_once(effect.charges, otherwise, effect.when_away)

    def leave(self, stay: Stay) -> None:
        """A call that had places among those under way is over."""
        self._ledger.leave(stay)

    def ledger_answers(self) -> bool:
        """Whether the ledger does; may wait for it, and spends nothing."""
        return self._ledger.standing().answers

    def missing(self) -> list[str]:
        """What keeps this process from serving calls now; may wait for the store and the ledger, as a call may."""
        self.refresh()
        lacking = {
            "catalogue": self._snapshot is None,
            "ledger": not (self._ledger.is_shared or self.ledger_answers()),
            "draining": self.draining,
        }
        return [name for name, is_missing in lacking.items() if is_missing]

    def refresh(self) -> None:
        """Take notice of what was edited before now, unless the store rests."""
        begun = self._begun
        if self._rests():
            return
        # A question that is on its way may be too old to know of an edit made before this call: wait for its end.
        if not self._asking.acquire(timeout=-1 if self._snapshot is None else self._patience):
            self._rest()
            return
        try:
            # One that began meanwhile, and is answered, answers for all who waited.
            if self._answered <= begun and not self._rests():
                self._ask()
        finally:
            self._asking.release()

    def perform(self, effect: Effect) -> Any:
        """The answer to an effect; raises `Failure`. `Record` is not among them: see `finish`."""
        return self._performers[type(effect)](effect)

    def finish(self, finished: Finished) -> None:
        """Keep what happened to a call, once its reply has left."""
        self._recorder.record(finished)

    def _ask(self) -> None:
        self._begun += 1
        heard = self._catalogue.rung()
        try:
            changed = self._catalogue.changes_since(self._cursor)
            if changed.catalogue or self._snapshot is None:
                self._swap()
        except Failure as failure:
            _log.warning("the store does not answer; serving what is known", exc_info=failure)
            self._rest()
            return
        self._consumers.drop(changed.applications)
        self._cursor = changed.cursor
        self._heard = heard
        self._answered = self._begun
        self._rests_until = 0.0

    def _swap(self) -> None:
        try:
            self._snapshot = self._catalogue.compile()
        except Failure:
            raise
        except Exception:  # noqa: BLE001 - whatever a bad row does to the compiler must not stop the calls
            # Not tried again before the next edit: compiling at every call would turn one bad row into an outage.
            _log.exception("the catalogue cannot be compiled; the last good one keeps serving")

    def _rests(self) -> bool:
        return self._clock() < self._rests_until

    def _rest(self) -> None:
        self._rests_until = self._clock() + _REST

    def _find_application(self, effect: FindApplication) -> Consumer | None:
        return self._consumers.get(effect.application_id, lambda: self._finder.find_application(effect.application_id))

    def _find_key(self, effect: FindKey) -> Consumer | None:
        return self._consumers.get(effect.digest, lambda: self._finder.find_key(effect.digest))


def _name(effect: FindApplication | FindKey) -> Key:
    return effect.application_id if isinstance(effect, FindApplication) else effect.digest


def _gather(effect: Gather) -> bytes:
    held = bytearray()
    for piece in effect.body.chunks:
        held += piece
        if len(held) > effect.most:
            raise effect.beyond
    return bytes(held)


def _complain(effect: Complain) -> None:
    _log.error("the plugin %s failed in the call %s", effect.plugin, effect.request_id, exc_info=effect.error)
