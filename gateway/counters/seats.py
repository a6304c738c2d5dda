"""Which processes of this machine live: each has a seat, a byte of a file that it holds a lock on.

The law: the kernel gives a lock back when its holder dies, however it dies. Who takes a seat writes a *term* of its own
beside it, so that what was counted for the one who sat there before is not taken for the next one's.
"""

import os
import secrets
import struct
from fcntl import F_OFD_GETLK, F_OFD_SETLK, F_UNLCK, fcntl
from pathlib import Path
from typing import NamedTuple

from gateway.counters.table import WRITING, flock

SEATS = 128
"""How many processes of one machine may have calls under way that are bound by how many there are at once."""

_TERM = struct.Struct("=Q")
_TERM_BITS = 31


class Seat(NamedTuple):
    """Whose something is: the number of the seat, and the term of who has it."""

    number: int
    term: int


class Seats:
    """Those of one machine, in a file. All of it may raise OSError: the disk is full, or every seat is taken."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is opened, or made, when a seat is first needed."""
        self._path = path
        self._file = -1
        self._own: Seat | None = None

    def own(self) -> Seat:
        """The seat of this process."""
        if self._own is None:
            self._own = self._take()
        return self._own

    def is_taken(self, seat: Seat) -> bool:
        """Whether who had the seat, in this term, has it still."""
        if seat == self._own:  # of what one holds oneself, the kernel says that one may have it
            return True
        asked = fcntl(self._opened(), F_OFD_GETLK, flock(WRITING, seat.number))
        return struct.unpack_from("h", asked)[0] != F_UNLCK and self._term(seat.number) == seat.term

    def close(self) -> None:
        """Give the seat back; also in a forked child, whose parent keeps its own."""
        if self._file >= 0:
            os.close(self._file)
        self._file, self._own = -1, None

    def _take(self) -> Seat:
        file = self._opened()
        for number in range(SEATS):
            try:
                fcntl(file, F_OFD_SETLK, flock(WRITING, number))
            except BlockingIOError:
                continue
            term = secrets.randbits(_TERM_BITS)
            os.pwrite(file, _TERM.pack(term), number * _TERM.size)
            return Seat(number, term)
        raise OSError(f"{SEATS} processes count calls under way in {self._path}; there is no seat for another")

    def _opened(self) -> int:
        if self._file < 0:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._file

    def _term(self, number: int) -> int:
        return int(_TERM.unpack(os.pread(self._file, _TERM.size, number * _TERM.size).ljust(_TERM.size, b"\0"))[0])
