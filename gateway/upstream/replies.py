"""A service's reply, read as its bytes arrive, without a socket (RFC 9112).

The law: a reply that can be read in two ways is `Broken`, and so is one that ends before its end. What a reader has
given out is never taken back; whether the connection may serve again is known at the end of the body only.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from gateway.http.grammar import read_chunk_size, read_length
from gateway.http.headers import Headers
from gateway.http.wire import BODILESS
from gateway.pipeline.upgrading import is_agreed
from gateway.value import value

_MAX_HEAD = 64 * 1024
_MAX_FIELDS = 200
_MAX_LINE = 4 * 1024
_MAX_TRAILERS = 100
_MAX_INTERIM = 20

_MAX_KNOWN = 4 * 1024
"""The longest head that is remembered, in bytes; there are at most `_MOST_KNOWN` of them in a process."""

_MOST_KNOWN = 1024

# RFC 9112 §4: status-line = HTTP-version SP status-code SP [ reason-phrase ]; the last SP is often forgotten
_STATUS_LINE = re.compile(r"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [\t -~\x80-\xff]*)?")

# RFC 9112 §5: field-line = field-name ":" OWS field-value OWS. §5.1: white space before the colon is taken off a reply;
# §5.2: a folded line is refused (it begins with white space, so its name is no token); §2.2: so is a bare CR or LF.
_FIELD = re.compile(r"\r\n([^:\t ]+)[ \t]*:[ \t]*([^\r]*)")  # for lines that are known to be well-formed
_TRAILING_SPACE = re.compile(r"[ \t](?:\r|\Z)")
_FIELD_LINES = re.compile(r"(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*:[\t -~\x80-\xff]*)*")


class Broken(Exception):  # noqa: N818 - what the reply is
    """A reply that breaks the rules of HTTP, or ends too early."""


class CutShort(Broken):
    """A reply that ends too early."""


class Unanswered(Exception):  # noqa: N818 - what the request stays
    """The connection ended before the first byte of a reply."""


@value
class Head:
    """A reply's head, and how its body ends. `length` counts for `sized` only."""

    status: int
    headers: Headers
    framing: Literal["empty", "sized", "chunked", "until-close"]
    length: int
    keeps: bool


class ReplyReader:
    """Reads one reply to a request with this method. `feed` and `close` raise `Broken`, `close` also `Unanswered`."""

    __slots__ = ("_at", "_held", "_interim", "_interims", "_left", "_method", "_pieces", "_step", "_trailers",
                 "_upgrade", "ended", "head")  # fmt: skip

    def __init__(self, method: str, upgrade: str = "") -> None:
        """Nothing has arrived yet. `upgrade` lists what the service may switch to: the end of its 101 is the end."""
        self.head: Head | None = None
        self.ended = False
        self._interim: list[Head] = []
        self._interims = 0
        self._method = method
        self._upgrade = upgrade
        self._held = b""
        self._at = 0  # where reading goes on in what is held; 0 between two feeds
        self._left = 0
        self._trailers = 0
        self._pieces: list[bytes] = []
        self._step: Callable[[], bool] = self._read_head

    def feed(self, data: bytes) -> None:
        """Read on; look at `head`, `take()` and `ended` afterwards."""
        self._held = self._held + data if self._held else data
        while self._at < len(self._held) and not self.ended and self._step():
            pass
        if self._at:  # cut off once for all that was read: a service may send a chunk for every byte
            self._held, self._at = self._held[self._at :], 0

    def close(self) -> None:
        """The service sends no more."""
        if self.ended:
            return
        if self.head is None and not self._held and not self._interims:
            raise Unanswered
        if self.head is None or self.head.framing != "until-close":
            raise CutShort
        self.ended = True

    def take_interim(self) -> list[Head]:
        """The interim heads that have arrived since the last time (RFC 9110 §15.2)."""
        if not self._interim:
            return []
        interim, self._interim = self._interim, []
        return interim

    def take(self) -> list[bytes]:
        """The pieces of the body that have arrived since the last time."""
        pieces, self._pieces = self._pieces, []
        return pieces

    def take_rest(self) -> bytes:
        """What came behind the reply."""
        rest, self._held = self._held, b""
        return rest

    @property
    def has_pieces(self) -> bool:
        """Whether `take` would give anything."""
        return bool(self._pieces)

    @property
    def has_begun(self) -> bool:
        """Whether a byte of the reply has come."""
        return bool(self._held or self._interims or self.head)

    @property
    def is_in_doubt(self) -> bool:
        """Whether something has come of which it is not known yet what it is, or whether it is broken."""
        return bool(self._held)

    @property
    def is_exact(self) -> bool:
        """Whether the reply is at its end, and nothing came after it."""
        return self.ended and not self._held

    @property
    def keeps(self) -> bool:
        """Whether the connection may carry another call: the reply is at its end, and nothing came after it."""
        return self.is_exact and self.head is not None and self.head.keeps

    def _read_head(self) -> bool:
        begin = self._at
        end = self._held.find(b"\r\n\r\n", begin)
        if end < 0 or end - begin > _MAX_HEAD:
            if len(self._held) - begin > _MAX_HEAD:
                raise Broken
            return False
        text, self._at = self._held[begin:end], end + 4
        head = (_known if len(text) <= _MAX_KNOWN else _read)(text, self._method)
        if head.status < 200 and not self._switches(head):
            return self._note_interim(head)
        self.head = head
        self._begin_body(head)
        return True

    def _switches(self, head: Head) -> bool:
        if head.status == 101 and not is_agreed(self._upgrade, head.headers):  # we asked for no switch, or for another
            raise Broken
        return head.status == 101

    def _note_interim(self, head: Head) -> bool:
        self._interim.append(head)
        self._interims += 1
        if self._interims > _MAX_INTERIM:
            raise Broken
        return True

    def _begin_body(self, head: Head) -> None:
        self._left = head.length
        self.ended = head.framing == "empty"
        if head.framing == "chunked":
            self._step = self._read_chunk_size
        else:
            self._step = self._read_sized if head.framing == "sized" else self._read_rest

    def _read_sized(self) -> bool:
        self._pass_on()
        self.ended = self._left == 0
        return True

    def _read_rest(self) -> bool:
        self._pieces.append(self._held[self._at :])
        self._at = len(self._held)
        return True

    def _read_chunk_size(self) -> bool:
        line = self._line(_MAX_LINE)
        if line is None:
            return False
        size = read_chunk_size(line.partition(";")[0].rstrip(" \t"))
        if size is None:
            raise Broken
        self._left = size
        self._step = self._read_chunk if size else self._read_trailer
        return True

    def _read_chunk(self) -> bool:
        self._pass_on()
        if self._left == 0:
            self._step = self._read_chunk_end
        return True

    def _read_chunk_end(self) -> bool:
        line = self._line(0)
        if line is None:
            return False
        self._step = self._read_chunk_size
        return True

    def _read_trailer(self) -> bool:
        # RFC 9110 §6.5.1: trailers are not merged into the fields; we leave them out
        line = self._line(_MAX_LINE)
        if line is None:
            return False
        self._trailers += 1
        if self._trailers > _MAX_TRAILERS:
            raise Broken
        self.ended = line == ""
        return True

    def _pass_on(self) -> None:
        piece = self._held[self._at : self._at + self._left]
        self._at += len(piece)
        self._left -= len(piece)
        self._pieces.append(piece)

    def _line(self, most: int) -> str | None:
        begin = self._at
        end = self._held.find(b"\r\n", begin, begin + most + 2)
        if end < 0:
            if len(self._held) - begin >= most + 2:
                raise Broken
            return None
        self._at = end + 2
        return self._held[begin:end].decode("latin-1")


