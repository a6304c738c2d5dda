"""What a service is sent, whichever lane sends it: the head, and whether it may be sent twice."""

from gateway.domain.scopes import SAFE_METHODS
from gateway.http.wire import request_head
from gateway.pipeline.effects import Send
from gateway.pipeline.refusals import UPSTREAM_TIMEOUT, Failure

MAX_IDLE_SECONDS = 30.0
"""How long an idle connection is kept: less than what servers commonly grant (60 s and more)."""

_EXPECT_A_BODY = frozenset({"POST", "PUT", "PATCH"})


def head_of(request: Send) -> bytes:
    """The head of a request, framed; raises ValueError when its line is none, or a field."""
    return request_head(request.method, request.path_and_query, request.headers.plus(*_framing(request)).lines)


def may_go_again(request: Send) -> bool:
    """Whether a second try can do no harm, and has all it needs (RFC 9110 §9.2.2)."""
    return request.method in SAFE_METHODS and request.body is None


def timed_out(seconds: float) -> Failure:
    """The failure of a wait of so many seconds."""
    return Failure(UPSTREAM_TIMEOUT, seconds=f"{seconds:g}")


def _framing(request: Send) -> tuple[tuple[str, str], ...]:
    if request.body is None:  # RFC 9110 §8.6: a method that expects content says that there is none
        return (("Content-Length", "0"),) if request.method in _EXPECT_A_BODY else ()
    if request.body.length is None:
        return (("Transfer-Encoding", "chunked"),)
    return (("Content-Length", str(request.body.length)),)
