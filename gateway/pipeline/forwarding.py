"""Step 6 of the decision: the request that the department's service gets, and what of its reply the caller gets.

The law: path and query leave as the bytes that arrived; fields of one hop, and the caller's credentials, stay
behind; what we say about the caller is overwritten, never appended to. The reply must not act on our origin, which
the portal shares.
"""

from collections.abc import Generator
from functools import lru_cache
from typing import Any

from gateway.domain.ids import ANONYMOUS
from gateway.http.grammar import HOP_BY_HOP
from gateway.http.headers import Headers
from gateway.http.messages import Call, Reply
from gateway.http.reserved import NOT_FOR_CALLERS, OURS, STAYS_HERE
from gateway.pipeline.authentication import Caller
from gateway.pipeline.effects import Effect, Inform, Send
from gateway.pipeline.hops import one_hop_less
from gateway.pipeline.links import outward_links
from gateway.pipeline.locations import outward
from gateway.pipeline.refusals import Failure
from gateway.pipeline.routing import Route
from gateway.pipeline.tracing import trace_fields
from gateway.pipeline.upgrading import agreeing, asking

_OF_EVERY_REPLY = (
    # An HTML or SVG answer opened in a browser is a page on the portal's origin: it gets no script and no form.
    ("Content-Security-Policy", "sandbox; default-src 'none'"),
    ("X-Content-Type-Options", "nosniff"),
)
_REMOVED = HOP_BY_HOP | NOT_FOR_CALLERS | {name.lower() for name, _ in _OF_EVERY_REPLY}

_HOLDS_ADDRESSES = {"location": outward, "content-location": outward, "link": outward_links}

_MOST_REMEMBERED = 1024
_LONGEST_REMEMBERED = 4096
"""How many heads of clients, and of services, are remembered as they leave, and how many characters each may have."""


def forward(route: Route, caller: Caller, call: Call) -> Generator[Effect, Any, Reply]:
    """The reply of the department's service, fit for the caller; a `Failure` leaves with its Proxy-Status."""
    if call.method == "OPTIONS":
        counted = one_hop_less(route, call)
        if isinstance(counted, Reply):
            return counted
        call = counted
    try:
        reply: Reply = yield _request(route, caller, call)
        while reply.status < 200 and reply.status != 101:
            reply = yield Inform(Reply(reply.status, _interim_fields(route, reply.headers)))
    except Failure as failure:
        if failure.proxy_error:
            told = f"{route.pseudonym}; error={failure.proxy_error}"
            failure.headers = failure.headers.plus(("Proxy-Status", told))
        raise
    fields = _reply_fields(route, reply.headers)
    if reply.status == 101:
        fields = fields.plus(*agreeing(reply.headers))
    return Reply(reply.status, fields, reply.body)


def _request(route: Route, caller: Caller, call: Call) -> Send:
    query = "" if call.query is None else f"?{call.query}"
    headers, upgrade = _request_fields(route, caller, call), ""
    # Nobody who shows no credential may speak without end for the price of one call.
    if call.upgrade and route.version.service.allows_upgrade and caller.method != "none":
        headers, upgrade = headers.plus(*asking(call)), call.upgrade
    return Send(
        service=route.version.service,
        method=call.method,
        path_and_query=f"{route.rest}{query}",
        headers=headers,
        body=call.body,
        upgrade=upgrade,
    )


def _request_fields(route: Route, caller: Caller, call: Call) -> Headers:
    application_id = caller.consumer.application_id or ANONYMOUS
    standing = (_known_standing if call.headers.size <= _LONGEST_REMEMBERED else _standing)(
        call.headers, call.client_address, call.scheme, call.host, route.prefix, route.pseudonym, application_id
    )
    return standing.plus(("X-Request-Id", call.request_id), *trace_fields(call))


def _standing(
    headers: Headers, address: str, scheme: str, host: str, prefix: str, pseudonym: str, application_id: str
) -> Headers:
    dropped = _named_by_connection(headers)
    passed = [pair for pair in headers.pairs if _passes(pair[0]) and pair[0].lower() not in dropped]
    return Headers(
        (
            *passed,
            ("Via", f"1.1 {pseudonym}"),
            ("Forwarded", _forwarded(address, scheme, host)),
            ("X-Forwarded-For", address),
            ("X-Forwarded-Proto", scheme),
            ("X-Forwarded-Host", host),
            ("X-Forwarded-Prefix", prefix),
            ("X-Guichet-Application", application_id),
        )
    )


# What a client says on one connection hardly varies from call to call.
_known_standing = lru_cache(maxsize=_MOST_REMEMBERED)(_standing)


@lru_cache(maxsize=1024)
def _passes(name: str) -> bool:
    # A memo: what clients call their fields hardly varies.
    name = name.lower()
    return not (name in STAYS_HERE or name in HOP_BY_HOP or name.startswith(OURS))


def _reply_fields(route: Route, headers: Headers) -> Headers:
    if not headers.by_name.keys().isdisjoint(_HOLDS_ADDRESSES):
        headers = _outward(route, headers)
    is_short = headers.size <= _LONGEST_REMEMBERED
    return (_known_for_callers if is_short else _for_callers)(headers, route.pseudonym)


def _for_callers(headers: Headers, pseudonym: str) -> Headers:
    kept = headers.without(_REMOVED.union(_named_by_connection(headers)))
    return kept.plus(*_OF_EVERY_REPLY, ("Via", f"1.1 {pseudonym}"))


# What a service says hardly varies from one second to the next.
_known_for_callers = lru_cache(maxsize=_MOST_REMEMBERED)(_for_callers)


def _outward(route: Route, headers: Headers) -> Headers:
    seen = ((name, _seen(route, name.lower(), value)) for name, value in headers.pairs)
    return Headers.of((name, value) for name, value in seen if value is not None)


def _interim_fields(route: Route, headers: Headers) -> Headers:
    # RFC 8297 §2: hints are links; a client may do without everything else.
    hints = (_seen(route, "link", value) for value in headers.all("link"))
    return Headers.of(("Link", hint) for hint in hints if hint is not None)


def _seen(route: Route, name: str, value: str) -> str | None:
    """A value as the caller may see it; internal host names do not leave."""
    translate = _HOLDS_ADDRESSES.get(name)
    return translate(value, route.version.service.targets, route.prefix) if translate else value


def _named_by_connection(headers: Headers) -> tuple[str, ...]:
    # RFC 9110 §7.6.1. What we add ourselves is added after this, so that no Connection field can strip it.
    return headers.tokens("connection") if "connection" in headers.by_name else ()


def _forwarded(address: str, scheme: str, host: str) -> str:
    # RFC 7239 §6: an IPv6 address is bracketed and quoted.
    address = f'"[{address}]"' if ":" in address else address
    host = f';host="{host}"' if host else ""
    return f"for={address or 'unknown'}{host};proto={scheme}"
