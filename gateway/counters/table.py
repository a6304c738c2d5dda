"""Where the rows are and who may touch them: slots in a memory-mapped file that all processes of a machine share.

A slot is touched only under its lock, a byte of the file that the kernel gives back when its holder dies: no killed
process leaves one locked. A stopped process can, and the others wait for it no longer than their patience. What a row
means is not known here.

Nothing ever moves. A table that is full gets one more segment (segments.py), and it has as many as the file is long
enough for; each is allocated on disk before it is used, because a page that a full disk cannot take would kill the
process that writes to it (SIGBUS).

The kernel writes changed pages to disk by itself within half a minute or so (`vm.dirty_expire_centisecs`): a killed
process loses nothing, a power cut may lose the last of these, and then the count is that much lower.
"""

import mmap
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from fcntl import F_OFD_SETLK, F_UNLCK, F_WRLCK, fcntl
from itertools import count
from pathlib import Path
from typing import TypeVar, cast

from gateway.counters.segments import Segment, Slot, digest_of, extent

WRITING = F_WRLCK

Given = TypeVar("Given")
Result = TypeVar("Result")
Otherwise = TypeVar("Otherwise")
Locked = tuple[Slot, bytes, bytes]
"""A slot, and what locks and unlocks it."""

_HEADER = struct.Struct("=8sQQ")
"""What it is, version, words in a row; in the machine's own byte order, as everything here."""

_MAGIC, _VERSION = b"guichet\n", 1

_CLAIM_SECONDS = 60
"""How long a slot that nobody used yet is kept for the key that it was given to."""

_MOST_KNOWN = 65_536
"""How many slots a process remembers, at some 500 bytes each; the others are searched for again."""

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.000_02, 0.001


def flock(kind: int, byte: int) -> bytes:
    """A struct flock of fcntl(2), on 64-bit Linux: kind, whence, start, length, process."""
    return struct.pack("hhqqi4x", kind, os.SEEK_SET, byte, 1, 0)


_TAKEN = object()
_ALONE, _NO_LONGER_ALONE = flock(WRITING, 0), flock(F_UNLCK, 0)
_FIRST_LOCK = 1


