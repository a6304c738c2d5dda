"""The consumers that were found lately: bounded, so that a million applications change no worker's memory.

The law: what was being looked up while an application changed is not kept, for it may be what was before the change.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection
from threading import Lock

from gateway.domain.ids import ApplicationId
from gateway.pipeline.snapshot import Consumer

Key = ApplicationId | bytes
"""An application's id, or the SHA-256 of an API key."""


_UNKNOWN = object()


class ConsumerCache:
    """A bounded map, the least recently used forgotten first; remembers also that there is nobody.

    Anybody can ask for keys that are nobody's, as many as they like: those push out each other, and nobody else.
    Whoever was found once is remembered as known when an edit, or others, made the rest be forgotten.
    """

    def __init__(self, size: int) -> None:
        """Keep at most this many consumers, as many keys of former ones, and a tenth as many that are nobody's."""
        self._size = size
        self._lock = Lock()
        self._held: OrderedDict[Key, Consumer] = OrderedDict()
        self._former: OrderedDict[Key, None] = OrderedDict()
        self._nobody: OrderedDict[Key, None] = OrderedDict()
        self._generation = 0

    def get(self, key: Key, find: Callable[[], Consumer | None]) -> Consumer | None:
        """The consumer, found anew when it is not held."""
        with self._lock:
            held = self._look(key, _UNKNOWN)
            generation = self._generation
        if held is not _UNKNOWN:
            return held  # type: ignore[return-value]  # a consumer, or None
        found = find()
        with self._lock:
            if generation == self._generation:
                self._keep(key, found)
        return found

    def peek(self, key: Key, otherwise: object) -> object:
        """The consumer if it is held, or None if it is known that there is nobody; else `otherwise`."""
        with self._lock:
            return self._look(key, otherwise)

    def was_held(self, key: Key) -> bool:
        """Whether it was somebody's when it was last found, though the consumer is not held any more."""
        with self._lock:
            return key in self._former

    def drop(self, applications: Collection[ApplicationId]) -> None:
        """Forget these applications, and everybody who was not found: they may be found now."""
        if not applications:
            return
        with self._lock:
            self._generation += 1
            self._nobody.clear()
            gone = [key for key, held in self._held.items() if held.application_id in applications]
            for key in gone:
                self._forget(key)

    def _look(self, key: Key, otherwise: object) -> object:
        if key in self._held:
            self._held.move_to_end(key)
            return self._held[key]
        if key in self._nobody:
            self._nobody.move_to_end(key)
            return None
        return otherwise

    def _keep(self, key: Key, found: Consumer | None) -> None:
        self._former.pop(key, None)
        if found is None:
            self._nobody[key] = None
            if len(self._nobody) > max(self._size // 10, 1):
                self._nobody.popitem(last=False)
        else:
            self._held[key] = found
            if len(self._held) > self._size:
                self._forget(next(iter(self._held)))

    def _forget(self, key: Key) -> None:
        del self._held[key]
        self._former[key] = None
        if len(self._former) > self._size:
            self._former.popitem(last=False)
