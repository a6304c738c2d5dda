"""What may stand where in HTTP: one pattern for each rule of the RFCs, with the rule quoted above it.

The law: a pattern is matched against the whole text, and each has negative tests; what is not plainly allowed is
refused.
"""

import re
from functools import lru_cache

# RFC 9110 §5.6.2: token = 1*tchar; tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." /
#   "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

# RFC 9110 §5.5: field-value = *field-content; field-vchar = VCHAR / obs-text, with SP and HTAB inside only.
# CR, LF and NUL are refused, and so are the other controls.
_FIELD_VALUE = re.compile(r"(?:[!-~\x80-\xff](?:[ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?")

# RFC 3986 §3.3, §3.4 and RFC 9112 §3.2: a request target is visible ASCII. We do not insist on pchar
# ("|", "{" and others are sent by real clients), but "#" never reaches a server, and white space ends the target.
_TARGET = re.compile(r"/[!\"$-~]*")

# RFC 9110 §8.6: Content-Length = 1*DIGIT. Python's int() would also take signs, spaces and underscores.
_DIGITS = re.compile(r"[0-9]{1,18}")

# RFC 9112 §7.1: chunk-size = 1*HEXDIG. The same trap: int(…, 16) takes "0x1", "+1" and "1_0".
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{1,15}")

# RFC 9110 §7.2: Host = uri-host [ ":" port ]; RFC 3986 §3.2.2: host = IP-literal / IPv4address / reg-name.
# A reg-name here is what DNS and operators use: letters, digits, "-", "." and "_".
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z](?:[0-9A-Za-z_\-.]{0,252}))(?::[0-9]{1,5})?")

# W3C Trace Context §3.2: version "-" trace-id "-" parent-id "-" trace-flags; all zeros and version ff are invalid.
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

HOP_BY_HOP = frozenset(
    {
        # RFC 9110 §7.6.1: "intermediaries SHOULD remove or replace": Connection itself, and fields that are known to
        # need removal even where Connection does not name them.
        "connection", "proxy-connection", "keep-alive", "te", "transfer-encoding", "upgrade",
        # RFC 9110 §6.6.2 and §11.7: these speak to the next hop only.
        "trailer", "proxy-authenticate", "proxy-authorization", "proxy-authentication-info",
        # The obsolete HTTP2-Settings of RFC 7540 §3.2.1 belonged to Upgrade.
        "http2-settings",
    }
)  # fmt: skip
"""Fields that are for one connection and are never passed on, in lower case."""


@lru_cache(maxsize=1024)
def is_token(text: str) -> bool:
    """Whether a text is a token: a method, a field name, an authentication scheme (RFC 9110 §5.6.2)."""
    return _TOKEN.fullmatch(text) is not None


def is_field_value(text: str) -> bool:
    """Whether a text may be a field's value, without white space around it (RFC 9110 §5.5)."""
    return _FIELD_VALUE.fullmatch(text) is not None


def is_target(text: str) -> bool:
    """Whether a text may be a path, or a path and query, on the wire (RFC 9112 §3.2.1)."""
    return _TARGET.fullmatch(text) is not None


@lru_cache(maxsize=256)
def is_host(text: str) -> bool:
    """Whether a text is a host, or a host and port, that a Host field may hold (RFC 9110 §7.2)."""
    return _HOST.fullmatch(text) is not None


def is_traceparent(text: str) -> bool:
    """Whether a text is a valid traceparent (W3C Trace Context §3.2)."""
    return _TRACEPARENT.fullmatch(text) is not None


def read_length(text: str) -> int | None:
    """A Content-Length in bytes, or None when it is not one (RFC 9110 §8.6)."""
    return int(text) if _DIGITS.fullmatch(text) else None


def read_chunk_size(text: str) -> int | None:
    """The size at the front of a chunk in bytes, or None when it is not one (RFC 9112 §7.1)."""
    return int(text, 16) if _HEXADECIMAL.fullmatch(text) else None
