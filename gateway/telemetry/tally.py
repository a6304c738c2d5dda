"""Counts of calls in a mapped file of each process: to count costs no system call, and survives the process (kill -9).

The law: a count never falls. A process locks its file as long as it lives; one that begins takes over the file of one
that died and goes on counting in it, so that nothing is ever added up elsewhere, and nothing twice.

Words are 64 bits in the machine's own byte order; one that is aligned is written whole or not at all.
"""

import fcntl
import mmap
import os
import secrets
import struct
import weakref
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import structlog

from gateway.pipeline.ports import Finished, Recorder
from gateway.telemetry import gauges
from gateway.telemetry.version_names import VersionNames

log = structlog.get_logger(__name__)

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds in seconds; anything slower falls into the bucket after the last."""

SUFFIX = ".tally"

MOST_KINDS = 16_384
"""How many kinds of call a file has room for; those that find none are counted together, as the one without a name."""

_REGISTERED = frozenset(HTTPStatus)
"""The statuses that are told each by itself: any other may be a service's own invention, and there are 400."""

_MAGIC = b"guichet tally 1\n"
_HEADER = struct.Struct("=16sQQQ24x")
"""What it is, how many rows are in use, and what was lost: lines of the access log, calls of the usage record."""

_LABEL_BYTES = 160
_ROW = struct.Struct(f"={_LABEL_BYTES}sd{len(BOUNDS) + 1}Q")
"""Of a kind: its label, the sum of its seconds, and the calls in each bucket."""

_SIZE = _HEADER.size + MOST_KINDS * _ROW.size
_USED, _LINES_LOST, _CALLS_LOST = 2, 3, 4  # words of the header


class Kind(NamedTuple):
    """What calls have in common that are counted together. No path, no application and no client is among it."""

    api: str
    version: str
    status: str  # such as 404; or 4xx, where nobody registered it
    refusal: str


_NAMELESS = Kind("", "", "", "")


class Count(NamedTuple):
    """What was counted of a kind: its seconds, and the calls in each bucket."""

    kind: Kind
    seconds: float
    calls: tuple[int, ...]


class Lost(NamedTuple):
    """What could not be written: lines of the access log, and calls of the usage record."""

    lines: int
    calls: int


