"""What a service is sent, whichever lane sends it: the head of the request."""

from gateway.http.wire import request_head
from gateway.pipeline.effects import Send
from gateway.pipeline.locations import base_of
from gateway.pipeline.service import Target

MAX_IDLE_SECONDS = 30.0
"""How long an idle connection is kept: less than what servers commonly grant (60 s and more)."""

MAX_AGE_SECONDS = 60.0
"""How long a connection serves before a new one replaces it: a name may lead elsewhere by then."""

_EXPECT_A_BODY = frozenset({"POST", "PUT", "PATCH"})


def head_of(request: Send, target: Target) -> bytes:
    """The head of a request to this target, framed; raises ValueError when its line is none, or a field."""
    path_and_query = base_of(target) + request.path_and_query
    fields = (("Host", target.authority), *request.headers.pairs, *_framing(request))
    return request_head(request.method, path_and_query, fields)


def _framing(request: Send) -> tuple[tuple[str, str], ...]:
    if request.body is None:  # RFC 9110 §8.6: a method that expects content says that there is none
        return (("Content-Length", "0"),) if request.method in _EXPECT_A_BODY else ()
    if request.body.length is None:
        return (("Transfer-Encoding", "chunked"),)
    return (("Content-Length", str(request.body.length)),)
