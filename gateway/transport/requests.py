"""Requests as they come out of the bytes of one connection (RFC 9112), parsed by llhttp and judged here.

The law: a request that can be read in two ways is refused, and nothing after it is read. llhttp refuses most of them;
what it lets through is listed in `_refuse_ambiguity` and `_refuse_another_line`. What was read and judged once is
remembered by its bytes (known below): a client sends the same fields with every call.
"""

import re
from collections import deque
from dataclasses import dataclass
from functools import lru_cache

import httptools

from gateway.http.grammar import is_target
from gateway.http.headers import Headers
from gateway.http.pipe import Pipe, Source
from gateway.pipeline.refusals import (
    EXPECTATION,
    FIELDS_TOO_LARGE,
    TARGET_TOO_LONG,
    UNKNOWN_VERSION,
    Refusal,
)
from gateway.transport.judging import (
    ambiguous_length,
    bad_address,
    malformed,
    refuse_host,
    refuse_trailer,
    split_target,
)

MAX_TARGET = 8190
"""The longest request target, in bytes."""

MAX_FIELDS = 100
MAX_FIELD = 8190
MAX_HEAD = 32 * 1024
"""How many fields a head may have, how many bytes each, and altogether."""

MAX_OVERHEAD = 16 * 1024
"""How many bytes may come in the middle of a body without being any of it (RFC 9112 §7.1.1: chunk extensions)."""

_HEARD = -1

_END = b"\r\n\r\n"
_MOST_EMPTY = 64
"""How many bytes of empty lines may come before a request (RFC 9112 §2.2)."""

_MAX_KNOWN = 4096
"""The longest head that is remembered, in bytes; there are at most `_MOST_KNOWN` of them in a process."""

_MOST_KNOWN = 1024

_PLAIN_LINE = re.compile(rb"(GET|HEAD|DELETE|OPTIONS) (/[!\"$-~]*) HTTP/1\.1")  # the target as grammar.is_target has it


@dataclass(slots=True)
class Request:
    """One request: its head, and its body on its way. `authority` is the host of an absolute-form target, else "".

    `switches`: it asks to speak another protocol than HTTP, and nothing in it stands against that.
    """

    method: str
    target: str
    authority: str
    headers: Headers
    version: str
    keeps: bool
    expects: bool
    body: Pipe | None
    length: int | None
    switches: bool = False


class _NoBody:
    """The source of what never comes."""

    def wanted(self) -> None: ...
    def pause_body(self) -> None: ...
    def resume_body(self) -> None: ...
    def unwanted(self) -> None: ...


_NOBODY = _NoBody()

UNREAD = Request("", "", "", Headers(), "1.1", keeps=False, expects=False, body=None, length=None)
"""What stands for a request that could not be read."""


