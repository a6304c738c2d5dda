"""Trace context (W3C): a caller's own trace is passed on; otherwise one is made from the request id.

No randomness is needed for that, and the id then leads to the trace.
"""

import hashlib

from gateway.http.grammar import is_traceparent
from gateway.http.messages import Call


def trace_fields(call: Call) -> tuple[tuple[str, str], ...]:
    """`traceparent`, and `tracestate` where a valid traceparent came with one."""
    given = call.headers.by_name.get("traceparent", ())
    if len(given) == 1 and is_traceparent(given[0]):
        # §3.3: tracestate may come in several fields and has no meaning without traceparent
        return (("traceparent", given[0]), *(("tracestate", value) for value in call.headers.all("tracestate")))
    seed = hashlib.sha256(call.request_id.encode()).hexdigest()
    return (("traceparent", f"00-{seed[:32]}-{seed[32:48]}-00"),)
