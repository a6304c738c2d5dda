"""A bell for the processes of one machine: rung when something that decisions depend on was edited.

The law: it carries no news, only that there is some. Whoever hears it asks the store; whoever missed it (it rang on
another machine, or the ringer was killed first) asks a moment later anyway.
"""

import mmap
import os
import struct
import time
from pathlib import Path

_NUMBER = struct.Struct("=q")


class Bell:
    """A number in a file that every process maps; to look at it costs no system call."""

    def __init__(self, path: Path | None = None) -> None:
        """Name the file; without one it rings for this process only. Nothing is opened before the first use."""
        self._path = path
        self._map: mmap.mmap | bytearray | None = None

    def ring(self) -> None:
        """Let everybody know."""
        _NUMBER.pack_into(self._opened(), 0, time.time_ns())

    def rung(self) -> int:
        """A number that is another one after each ringing."""
        number: int = _NUMBER.unpack_from(self._map or self._opened())[0]
        return number

    def _opened(self) -> mmap.mmap | bytearray:
        if self._map is None:
            self._map = _mapped(self._path) if self._path else bytearray(_NUMBER.size)
        return self._map


def _mapped(path: Path) -> mmap.mmap:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, _NUMBER.size)  # a page that is not there could not be had on a full disk
        return mmap.mmap(descriptor, _NUMBER.size)
    finally:
        os.close(descriptor)
