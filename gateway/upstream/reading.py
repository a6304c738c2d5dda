"""Reading a service's reply off a socket, strictly: what two readers could understand differently is broken.

Written here because the standard library's reader takes `0x5` for a chunk size and any Content-Length for the first.
Grammar is http/grammar.py's; framing is RFC 9112 §6.3.
"""

import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gateway.http.grammar import is_field_value, is_token, read_chunk_size, read_length
from gateway.http.headers import Headers

_MAX_HEAD = 64 * 1024
_MAX_FIELDS = 200
_MAX_LINE = 4 * 1024
_MAX_TRAILERS = 100
_MAX_INTERIM = 20
_PIECE = 64 * 1024

# RFC 9112 §4: status-line = HTTP-version SP status-code SP [ reason-phrase ]; the last SP is often forgotten
_STATUS_LINE = re.compile(r"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [\t -~\x80-\xff]*)?")


class Broken(Exception):  # noqa: N818 - what the reply is
    """A reply that breaks the rules of HTTP, or ends too early."""


class Unanswered(Exception):  # noqa: N818 - what the request stays
    """The connection ended before the first byte of a reply."""


@dataclass(frozen=True, slots=True)
class Head:
    """A reply's head, and how its body ends. `length` counts for `sized` only."""

    status: int
    headers: Headers
    framing: Literal["empty", "sized", "chunked", "until-close"]
    length: int
    keeps: bool


class Incoming:
    """The bytes that arrive on one socket."""

    def __init__(self, connection: socket.socket) -> None:
        """Read from this socket; its timeout is set at each read."""
        self._socket = connection
        self._held = b""

    @property
    def untouched(self) -> bool:
        """Whether nothing was read that was not used."""
        return not self._held

    def some(self, timeout: float, most: int = _PIECE) -> bytes:
        """What has arrived, at least one byte; nothing at the end. Raises OSError."""
        if not self._held:
            self._held = self._receive(timeout)
        piece, self._held = self._held[:most], self._held[most:]
        return piece

    def until(self, mark: bytes, most: int, deadline: float) -> bytes:
        """What comes before a mark, which is taken away too; raises `Broken`, or `Unanswered` when nothing came."""
        while (position := self._held.find(mark)) < 0:
            if len(self._held) > most:
                raise Broken
            more = self._receive(deadline - time.monotonic())
            if not more:
                raise Broken if self._held else Unanswered
            self._held += more
        if position > most:
            raise Broken
        found, self._held = self._held[:position], self._held[position + len(mark) :]
        return found

    def _receive(self, timeout: float) -> bytes:
        if timeout <= 0:
            raise TimeoutError
        self._socket.settimeout(timeout)
        return self._socket.recv(_PIECE)


def read_head(incoming: Incoming, method: str, timeout: float) -> Head:
    """The final head, all of it within `timeout` seconds; interim ones (RFC 9110 §15.2) are read past."""
    deadline = time.monotonic() + timeout
    for _ in range(_MAX_INTERIM):
        lines = incoming.until(b"\r\n\r\n", _MAX_HEAD, deadline).decode("latin-1").split("\r\n")
        status_line = _STATUS_LINE.fullmatch(lines[0])
        if status_line is None or status_line[2] == "101":  # we never asked to switch protocols
            raise Broken
        status = int(status_line[2])
        if status >= 200:
            return _head(status, _fields(lines[1:]), method, old=status_line[1] == "0")
    raise Broken


def read_body(incoming: Incoming, head: Head, timeout: float) -> Iterator[bytes]:
    """The body as it arrives; each wait is at most `timeout` seconds. Raises `Broken` and OSError."""
    if head.framing == "sized":
        yield from _sized(incoming, head.length, timeout)
    elif head.framing == "chunked":
        yield from _chunked(incoming, timeout)
    elif head.framing == "until-close":
        while piece := incoming.some(timeout):
            yield piece


def _fields(lines: list[str]) -> Headers:
    if len(lines) > _MAX_FIELDS:
        raise Broken
    return Headers.of(_field(line) for line in lines)


def _field(line: str) -> tuple[str, str]:
    # RFC 9112 §5.1: white space before the colon is taken off a reply; §5.2: a folded line is refused (it begins with
    # white space, so its name is no token); §2.2: so is a bare CR or LF, which no value may hold.
    name, colon, value = line.partition(":")
    name, value = name.rstrip(" \t"), value.strip(" \t")
    if not (colon and is_token(name) and is_field_value(value)):
        raise Broken
    return name, value


def _head(status: int, headers: Headers, method: str, *, old: bool) -> Head:
    codings, lengths = headers.tokens("transfer-encoding"), set(headers.tokens("content-length"))
    length = _one_length(headers, lengths)
    if codings and (codings != ("chunked",) or lengths or old):  # RFC 9112 §6.1: how replies are smuggled
        raise Broken
    if len(headers.all("content-length")) > 1 or (lengths and headers.get("content-length") not in lengths):
        headers = headers.replaced(("Content-Length", str(length)))  # RFC 9110 §8.6: a list of equals becomes one
    options = headers.tokens("connection")
    keeps = "keep-alive" in options if old else "close" not in options
    if method == "HEAD" or status in {204, 304} or (lengths and length == 0):
        return Head(status, headers, "empty", 0, keeps)
    if codings:
        return Head(status, headers, "chunked", 0, keeps)
    if lengths:
        return Head(status, headers, "sized", length, keeps)
    return Head(status, headers, "until-close", 0, keeps=False)


def _one_length(headers: Headers, lengths: set[str]) -> int:
    if not headers.all("content-length"):
        return 0
    length = read_length(next(iter(lengths))) if len(lengths) == 1 else None
    if length is None:
        raise Broken
    return length


def _sized(incoming: Incoming, length: int, timeout: float) -> Iterator[bytes]:
    while length:
        piece = incoming.some(timeout, min(length, _PIECE))
        if not piece:
            raise Broken
        length -= len(piece)
        yield piece


def _chunked(incoming: Incoming, timeout: float) -> Iterator[bytes]:
    while size := _chunk_size(incoming, timeout):
        yield from _sized(incoming, size, timeout)
        if _line(incoming, timeout, 0):
            raise Broken
    for _ in range(_MAX_TRAILERS):  # RFC 9110 §6.5.1: trailers are not merged into the fields; we leave them out
        if not _line(incoming, timeout, _MAX_LINE):
            return
    raise Broken


def _chunk_size(incoming: Incoming, timeout: float) -> int:
    size = read_chunk_size(_line(incoming, timeout, _MAX_LINE).partition(";")[0].rstrip(" \t"))
    if size is None:
        raise Broken
    return size


def _line(incoming: Incoming, timeout: float, most: int) -> str:
    try:
        return incoming.until(b"\r\n", most, time.monotonic() + timeout).decode("latin-1")
    except Unanswered:
        raise Broken from None
