"""What a service is sent, whichever lane sends it: the head of the request."""

import time
from functools import lru_cache

from gateway.http.headers import Headers
from gateway.http.wire import field_lines, request_head
from gateway.pipeline.effects import Send
from gateway.pipeline.service import Target
from gateway.upstream import proving

MAX_IDLE_SECONDS = 30.0
"""How long an idle connection is kept: less than what servers commonly grant (60 s and more)."""

MAX_AGE_SECONDS = 60.0
"""How long a connection serves before a new one replaces it: a name may lead elsewhere by then."""

_EXPECT_A_BODY = frozenset({"POST", "PUT", "PATCH"})


def head_of(request: Send, target: Target) -> bytes:
    """The head of a request to this target, framed; raises ValueError when its line is none, or a field."""
    path_and_query = target.base + request.path_and_query
    headers = request.headers
    if request.service.proof_key is not None:
        headers = _proven(request, path_and_query, request.service.proof_key)
    lines = _host_line(target.authority) + headers.plus(*_framing(request)).lines  # RFC 9110 §7.2: Host comes first
    return request_head(request.method, path_and_query, lines)


def _proven(request: Send, path_and_query: str, key: bytes) -> Headers:
    kept = request.headers.without(proving.FIELDS)
    return kept.plus(*proving.proof_fields(request.method, path_and_query, request.headers, key, time.time()))


@lru_cache(maxsize=1024)
def _host_line(authority: str) -> bytes:
    return field_lines([("Host", authority)])


def _framing(request: Send) -> tuple[tuple[str, str], ...]:
    if request.body is None:  # RFC 9110 §8.6: a method that expects content says that there is none
        return (("Content-Length", "0"),) if request.method in _EXPECT_A_BODY else ()
    if request.body.length is None:
        return (("Transfer-Encoding", "chunked"),)
    return (("Content-Length", str(request.body.length)),)
