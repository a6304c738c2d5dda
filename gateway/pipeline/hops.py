"""How far an OPTIONS goes (RFC 9110 §7.6.2): Max-Forwards counts the hops that are left, and the last one answers.

Of the two methods that it limits, TRACE goes nowhere from here (routing.py); with any other it means nothing to us.
"""

from dataclasses import replace

from gateway.http.grammar import read_length
from gateway.http.headers import Headers
from gateway.http.messages import Call, Reply
from gateway.pipeline.routing import Route, methods_at

_FIELD = "Max-Forwards"


def one_hop_less(route: Route, call: Call) -> Call | Reply:
    """An OPTIONS as it is forwarded, or our answer to it when it may go no further."""
    said = call.headers.all(_FIELD)
    left = read_length(said[0]) if len(said) == 1 else None
    if left is None:  # it is not there, or is no number and limits nothing
        return call
    if left == 0:
        return Reply(204, Headers((("Allow", methods_at(route)),)))
    return replace(call, headers=call.headers.replaced((_FIELD, str(left - 1))))
