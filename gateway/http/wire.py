"""Heads of HTTP/1.1 messages as bytes (RFC 9112), for whoever writes to a socket.

The law: nothing that a field holds can end the field. A CR or LF in a name or value would let its author write the
next field, or the next message (RFC 9110 §5.5), so fields are judged when they become lines.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from http.client import responses

from gateway.http.grammar import is_target, is_token

BODILESS = frozenset({204, 304})
"""Replies that never have a body (RFC 9110 §15.3.5, §15.4.5)."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
"""The interim reply that asks for the body (RFC 9110 §15.2.1)."""

LAST_CHUNK = b"0\r\n\r\n"
"""The end of a chunked body without trailers (RFC 9112 §7.1)."""


# RFC 9110 §5.5, for the values of a head all at once: grammar.py has the same rule for one.
_VALUES = re.compile(r"[\t -~\x80-\xff]*")


def reply_head(status: int, lines: bytes) -> bytes:
    """A reply's head with these field lines."""
    return b"%b%b\r\n" % (status_line(status), lines)


def request_head(method: str, target: str, lines: bytes) -> bytes:
    """A request's head with these field lines; raises ValueError when its line is none."""
    if not (is_token(method) and is_target(target)):
        raise ValueError("not a request line")
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (method.encode(), target.encode(), lines)


def field_lines(pairs: Sequence[tuple[str, str]]) -> bytes:
    """Fields as lines, each with its CRLF; raises ValueError when one is none (RFC 9110 §5.1, §5.5)."""
    values = "".join([value for _, value in pairs])
    # What is visible ASCII throughout, as most values are, needs no pattern.
    are_plain = values.isascii() and values.isprintable()
    if not (are_plain or _VALUES.fullmatch(values)) or not _KNOWN.issuperset([name for name, _ in pairs]):
        _judge(pairs)
    return "".join([f"{name}: {value}\r\n" for name, value in pairs]).encode("latin-1")


def _judge(pairs: Sequence[tuple[str, str]]) -> None:
    for name, value in pairs:
        if not (is_token(name) and _VALUES.fullmatch(value)):
            raise ValueError("not a header field")
        if len(_KNOWN) < _MOST_KNOWN:
            _KNOWN.add(name)


_KNOWN: set[str] = set()
"""Names that were found to be some; bounded, because others choose them."""

_MOST_KNOWN = 1024


@lru_cache(maxsize=600)
def status_line(status: int) -> bytes:
    """A status line with its CRLF; a status without a registered phrase is called Unnamed."""
    return f"HTTP/1.1 {status} {responses.get(status, 'Unnamed')}\r\n".encode()


def chunk(piece: bytes) -> bytes:
    """One chunk of a chunked body. An empty piece would end the body, so there is none (RFC 9112 §7.1)."""
    return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""