class RequestReader:
    """Reads the requests of one connection. After `broken` there are no more; `is_cut`: the last one is not whole."""

    __slots__ = ("_awaits", "_body", "_end", "_fields", "_in_head", "_is_between", "_line", "_parser", "_silence",
                 "_size", "_source", "_target", "broken", "is_cut", "requests")  # fmt: skip

    def __init__(self, source: Source) -> None:
        """`source` is where bodies are held back."""
        self.requests: deque[Request] = deque()
        self.broken: Refusal | None = None
        self.is_cut = False
        self._source = source
        self._body: Pipe | None = None
        self._in_head = False
        self._is_between = True  # the next byte begins a request, on a connection that the last one left open
        self._target = b""
        self._line = b""  # what holds the request line, until a field tells that llhttp has read it
        self._fields: list[tuple[str, str]] = []
        self._size = 0
        self._silence = 0
        self._awaits = 0  # what is still to come of a body whose length was told
        self._end = b""  # the last bytes that were read, of which an empty line may have begun
        self._parser = httptools.HttpRequestParser(self)

    @property
    def in_head(self) -> bool:
        """Whether a head has begun and not ended."""
        return self._in_head

    @property
    def in_body(self) -> bool:
        """Whether a body has begun and not ended."""
        return self._body is not None

    def feed(self, data: bytes) -> None:
        """Read on; look at `requests` and `broken` afterwards."""
        if self.broken:
            return
        request = _known(data) if self._is_between and len(data) <= _MAX_KNOWN else None
        if request:
            self.requests.append(request)
        else:
            self.parse(data)

    def parse(self, data: bytes) -> None:
        """Read on, remembering nothing."""
        while data and not self.broken:
            size = self._extent(data)
            self._parse(data[:size] if size < len(data) else data)
            data = data[size:]

    def _extent(self, data: bytes) -> int:
        # Heads and chunked bodies end with an empty line, others after their length: cut there, each request begins
        # where a piece begins, and so it is known which bytes are its request line.
        if self._body and self._awaits > 0:
            return min(self._awaits, len(data))
        behind = self._end
        at = (behind + data).find(_END)
        size = len(data) if at < 0 else at + len(_END) - len(behind)
        self._end = (behind + data[:size])[-3:]
        return size

    def _parse(self, piece: bytes) -> None:
        fields, count = self._fields, len(self._fields)
        if self._is_between or (self._in_head and not self._size):
            self._line += piece
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            self._continue_without()
        except (httptools.HttpParserError, httptools.HttpParserCallbackError) as error:
            self._break(self._meant(error))
        if self._in_head or self._body:
            self._bound_silence(len(piece), went_on=self._fields is not fields or len(fields) > count)
        elif self._is_between and len(self._line) > _MOST_EMPTY:
            self._break(_another_line())

    def lost(self, reason: Exception) -> None:
        """The connection is gone: a body that is on its way breaks off."""
        body, self._body = self._body, None
        if body:
            body.fail(reason)

    # --- what llhttp finds

    def on_message_begin(self) -> None:
        """A request begins."""
        self._reset()
        self._in_head = True
        self._is_between = False

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        self._target += url
        if len(self._target) > MAX_TARGET:
            raise Refusal(TARGET_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field, or a trailer: those are not merged into the fields (RFC 9110 §6.5.1), and we leave them out."""
        if not self._in_head:
            refuse_trailer(name)
        elif not self._size:
            self._refuse_another_line()
        size = len(name) + len(value)
        self._size += size
        if b"_" not in name:  # X_Forwarded_For must not become X-Forwarded-For on its way through CGI names
            self._fields.append((name.decode("latin-1"), value.decode("latin-1").rstrip(" \t")))
        if size > MAX_FIELD or self._size > MAX_HEAD or len(self._fields) > MAX_FIELDS:
            raise Refusal(FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """The head is here."""
        if not self._size:
            self._refuse_another_line()
        self._in_head = False
        request = self._judged(Headers(tuple(self._fields)))
        self._fields = []
        self._silence = -MAX_HEAD  # what came with the head is not counted
        self._body = request.body
        self._awaits = request.length or 0
        self.requests.append(request)

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._silence = _HEARD
        self._awaits -= len(body)
        if self._body:
            self._body.write(body)

    def on_message_complete(self) -> None:
        """The request has no more."""
        if self._parser.should_upgrade():  # llhttp takes its body for another protocol; `_continue_without` reads it
            return
        body, self._body = self._body, None
        self._line = b""
        self._is_between = self._parser.should_keep_alive()
        if body:
            body.end()

    # --- how it is judged

    def _reset(self) -> None:
        self._target = b""
        self._fields = []
        self._size = 0

    def _refuse_another_line(self) -> None:
        # RFC 9112 §3: one space between the parts, where llhttp takes several; and HTTP, where it takes RTSP and ICE
        # with some methods. §2.2: whole empty lines before it, where llhttp takes any CR and LF. It tells none of that.
        line, self._line = self._line, b""
        begins = len(line) - len(line.lstrip(b"\r\n"))
        is_plain = line.startswith(b"%b %b HTTP/" % (self._parser.get_method(), self._target), begins)
        if not is_plain or line[:begins].replace(b"\r\n", b""):
            raise _another_line()

    def _judged(self, headers: Headers) -> Request:
        version = self._parser.get_http_version()
        if version not in {"1.1", "1.0"}:
            raise Refusal(UNKNOWN_VERSION)
        method = self._parser.get_method().decode("latin-1")
        target, authority = split_target(self._target.decode("latin-1"))
        named = headers.by_name
        codings = headers.tokens("transfer-encoding") if "transfer-encoding" in named else ()
        _refuse_ambiguity(method, target, codings, version)
        refuse_host(authority, named.get("host", ()), is_old=version == "1.0")
        expects = "expect" in named and _expects(headers) and version == "1.1"
        length = named["content-length"][0] if "content-length" in named else None
        has_body = bool(codings) or length not in {None, "0"}
        return Request(
            method=method,
            target=target,
            authority=authority,
            headers=headers,
            version=version,
            keeps=self._parser.should_keep_alive(),
            expects=expects,
            body=Pipe(self._source) if has_body else None,
            length=None if length is None else int(length),
        )

    def _bound_silence(self, size: int, *, went_on: bool) -> None:
        # llhttp tells of a field when it ends, and of chunk extensions never: what it says nothing of is counted here.
        heard = went_on if self._in_head else self._silence == _HEARD
        self._silence = 0 if heard else self._silence + size
        if self._in_head and self._silence > MAX_HEAD:
            self._break(self._too_large())
        elif self._body and self._silence > MAX_OVERHEAD:
            self._break(malformed("A chunk has no end.", "Un morceau n’a pas de fin."))

    def _continue_without(self) -> None:
        # llhttp stops behind the head of a request to switch protocols. RFC 9110 §7.8 lets us ignore the wish, and what
        # comes before our answer is HTTP: a new parser reads on from there, told how the body is framed.
        if self._parser.get_method() == b"CONNECT":  # what follows belongs to no protocol that we speak
            self.is_cut = True
            self._break(malformed("CONNECT is not served here.", "CONNECT n’est pas servi ici."))
            return
        framing = b""
        request = self.requests[-1]
        request.switches = request.method == "GET" and request.version == "1.1" and request.body is None
        if self._body:
            framing = (
                b"Transfer-Encoding: chunked\r\n"
                if request.length is None
                else b"Content-Length: %d\r\n" % request.length
            )
        kept, self.requests = self.requests, deque()
        body, self._parser = self._body, httptools.HttpRequestParser(self)
        self._line = b"POST / HTTP/1.1\r\nHost: a\r\n" + framing + b"\r\n"
        self._parser.feed_data(self._line)
        self.requests, self._body = kept, body

    def _meant(self, error: Exception) -> Refusal:
        reason = error.__context__
        if isinstance(reason, Refusal):
            return reason
        return malformed("It breaks the rules of HTTP/1.1.", "Elle enfreint les règles de HTTP/1.1.")

    def _too_large(self) -> Refusal:
        return Refusal(FIELDS_TOO_LARGE if self._fields or len(self._target) < MAX_TARGET else TARGET_TOO_LONG)

    def _break(self, refusal: Refusal) -> None:
        self.broken = refusal
        self._in_head = False
        self.is_cut = self.is_cut or self._body is not None
        self.lost(refusal)


def _another_line() -> Refusal:
    return malformed(
        "The request line is a method, an address and HTTP/1.1, with a single space between.",
        "La ligne de requête est une méthode, une adresse et HTTP/1.1, séparées d’une seule espace.",
    )


def _known(data: bytes) -> Request | None:
    """The request that these bytes are when they are one whole head without a body, of a plain kind."""
    line, _, fields = data.partition(b"\r\n")
    plain = _PLAIN_LINE.fullmatch(line)
    known = _judged_fields(fields) if plain else None
    if known is None or plain is None:
        return None
    return Request(
        method=plain[1].decode(),
        target=plain[2].decode(),
        authority="",
        headers=known.headers,
        version="1.1",
        keeps=True,
        expects=known.expects,
        body=None,
        length=known.length,
    )


@lru_cache(maxsize=_MOST_KNOWN)
def _judged_fields(fields: bytes) -> Request | None:
    """What the fields of a head say under whatever plain line they stand, or None: then they are read anew each time.

    Nothing of a line that `_PLAIN_LINE` takes changes how llhttp reads the fields, or how they are judged.
    """
    if fields.find(b"\r\n\r\n") != len(fields) - 4:
        return None
    reader = RequestReader(_NOBODY)
    reader.parse(b"GET / HTTP/1.1\r\n" + fields)
    if reader.broken or not reader.requests:
        return None
    (request,) = reader.requests
    is_plain = request.keeps and request.body is None and "upgrade" not in request.headers
    return request if is_plain else None


def _refuse_ambiguity(method: str, target: str, codings: tuple[str, ...], version: str) -> None:
    if not is_target(target) and (method, target) != ("OPTIONS", "*"):
        raise bad_address()
    # RFC 9112 §6.1: a coding that is not plainly chunked, or any in HTTP/1.0, is how requests are smuggled.
    if codings and (codings != ("chunked",) or version == "1.0"):
        raise ambiguous_length()


def _expects(headers: Headers) -> bool:
    expected = headers.tokens("expect")
    if expected and expected != ("100-continue",):
        raise Refusal(EXPECTATION)
    return bool(expected)
