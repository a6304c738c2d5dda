"""What a page has answered and its client has not taken yet, so that no thread waits for a client who reads slowly.

The law: it leaves in the order in which it came. It is bounded, each reply and those of a worker together; little of it
is held in memory, and what is longer lies in a file without a name.
"""

import tempfile
from typing import IO

from gateway.transport.collecting import MOST, Room

_IN_MEMORY = 16 * 1024
_PIECE = 64 * 1024


class Spill:
    """Of one reply."""

    __slots__ = ("_file", "_given", "_room", "_taken")

    def __init__(self, room: Room) -> None:
        """Nothing is held; `room` is what all of a worker's may take."""
        self._room = room
        self._file: IO[bytes] | None = None
        self._taken = self._given = 0

    def __bool__(self) -> bool:
        return self._given < self._taken

    def take(self, piece: bytes) -> bool:
        """Hold a piece behind the others; False, and nothing is held of it, where there is no room."""
        if self._taken + len(piece) > MOST or len(piece) > self._room.left:
            return False
        try:
            if self._file is None:
                self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - `close` closes it
            self._file.seek(self._taken)
            self._file.write(piece)
        except OSError:  # the disk is full
            return False
        self._taken += len(piece)
        self._room.left -= len(piece)
        return True

    def give(self) -> bytes:
        """The next piece; raises `OSError` when it cannot be read."""
        if self._file is None:
            return b""
        self._file.seek(self._given)
        piece = self._file.read(min(_PIECE, self._taken - self._given))
        self._given += len(piece)
        if not self:
            self.close()
        return piece

    def close(self) -> None:
        """Hold nothing any more."""
        self._room.left += self._taken
        self._taken = self._given = 0
        if self._file:
            self._file.close()
            self._file = None