def _read(data: bytes, method: str) -> Head:
    text = data.decode("latin-1")
    first, _, _ = text.partition("\r\n")
    status_line = _STATUS_LINE.fullmatch(first)
    if status_line is None:
        raise Broken
    return _head(int(status_line[2]), _fields(text, len(first)), method, old=status_line[1] == "0")


_known = lru_cache(maxsize=_MOST_KNOWN)(_read)  # a service says the same with every reply, but for the time of day


def _fields(text: str, begin: int) -> Headers:
    if not _FIELD_LINES.fullmatch(text, begin) or text.count("\r\n") > _MAX_FIELDS:
        raise Broken
    pairs = _FIELD.findall(text, begin)
    if _TRAILING_SPACE.search(text, begin):
        pairs = [(name, value.rstrip(" \t")) for name, value in pairs]
    return Headers(tuple(pairs))


def _head(status: int, headers: Headers, method: str, *, old: bool) -> Head:
    options = headers.tokens("connection")
    keeps = "keep-alive" in options if old else "close" not in options
    if "transfer-encoding" not in headers.by_name and "content-length" not in headers.by_name:
        bodiless = status < 200 or method == "HEAD" or status in BODILESS
        return Head(status, headers, "empty" if bodiless else "until-close", 0, keeps and bodiless)
    codings, lengths = headers.tokens("transfer-encoding"), set(headers.tokens("content-length"))
    length = _one_length(headers, lengths)
    is_coded = "transfer-encoding" in headers.by_name  # with nothing in it, too
    if is_coded and (codings != ("chunked",) or lengths or old):  # RFC 9112 §6.1: how replies are smuggled
        raise Broken
    if len(headers.all("content-length")) > 1 or (lengths and headers.get("content-length") not in lengths):
        headers = headers.replaced(("Content-Length", str(length)))  # RFC 9110 §8.6: a list of equals becomes one
    if status < 200 or method == "HEAD" or status in BODILESS or (lengths and length == 0):
        return Head(status, headers, "empty", 0, keeps)
    return Head(status, headers, "chunked" if codings else "sized", length, keeps)


def _one_length(headers: Headers, lengths: set[str]) -> int:
    if not headers.all("content-length"):
        return 0
    length = read_length(next(iter(lengths))) if len(lengths) == 1 else None
    if length is None:
        raise Broken
    return length
