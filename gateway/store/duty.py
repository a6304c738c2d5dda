"""What one process of a machine does for all of them: whoever holds the lock of a file is on duty.

The law: never two at once, and nobody for as long as it takes to look again: the kernel gives the lock back when its
holder dies. A fork leaves the duty to the parent.
"""

import fcntl
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock


class Duty:
    """One for each process, for all of its threads."""

    _lock: Lock
    _descriptor: int
    _busy: int
    _is_kept: bool

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is opened before somebody asks."""
        self._path = path
        self._descriptor = -1
        self._begin()
        forget = weakref.WeakMethod(self._begin)
        os.register_at_fork(after_in_child=lambda: (method := forget()) and method())

    @contextmanager
    def taken(self) -> Iterator[bool]:
        """Whether this process is on duty, for the length of the block; raises `OSError`."""
        is_ours = self._take()
        try:
            yield is_ours
        finally:
            if is_ours:
                self._leave()

    def keep(self) -> bool:
        """Whether this process is on duty from now on, until it ends; raises `OSError`."""
        if not self._is_kept:
            self._is_kept = self._take()
        return self._is_kept

    def _begin(self) -> None:
        # In a child the descriptor is a copy: closing it leaves the parent's lock where it is.
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._lock, self._descriptor, self._busy, self._is_kept = Lock(), -1, 0, False

    def _take(self) -> bool:
        with self._lock:
            if not self._busy:
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(descriptor)
                    return False
                self._descriptor = descriptor
            self._busy += 1
            return True

    def _leave(self) -> None:
        with self._lock:
            self._busy -= 1
            if not self._busy:
                os.close(self._descriptor)
                self._descriptor = -1