class Tally:
    """The counts of this process (ports.Recorder). Safe for threads; a forked child begins anew."""

    _map: mmap.mmap | bytearray | None
    _lock: Lock
    _rows: dict[tuple[str, int, str], int]
    _words: "memoryview[int]"
    _seconds: "memoryview[float]"

    def __init__(self, folder: Path, names: VersionNames) -> None:
        """Name the folder; nothing is opened before the first call."""
        self._folder = folder
        self._names = names
        self._descriptor = -1
        self.path: Path | None = None
        self._begin()
        forget = weakref.WeakMethod(self._begin)
        os.register_at_fork(after_in_child=lambda: (method := forget()) and method())

    def record(self, finished: Finished) -> None:
        """Count a call."""
        event, seconds = finished.event, finished.latency_ms / 1000
        kind = event.version_id, event.status, event.refusal
        with self._lock:
            row = self._rows.get(kind) or self._row(kind)
            self._seconds[row] += seconds
            self._words[row + 1 + bisect_left(BOUNDS, seconds)] += 1

    def lose(self, lines: int) -> None:
        """Count lines of the access log that could not be written."""
        with self._lock:
            self._open()
            self._words[_LINES_LOST] += lines

    def lose_usage(self, calls: int) -> None:
        """Count calls that the usage record could not keep."""
        with self._lock:
            self._open()
            self._words[_CALLS_LOST] += calls

    def open(self) -> None:
        """Be there, though no call has come yet."""
        with self._lock:
            self._open()

    def _begin(self) -> None:
        # In a child the descriptor and the mapping are the parent's: its copies, one of which the mapping has for
        # itself, are let go; the parent's lock stays.
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self.path, self._map = -1, None, None
        self._mapped = self._words = memoryview(b"")
        self._seconds = memoryview(b"").cast("d")
        self._lock = Lock()
        self._rows = {}

    def _row(self, kind: tuple[str, int, str]) -> int:
        self._open()
        version_id, status, refusal = kind
        row = self._row_of(Kind(*self._names.of(version_id), _told(status), refusal))
        self._rows[kind] = row
        return row

    def _row_of(self, kind: Kind) -> int:
        label = "\n".join(kind).encode()
        if len(label) > _LABEL_BYTES or (label not in self._labels and len(self._labels) >= MOST_KINDS - 1):
            label = "\n".join(_NAMELESS).encode()
        if label not in self._labels:
            used = len(self._labels)
            place = _HEADER.size + used * _ROW.size
            # Padded, for a process that was killed here may have left half a label.
            self._mapped[place : place + _LABEL_BYTES] = label.ljust(_LABEL_BYTES, b"\0")
            self._labels[label] = place // 8 + _LABEL_BYTES // 8
            self._words[_USED] = used + 1  # after the label: whoever reads meanwhile finds no half of it
        return self._labels[label]

    def _open(self) -> None:
        if self._map is not None:
            return
        try:
            self._map = self._taken_over() or self._made()
        except OSError:
            log.exception("calls are not measured: this process has no file to count in")
            self._map = bytearray(_SIZE)
        self._mapped = memoryview(self._map)
        self._words, self._seconds = self._mapped.cast("Q"), self._mapped.cast("d")
        self._labels = {
            _label(self._mapped, place): place // 8 + _LABEL_BYTES // 8 for place in _places(self._words[_USED])
        }

    def _taken_over(self) -> mmap.mmap | None:
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            with suppress(FileNotFoundError):
                descriptor = os.open(path, os.O_RDWR)
                if _is_whole(descriptor) and _locks(descriptor, fcntl.LOCK_EX):
                    gauges.forget(path)
                    return self._mapping(path, descriptor)
                os.close(descriptor)
        return None

    def _made(self) -> mmap.mmap:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            path = self._folder / f"{secrets.token_hex(8)}{SUFFIX}"
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, _SIZE)  # a page that a full disk cannot take would kill us (SIGBUS)
                os.pwrite(descriptor, _MAGIC, 0)
            except OSError:
                os.close(descriptor)
                path.unlink()
                raise
            if _locks(descriptor, fcntl.LOCK_EX):
                return self._mapping(path, descriptor)
            os.close(descriptor)  # another that begins has already taken it over

    def _mapping(self, path: Path, descriptor: int) -> mmap.mmap:
        self._descriptor, self.path = descriptor, path
        return mmap.mmap(descriptor, _SIZE)


def read(path: Path) -> tuple[list[Count], Lost]:
    """What is counted in a file, whoever's it is, and what was lost."""
    with path.open("rb") as file:
        magic, used, *lost = _HEADER.unpack(file.read(_HEADER.size).ljust(_HEADER.size, b"\0"))
        if magic != _MAGIC:
            return [], Lost(0, 0)
        rows = file.read(min(used, MOST_KINDS) * _ROW.size)
    return [_count(*row) for row in _ROW.iter_unpack(rows)], Lost(*lost)


def is_held(path: Path) -> bool:
    """Whether the process that counts there lives."""
    with path.open("rb") as file:
        return not _locks(file.fileno(), fcntl.LOCK_SH)


def _told(status: int) -> str:
    return str(status) if status in _REGISTERED else f"{status // 100}xx"


def _count(label: bytes, seconds: float, *calls: int) -> Count:
    return Count(Kind(*label.rstrip(b"\0").decode().split("\n")), seconds, calls)


def _places(used: int) -> Iterator[int]:
    return iter(range(_HEADER.size, _HEADER.size + used * _ROW.size, _ROW.size))


def _label(mapped: memoryview, place: int) -> bytes:
    return bytes(mapped[place : place + _LABEL_BYTES]).rstrip(b"\0")


def _is_whole(descriptor: int) -> bool:
    return os.fstat(descriptor).st_size == _SIZE and os.pread(descriptor, len(_MAGIC), 0) == _MAGIC


def _locks(descriptor: int, kind: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        return True
    return False


if TYPE_CHECKING:
    _: type[Recorder] = Tally
