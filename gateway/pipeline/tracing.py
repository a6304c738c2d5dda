"""Trace context (W3C): a caller's own trace is passed on; otherwise one is made from the request id.

No randomness is needed for that, and the id then leads to the trace.
"""

import hashlib

from gateway.http.grammar import is_traceparent
from gateway.http.headers import Headers
from gateway.http.messages import Call


def trace_fields(call: Call) -> tuple[tuple[str, str], ...]:
    """`traceparent`, and `tracestate` where a valid traceparent came with one."""
    given = _given(call.headers)
    if given:
        # §3.3: tracestate may come in several fields and has no meaning without traceparent
        return (("traceparent", given), *(("tracestate", value) for value in call.headers.all("tracestate")))
    return (("traceparent", _made(call.request_id)),)


def trace_id(headers: Headers, request_id: str) -> str:
    """The trace that a call with these fields belongs to: 32 hexadecimal digits (§3.2.2.3)."""
    return (_given(headers) or _made(request_id))[3:35]


def _given(headers: Headers) -> str:
    given = headers.by_name.get("traceparent", ())
    return given[0] if len(given) == 1 and is_traceparent(given[0]) else ""


def _made(request_id: str) -> str:
    seed = hashlib.sha256(request_id.encode()).hexdigest()
    return f"00-{seed[:32]}-{seed[32:48]}-00"
