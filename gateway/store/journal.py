"""The journal of usage: what happened, on disk before anybody has time to count it.

A process writes lines into a segment of its own, a mapped file, so that a line costs no system call and what was
written survives the process (kill -9; a power cut may take the last moments: nothing is flushed per line). What is
mapped was allocated on disk before, for a page that a full disk cannot take would kill the process (SIGBUS); zeros
stand behind the last line until the segment is taken. Two things kill it all the same: somebody who truncates the
segment meanwhile, and a full disk whose file system reserves nothing when it is asked to (ZFS). A process holds a lock
on its segment as long as it lives; a segment whose lock can be had is an orphan, for anyone to count.
"""

import fcntl
import mmap
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock

_SUFFIX = ".calls"
_SET_ASIDE = ".refused"
_TIME_DIGITS = 13
_OURS = f"{'[0-9]' * _TIME_DIGITS}-*{_SUFFIX}"
"""What segments are named; other files that somebody put into the folder are none."""

SEGMENT_BYTES = 16 * 1024 * 1024
"""A segment that grew to this size while nobody could count it is left, and another begun."""


_FIRST_BYTES = 256 * 1024
"""What is allocated for a segment at first; each time it is full, as much again as there is."""


class Segment:
    """A file of lines whose lock this process holds. Its name is never used twice: it names the batch."""

    def __init__(self, path: Path, descriptor: int) -> None:
        """Take over an open, locked file."""
        self.path = path
        self.name = path.stem
        self.size = 0
        self._descriptor = descriptor
        self._mapped: mmap.mmap | None = None
        self._room = 0

    def prepare(self, room: int) -> None:
        """Have room for so many bytes before the first line comes; raises `OSError`."""
        self._mapped = self._grow(room)

    def append(self, line: bytes) -> None:
        """Write one line; raises `OSError`, and has then written nothing."""
        end = self.size + len(line)
        if self._mapped is None or end > self._room:
            self._mapped = self._grow(end)
        self._mapped[self.size : end] = line
        self.size = end

    def lines(self) -> Iterator[bytes]:
        """The lines, each with its end; the last one has none when its process died while it wrote."""
        with self.path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    yield line
                elif begun := line.rstrip(b"\0"):
                    yield begun

    def end(self) -> None:
        """There are no more lines: give back what was allocated for them."""
        self._unmap()
        os.ftruncate(self._descriptor, self.size)

    def release(self) -> None:
        """Give up the lock; the file, if it is still there, is then an orphan."""
        self._unmap()  # which holds a copy of the descriptor, and so the lock
        os.close(self._descriptor)

    def delete(self) -> None:
        """Remove the file, so that it stays removed: the batch's name may be forgotten after this."""
        self.path.unlink()
        _sync(self.path.parent)
        self.release()

    def discard(self) -> None:
        """Remove a file that holds no line."""
        self.path.unlink()
        self.release()

    def set_aside(self) -> None:
        """Keep the file out of the way, for a person to look at."""
        self.path.rename(self.path.with_suffix(_SET_ASIDE))
        self.release()

    def _grow(self, least: int) -> mmap.mmap:
        room = max(_FIRST_BYTES, 2 * self._room, least)
        os.posix_fallocate(self._descriptor, 0, room)
        grown = mmap.mmap(self._descriptor, room)
        self._unmap()
        self._room = room
        return grown

    def _unmap(self) -> None:
        mapped, self._mapped = self._mapped, None
        if mapped is not None:
            mapped.close()


class Journal:
    """The segments in one folder, one of which is this process' own. Safe for threads; a fork begins anew."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        """Name the folder; nothing is opened before the first line."""
        self._folder = folder
        self._now = now
        self._lock = Lock()
        self._segment: Segment | None = None
        self._left: set[Path] = set()

    def append(self, line: bytes) -> None:
        """Keep one line, which ends with a newline and holds no other; raises `OSError`."""
        with self._lock:
            if self._segment and self._segment.size >= SEGMENT_BYTES:
                self._segment.end()
                self._segment.release()
                self._segment = None
            if self._segment is None:
                self._segment = self._begin()
            self._segment.append(line)

    def take(self) -> Segment | None:
        """The lines of this process so far, still locked; the next line begins another segment."""
        with self._lock:
            taken, self._segment = self._segment, None
            if taken:
                taken.end()
            return taken

    def hand_on(self) -> None:
        """Leave the lines so far to whoever counts orphans.

        The next segment is ready before it is needed, and the last one is ended after: nobody who writes waits for a
        file system. Where no line came since the last time, there is no segment until one comes. While what was left is
        not counted yet, more of it would be no use: the lines stay where they are.
        """
        was = self._segment
        if was is None or self.left():
            return
        fresh = self._ready(was.size) if was.size else None
        with self._lock:
            left, self._segment = self._segment, fresh
        if left is None:  # somebody took it in the meantime
            return
        if left.size:
            self._left.add(left.path)
            left.end()
            left.release()
        else:
            left.discard()

    def left(self) -> bool:
        """Whether something that this process handed on is not counted yet."""
        self._left.difference_update([path for path in tuple(self._left) if not path.exists()])
        return bool(self._left)

    def orphans(self) -> Iterator[Segment]:
        """The segments that nobody holds, oldest first, each locked as it is given."""
        for path in sorted(self._folder.glob(_OURS)):
            with suppress(FileNotFoundError):  # counted by somebody else in the meantime
                segment = _locked(path, os.O_RDWR)
                if segment:
                    yield segment

    def waits(self) -> float:
        """For how many seconds the oldest segment has been there, whoever holds it."""
        begun = min((int(path.name[:_TIME_DIGITS]) for path in self._folder.glob(_OURS)), default=None)
        return 0.0 if begun is None else max(self._now() - begun / 1_000, 0.0)

    def forget(self) -> None:
        """In the child of a fork: the parent's segment is the parent's, and its locks may be held by nobody."""
        segment, self._segment, self._lock, self._left = self._segment, None, Lock(), set()
        if segment:
            segment.release()  # this closes the child's copy only; the parent's lock stays

    def _ready(self, room: int) -> Segment | None:
        """The next segment, with room; None where the disk has none: the next line asks for itself."""
        fresh = None
        try:
            fresh = self._begin()
            fresh.prepare(room)
        except OSError:
            if fresh:
                fresh.discard()
            return None
        return fresh

    def _begin(self) -> Segment:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            # The time is for those who look; the chance that no name comes twice is for those who count.
            name = f"{int(self._now() * 1_000):0{_TIME_DIGITS}d}-{os.getpid()}-{secrets.token_hex(8)}{_SUFFIX}"
            segment = _locked(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            if segment:
                return segment


def _locked(path: Path, flags: int) -> Segment | None:
    descriptor = os.open(path, flags, 0o600)
    with suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Between opening and locking, whoever had it may have deleted it or set it aside.
        if path.stat().st_ino == os.fstat(descriptor).st_ino:
            return Segment(path, descriptor)
    os.close(descriptor)
    return None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
