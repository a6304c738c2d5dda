"""Step 6: the request that the department's service gets, and what of its reply the caller gets.

The law: path and query leave as the bytes that arrived; fields of one hop, and the caller's credentials, stay
behind; what we say about the caller is overwritten, never appended to. The reply must not act on our origin, which
the portal shares.
"""

from collections.abc import Generator
from functools import lru_cache
from typing import Any

from gateway.http.grammar import HOP_BY_HOP
from gateway.http.headers import Headers
from gateway.http.messages import Call, Reply
from gateway.pipeline.authentication import Caller
from gateway.pipeline.effects import Effect, Inform, Send
from gateway.pipeline.hops import one_hop_less
from gateway.pipeline.links import outward_links
from gateway.pipeline.locations import base_of, outward
from gateway.pipeline.refusals import UPSTREAM_BROKEN, UPSTREAM_TIMEOUT, UPSTREAM_UNREACHABLE, Failure
from gateway.pipeline.routing import Route
from gateway.pipeline.tracing import trace_fields
from gateway.pipeline.upgrading import HANDSHAKE, agreeing, asking

_STAYS_HERE = frozenset(
    {
        # ours to read, not the service's (RFC 6750; the portal's cookies share our origin)
        "authorization", "x-api-key", "cookie",
        # said anew by us below, or by whoever frames the message (RFC 9112 §6); the server in front answers Expect
        "host", "content-length", "expect", "x-request-id", "traceparent", "tracestate",
        # who the caller is: a caller may not say it for us (ASVS 5.0 V4.1.3)
        "forwarded", "x-real-ip", "true-client-ip", "x-client-ip", "x-original-url", "x-rewrite-url",
        "x-http-method-override", "x-http-method", "x-method-override",
    }
)  # fmt: skip
_OURS = ("x-forwarded-", "x-guichet-", HANDSHAKE)

_NOT_FOR_CALLERS = frozenset(
    {
        # would act on the portal, which lives on the same origin
        "set-cookie", "set-cookie2", "strict-transport-security", "public-key-pins", "clear-site-data", "alt-svc",
        "service-worker-allowed", "refresh", "nel", "report-to", "reporting-endpoints",
        "content-security-policy-report-only",
        # would steer the server that stands in front of us
        "x-accel-redirect", "x-accel-buffering", "x-accel-expires", "x-accel-limit-rate", "x-accel-charset",
        "x-sendfile", "x-lighttpd-send-file", "x-reproxy-url", "proxy-status",
        # tells what the service runs on (ASVS 5.0 V13.4.6)
        "server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-runtime",
    }
)  # fmt: skip

_OF_EVERY_REPLY = (
    # An HTML or SVG answer opened in a browser is a page on the portal's origin: it gets no script and no form.
    ("Content-Security-Policy", "sandbox; default-src 'none'"),
    ("X-Content-Type-Options", "nosniff"),
)
_REMOVED = HOP_BY_HOP | _NOT_FOR_CALLERS | {name.lower() for name, _ in _OF_EVERY_REPLY}

_HOLDS_ADDRESSES = {"location": outward, "content-location": outward, "link": outward_links}

_PROXY_ERRORS = {  # RFC 9209 §2.3
    UPSTREAM_UNREACHABLE.code: "destination_unavailable",
    UPSTREAM_BROKEN.code: "http_protocol_error",
    UPSTREAM_TIMEOUT.code: "http_response_timeout",
}


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
        error = _PROXY_ERRORS.get(failure.row.code)
        if error:
            failure.headers = failure.headers.plus(("Proxy-Status", f"{route.pseudonym}; error={error}"))
        raise
    fields = _reply_fields(route, reply.headers)
    if reply.status == 101:
        fields = fields.plus(*agreeing(reply.headers))
    return Reply(reply.status, fields, reply.body)


def _request(route: Route, caller: Caller, call: Call) -> Send:
    target = route.version.service.targets[0]
    query = "" if call.query is None else f"?{call.query}"
    headers, upgrade = _request_fields(route, caller, call), ""
    if call.upgrade and route.version.service.allows_upgrade:
        headers, upgrade = headers.plus(*asking(call)), call.upgrade
    return Send(
        target=target,
        method=call.method,
        path_and_query=f"{base_of(target)}{route.rest}{query}",
        headers=headers,
        body=call.body,
        upgrade=upgrade,
    )


def _request_fields(route: Route, caller: Caller, call: Call) -> Headers:
    dropped = _named_by_connection(call.headers)
    passed = [pair for pair in call.headers.pairs if _passes(pair[0]) and pair[0].lower() not in dropped]
    return Headers(
        (
            ("Host", route.version.service.targets[0].authority),
            *passed,
            ("Via", f"1.1 {route.pseudonym}"),
            ("Forwarded", _forwarded(call)),
            ("X-Forwarded-For", call.client_address),
            ("X-Forwarded-Proto", call.scheme),
            ("X-Forwarded-Host", call.host),
            ("X-Forwarded-Prefix", route.prefix),
            ("X-Guichet-Application", caller.consumer.application_id),
            ("X-Request-Id", call.request_id),
            *trace_fields(call),
        )
    )


@lru_cache(maxsize=1024)
def _passes(name: str) -> bool:
    # A memo: what clients call their fields hardly varies.
    name = name.lower()
    return not (name in _STAYS_HERE or name in HOP_BY_HOP or name.startswith(_OURS))


def _reply_fields(route: Route, headers: Headers) -> Headers:
    dropped = _named_by_connection(headers)
    fields = []
    for pair in headers.pairs:
        name = pair[0].lower()
        if name in _REMOVED or name in dropped:
            continue
        if name in _HOLDS_ADDRESSES:
            seen = _seen(route, name, pair[1])
            if seen is not None:
                fields.append((pair[0], seen))
        else:
            fields.append(pair)
    return Headers((*fields, *_OF_EVERY_REPLY, ("Via", f"1.1 {route.pseudonym}")))


def _interim_fields(route: Route, headers: Headers) -> Headers:
    # RFC 8297 §2: hints are links; a client may do without everything else.
    hints = (_seen(route, "link", value) for value in headers.all("link"))
    return Headers.of(("Link", hint) for hint in hints if hint is not None)


def _seen(route: Route, name: str, value: str) -> str | None:
    """A field that holds addresses as the caller may see it; internal host names do not leave."""
    return _HOLDS_ADDRESSES[name](value, route.version.service.targets[0], route.prefix)


def _named_by_connection(headers: Headers) -> tuple[str, ...]:
    # RFC 9110 §7.6.1. What we add ourselves is added after this, so that no Connection field can strip it.
    return headers.tokens("connection") if "connection" in headers.by_name else ()


def _forwarded(call: Call) -> str:
    # RFC 7239 §6: an IPv6 address is bracketed and quoted.
    address = f'"[{call.client_address}]"' if ":" in call.client_address else call.client_address
    host = f';host="{call.host}"' if call.host else ""
    return f"for={address or 'unknown'}{host};proto={call.scheme}"
