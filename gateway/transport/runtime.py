"""What a worker holds: the snapshot in force, the consumers it found, and the adapters that perform effects.

The law: what was edited is in force at the next call; a catalogue that cannot be compiled, or a store that is away,
changes nothing: the last good snapshot keeps serving.
"""

import logging
from collections.abc import Callable
from threading import Lock
from typing import Any

from gateway.pipeline.effects import Effect, FindApplication, FindKey, Send, Spend
from gateway.pipeline.ports import Catalogue, Finder, Finished, Ledger, Recorder, Upstream
from gateway.pipeline.refusals import STORE_AWAY, Failure
from gateway.pipeline.snapshot import Consumer, Snapshot
from gateway.transport.consumers import ConsumerCache

_log = logging.getLogger(__name__)


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
    ) -> None:
        """Take the adapters; nothing is asked of them before the first call."""
        self._finder = finder
        self._ledger = ledger
        self._upstream = upstream
        self._recorder = recorder
        self._catalogue = catalogue
        self._consumers = ConsumerCache(consumers_held)
        self._lock = Lock()
        self._cursor = 0
        self._snapshot: Snapshot | None = None
        self._performers: dict[type, Callable[[Any], Any]] = {
            FindApplication: self._find_application,
            FindKey: self._find_key,
            Spend: lambda effect: self._ledger.spend(effect.subscription_id, effect.windows),
            Send: self._upstream.send,
        }

    def snapshot(self) -> Snapshot:
        """The snapshot for a call that begins now; raises `Failure` when there never was one."""
        self.refresh()
        if self._snapshot is None:
            raise Failure(STORE_AWAY)
        return self._snapshot

    def refresh(self) -> None:
        """Take notice of what was edited since the last time."""
        with self._lock:  # a call must not begin on what another thread is just replacing
            try:
                changed = self._catalogue.changes_since(self._cursor)
                if changed.catalogue or self._snapshot is None:
                    self._swap()
            except Failure as failure:
                _log.warning("the store does not answer; serving what is known", exc_info=failure)
                return
            self._consumers.drop(changed.applications)
            self._cursor = changed.cursor

    def perform(self, effect: Effect) -> Any:
        """The answer to an effect; raises `Failure`. `Record` is not among them: see `finish`."""
        return self._performers[type(effect)](effect)

    def finish(self, finished: Finished) -> None:
        """Keep what happened to a call, once its reply has left."""
        self._recorder.record(finished)

    def _swap(self) -> None:
        try:
            self._snapshot = self._catalogue.compile()
        except Failure:
            raise
        except Exception:  # noqa: BLE001 - whatever a bad row does to the compiler must not stop the calls
            # Not tried again before the next edit: compiling at every call would turn one bad row into an outage.
            _log.exception("the catalogue cannot be compiled; the last good one keeps serving")

    def _find_application(self, effect: FindApplication) -> Consumer | None:
        return self._consumers.get(effect.application_id, lambda: self._finder.find_application(effect.application_id))

    def _find_key(self, effect: FindKey) -> Consumer | None:
        return self._consumers.get(effect.digest, lambda: self._finder.find_key(effect.digest))