class Table:
    """The rows of a file. `now` is in seconds since the epoch; `patience` is the longest wait for a lock, in seconds.

    All of it may raise OSError: the disk is full, the file is no table, a lock is held too long (TimeoutError).
    """

    def __init__(self, path: Path, row: int, now: Callable[[], float], patience: float) -> None:
        """Name the file and the number of words in a row; it is opened, or made, when it is first needed."""
        self._path = path
        self._row = row
        self._now = now
        self._patience = patience
        self._forget()

    def hold(self, key: str, work: Callable[[Slot, Given], Result], given: Given) -> Result:
        """What `work` gives back, done on the key's slot while no one else in any process touches it."""
        pauses = None
        while True:
            locked = self._known.get(key) or self._find(key)
            with self._mutex:
                result = self._once(key, locked, work, given)
            if result is not _TAKEN:
                return cast("Result", result)
            pauses = pauses or self._pauses()
            time.sleep(next(pauses))

    def hold_at_once(
        self, key: str, work: Callable[[Slot, Given], Result], given: Given, otherwise: Otherwise
    ) -> Result | Otherwise:
        """The same for a thread that must not wait; `otherwise`, with nothing done, when `hold` might."""
        locked = self._known.get(key)
        if locked is None or not self._mutex.acquire(blocking=False):
            return otherwise
        try:
            result = self._once(key, locked, work, given)
        finally:
            self._mutex.release()
        return otherwise if result is _TAKEN else cast("Result", result)

    def hold_all(self, keys: Sequence[str], work: Callable[[list[Slot], Given], Result], given: Given) -> Result:
        """What `work` gives back, done on the slots of all keys while no one else touches any of them."""
        pauses = None
        while True:
            locked = [self._known.get(key) or self._find(key) for key in keys]
            with self._mutex:
                result = self._together(keys, locked, work, given)
            if result is not _TAKEN:
                return cast("Result", result)
            pauses = pauses or self._pauses()
            time.sleep(next(pauses))

    def hold_all_at_once(
        self, keys: Sequence[str], work: Callable[[list[Slot], Given], Result], given: Given, otherwise: Otherwise
    ) -> Result | Otherwise:
        """The same for a thread that must not wait; `otherwise`, with nothing done, when `hold_all` might."""
        locked = [found for key in keys if (found := self._known.get(key))]
        if len(locked) < len(keys) or not self._mutex.acquire(blocking=False):
            return otherwise
        try:
            result = self._together(keys, locked, work, given)
        finally:
            self._mutex.release()
        return otherwise if result is _TAKEN else cast("Result", result)

    def has(self, key: str) -> bool:
        """Whether the key has a slot; one that was never held has none."""
        if key in self._known:
            return True
        digest = digest_of(key)
        return self._search(digest) is not None or self._alone(lambda: self._search(digest)) is not None

    def _once(self, key: str, locked: Locked, work: Callable[[Slot, Given], Result], given: Given) -> Result | object:
        """What `work` gives back, or _TAKEN: someone holds the slot, or it is another key's by now. Under the mutex."""
        slot, lock, unlock = locked
        # Unlocked whatever happens, even what was never locked: a signal may raise at any moment.
        try:
            fcntl(self._file, F_OFD_SETLK, lock)
            if slot.words[slot.owner] == slot.mark:
                return work(slot, given)
            self._known.pop(key, None)
        except BlockingIOError:
            pass
        finally:
            fcntl(self._file, F_OFD_SETLK, unlock)
        return _TAKEN

    def _together(
        self, keys: Sequence[str], locked: list[Locked], work: Callable[[list[Slot], Given], Result], given: Given
    ) -> Result | object:
        """The same of several. Nobody waits for one lock while holding another, so no two wait for each other."""
        slots = [slot for slot, _, _ in locked]
        try:
            for _, lock, _ in sorted(locked, key=_number):
                fcntl(self._file, F_OFD_SETLK, lock)
            lost = [key for key, slot in zip(keys, slots, strict=True) if slot.words[slot.owner] != slot.mark]
            if not lost:
                return work(slots, given)
            for key in lost:
                self._known.pop(key, None)
        except BlockingIOError:
            pass
        finally:
            for _, _, unlock in locked:
                fcntl(self._file, F_OFD_SETLK, unlock)
        return _TAKEN

    def close(self) -> None:
        """Give back what this process opened; the next use opens again."""
        if self._file >= 0:
            os.close(self._file)
        _OPEN.discard(self)
        self._forget()

    def _forget(self) -> None:
        self._file = -1
        self._mutex = threading.Lock()
        self._segments: list[Segment] = []
        self._known: dict[str, Locked] = {}

    def _find(self, key: str) -> Locked:
        digest = digest_of(key)
        slot = self._search(digest) or self._alone(lambda: self._claim(digest))
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        found = self._known[key] = _locked(slot)
        return found

    def _search(self, digest: bytes) -> Slot | None:
        return next((slot for segment in self._segments if (slot := segment.search(digest))), None)

    def _claim(self, digest: bytes) -> Slot:
        slot = self._search(digest)
        while slot is None:
            slot = next((slot for segment in self._segments if (slot := self._claim_in(segment, digest))), None)
            if slot is None:
                self._grow()
        return slot

    def _claim_in(self, segment: Segment, digest: bytes) -> Slot | None:
        # Under the slot's lock: whoever it belonged to may be about to use it again.
        now = self._now()
        for slot in segment.free(digest, now):
            _, lock, unlock = _locked(slot)
            with suppress(BlockingIOError):
                try:
                    fcntl(self._file, F_OFD_SETLK, lock)
                    if slot.words[slot.until] < now:
                        segment.give(slot, digest, int(now) + _CLAIM_SECONDS)
                        return slot
                finally:
                    fcntl(self._file, F_OFD_SETLK, unlock)
        return None

    def _alone(self, work: Callable[[], Result]) -> Result:
        """What `work` gives back, done while no one else makes the file or the table grow, or gives a slot away."""
        pauses = self._pauses()
        while True:
            with self._mutex:
                if self._file < 0:
                    self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                    _OPEN.add(self)
                try:
                    fcntl(self._file, F_OFD_SETLK, _ALONE)
                    self._attach()
                    return work()
                except BlockingIOError:
                    pass
                finally:
                    fcntl(self._file, F_OFD_SETLK, _NO_LONGER_ALONE)
            time.sleep(next(pauses))

    def _pauses(self) -> Iterator[float]:
        deadline = time.monotonic() + self._patience
        pause = 0.0
        while time.monotonic() < deadline:
            yield pause
            pause = min(max(pause * 2, _SHORTEST_PAUSE), _LONGEST_PAUSE)
        raise TimeoutError(f"a lock of {self._path} was held for more than {self._patience} seconds")

    def _attach(self) -> None:
        # Another process may have made the table grow; the length of the file tells.
        if not self._segments:
            self._check()
        length = os.fstat(self._file).st_size
        for number in count(len(self._segments)):
            begin, end = extent(number, self._row)
            if end > length:
                return
            self._segments.append(Segment(number, self._map(begin, end), self._row))

    def _grow(self) -> None:
        begin, end = extent(len(self._segments), self._row)
        os.posix_fallocate(self._file, begin, end - begin)
        self._attach()

    def _check(self) -> None:
        header = _HEADER.pack(_MAGIC, _VERSION, self._row)
        length, shortest = os.fstat(self._file).st_size, extent(0, self._row)[1]
        # Nothing but zeros: its maker was killed before the header was there, and nobody counted anything in it.
        if length <= shortest and not os.pread(self._file, length, 0).strip(b"\0"):
            os.posix_fallocate(self._file, 0, shortest)
            os.pwrite(self._file, header, 0)
            os.fsync(self._file)
        elif length < shortest or os.pread(self._file, _HEADER.size, 0) != header:
            raise OSError(f"{self._path} is no table of this version, or was cut short: move it away to begin anew")

    def _map(self, begin: int, end: int) -> mmap.mmap:
        # A mapping keeps a duplicate of its descriptor, and a lock lives as long as any duplicate of the one that
        # took it. So a mapping gets a descriptor that never locks.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            if not os.path.samestat(os.fstat(descriptor), os.fstat(self._file)):
                raise OSError(f"{self._path} was replaced while it was opened")
            return mmap.mmap(descriptor, end - begin, offset=begin)
        finally:
            os.close(descriptor)


def _number(locked: Locked) -> int:
    return locked[0].number


def _locked(slot: Slot) -> Locked:
    byte = _FIRST_LOCK + slot.number
    return slot, flock(WRITING, byte), flock(F_UNLCK, byte)


_OPEN: set[Table] = set()


def _begin_anew() -> None:
    # A child shares its parent's locks as long as it has the descriptor that took them: it must let go of it at once,
    # or a parent that is killed would leave them locked.
    for table in list(_OPEN):
        table.close()


os.register_at_fork(after_in_child=_begin_anew)
