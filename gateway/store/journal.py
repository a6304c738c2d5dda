"""The journal of usage: what happened, on disk before anybody has time to count it.

A process writes lines into a segment of its own, one `os.write` each on a file opened to append, so that what was
written survives the process (kill -9; a power cut may take the last moments: nothing is flushed per line). It holds a
lock on its segment as long as it lives; a segment whose lock can be had is an orphan, for anyone to count.
"""

import errno
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock

_SUFFIX = ".calls"
_SET_ASIDE = ".refused"

SEGMENT_BYTES = 16 * 1024 * 1024
"""A segment that grew to this size while nobody could count it is left, and another begun."""


class Segment:
    """A file of lines whose lock this process holds. Its name is never used twice: it names the batch."""

    def __init__(self, path: Path, descriptor: int) -> None:
        """Take over an open, locked file."""
        self.path = path
        self.name = path.stem
        self._descriptor = descriptor
        self.size = 0
        self.torn = False

    def append(self, line: bytes) -> None:
        """Write one line in one piece; raises `OSError`, and is `torn` from then on."""
        self.torn = True
        written = os.write(self._descriptor, line)
        if written != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        self.torn = False
        self.size += written

    def release(self) -> None:
        """Give up the lock; the file, if it is still there, is then an orphan."""
        os.close(self._descriptor)

    def delete(self) -> None:
        """Remove the file, so that it stays removed: the batch's name may be forgotten after this."""
        self.path.unlink()
        _sync(self.path.parent)
        self.release()

    def set_aside(self) -> None:
        """Keep the file out of the way, for a person to look at."""
        self.path.rename(self.path.with_suffix(_SET_ASIDE))
        self.release()


class Journal:
    """The segments in one folder, one of which is this process' own. Safe for threads; a fork begins anew."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        """Name the folder; nothing is opened before the first line."""
        self._folder = folder
        self._now = now
        self._lock = Lock()
        self._segment: Segment | None = None

    def append(self, line: bytes) -> None:
        """Keep one line, which ends with a newline and holds no other; raises `OSError`."""
        with self._lock:
            if self._segment and (self._segment.torn or self._segment.size >= SEGMENT_BYTES):
                # What follows half a line would be lost with it.
                self._segment.release()
                self._segment = None
            if self._segment is None:
                self._segment = self._begin()
            self._segment.append(line)

    def take(self) -> Segment | None:
        """The lines of this process so far, still locked; the next line begins another segment."""
        with self._lock:
            taken, self._segment = self._segment, None
            return taken

    def orphans(self) -> Iterator[Segment]:
        """The segments that nobody holds, oldest first, each locked as it is given."""
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            with suppress(FileNotFoundError):  # counted by somebody else in the meantime
                segment = _locked(path, os.O_RDWR)
                if segment:
                    yield segment

    def forget(self) -> None:
        """In the child of a fork: the parent's segment is the parent's, and its locks may be held by nobody."""
        segment, self._segment, self._lock = self._segment, None, Lock()
        if segment:
            segment.release()  # this closes the child's copy only; the parent's lock stays

    def _begin(self) -> Segment:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            # The time is for those who look; the chance that no name comes twice is for those who count.
            name = f"{int(self._now() * 1_000):013d}-{os.getpid()}-{secrets.token_hex(8)}{_SUFFIX}"
            segment = _locked(self._folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL)
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
