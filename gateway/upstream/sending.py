"""What a service is sent, whichever lane sends it: the head of the request."""

import time

from gateway.http.wire import request_head
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
    pairs = request.headers.pairs
    if request.service.proof_key is not None:
        pairs = _proven(request, path_and_query, request.service.proof_key)
    return request_head(request.method, path_and_query, (("Host", target.authority), *pairs, *_framing(request)))


def _proven(request: Send, path_and_query: str, key: bytes) -> tuple[tuple[str, str], ...]:
    kept = [pair for pair in request.headers.pairs if pair[0].lower() not in proving.FIELDS]
    return *kept, *proving.proof_fields(request.method, path_and_query, request.headers, key, time.time())


def _framing(request: Send) -> tuple[tuple[str, str], ...]:
    if request.body is None:  # RFC 9110 §8.6: a method that expects content says that there is none
        return (("Content-Length", "0"),) if request.method in _EXPECT_A_BODY else ()
    if request.body.length is None:
        return (("Transfer-Encoding", "chunked"),)
    return (("Content-Length", str(request.body.length)),)
