"""How a mapped stretch of the table is laid out: the keys of its slots, the times until which they are kept, the rows.

A key is 128 bits of digest. It has one bucket in each segment and stands anywhere in that bucket, so a slot that is
free may be given to another key without a thought for its neighbours. Words are 64 bits in the machine's own byte
order; one that is aligned is written whole or not at all.
"""

import mmap
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

BUCKET = 256
"""Slots that are searched together: their keys fill one page; some four fifths are taken before one overflows."""

HEADER_BYTES = 65_536
"""A mapping begins at a multiple of the page size, which is at most this on any machine."""

_FIRST_SLOTS = 4 * BUCKET


@dataclass(frozen=True, slots=True)
class Slot:
    """The row of a key: `words[first]` and those after it.

    `words[until]` says until when it is kept, in seconds since the epoch. `number` counts through all segments. It is
    still the key's while `words[owner]` is `mark`, which is to be asked under its lock.
    """

    number: int
    words: memoryview
    first: int
    until: int
    owner: int
    mark: int


def digest_of(key: str) -> bytes:
    """The 128 bits that stand for a key."""
    return blake2b(key.encode(), digest_size=16).digest()


def extent(number: int, row: int) -> tuple[int, int]:
    """Where a segment begins and ends in the file, in bytes; each has twice the slots of the one before."""
    begin = HEADER_BYTES
    for earlier in range(number):
        begin += _bytes(_FIRST_SLOTS << earlier, row)
    return begin, begin + _bytes(_FIRST_SLOTS << number, row)


def _bytes(slots: int, row: int) -> int:
    return -(-slots * (3 + row) * 8 // HEADER_BYTES) * HEADER_BYTES


class Segment:
    """One mapping; `row` is the number of words in a row."""

    def __init__(self, number: int, mapped: mmap.mmap, row: int) -> None:
        """Lay the mapping out."""
        self._mapped = mapped
        self._words = memoryview(mapped).cast("Q")
        self._row = row
        self._slots = _FIRST_SLOTS << number
        self._before = self._slots - _FIRST_SLOTS

    def search(self, digest: bytes) -> Slot | None:
        """The slot of a key, where it has one here."""
        begin = self._bucket(digest) * 16
        keys = self._mapped[begin : begin + BUCKET * 16]
        at = keys.find(digest)
        while at % 16 and at >= 0:  # the end of one key and the beginning of the next
            at = keys.find(digest, at + 1)
        return self._slot((begin + at) // 16, digest) if at >= 0 else None

    def free(self, digest: bytes, now: float) -> Iterator[Slot]:
        """The slots that the key may be given; whether one is still free is to be asked under its lock."""
        bucket = self._bucket(digest)
        begin = self._slots * 2 + bucket
        times = self._words[begin : begin + BUCKET].tolist()
        if min(times) >= now:  # the quick answer for a full bucket, of which an old table has one in each segment
            return
        for number, until in enumerate(times, bucket):
            if until < now:
                yield self._slot(number, digest)

    def give(self, slot: Slot, digest: bytes, until: int) -> None:
        """Make the slot the key's, its row all zeros; to be done under its lock."""
        # The mark goes first and comes last: a slot whose giver was killed belongs to no one.
        slot.words[slot.owner] = 0
        slot.words[slot.first : slot.first + self._row] = memoryview(bytes(self._row * 8)).cast("Q")
        slot.words[slot.until] = until
        slot.words[slot.owner + 1] = int.from_bytes(digest[8:], sys.byteorder)
        slot.words[slot.owner] = slot.mark

    def _bucket(self, digest: bytes) -> int:
        return int.from_bytes(digest[8:], sys.byteorder) % (self._slots // BUCKET) * BUCKET

    def _slot(self, number: int, digest: bytes) -> Slot:
        return Slot(
            number=self._before + number,
            words=self._words,
            first=self._slots * 3 + number * self._row,
            until=self._slots * 2 + number,
            owner=number * 2,
            mark=int.from_bytes(digest[:8], sys.byteorder),
        )
