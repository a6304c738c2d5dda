"""Step 6: the request that the department's service gets, and what of its reply the caller gets.

The law: path and query leave as the bytes that arrived; fields of one hop, and the caller's credentials, stay
behind; what we say about the caller is overwritten, never appended to. The reply must not act on our origin, which
the portal shares.
"""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

from gateway.http.grammar import HOP_BY_HOP, is_token
from gateway.http.headers import Headers
from gateway.http.messages import Call, Reply
from gateway.pipeline.authentication import Caller
from gateway.pipeline.effects import Effect, Inform, Send
from gateway.pipeline.links import outward_links
from gateway.pipeline.locations import base_of, outward
from gateway.pipeline.refusals import UPSTREAM_BROKEN, UPSTREAM_TIMEOUT, UPSTREAM_UNREACHABLE, Failure
from gateway.pipeline.routing import Route
from gateway.pipeline.tracing import trace_fields

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
_OURS = ("x-forwarded-", "x-guichet-")

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

_HOLDS_ADDRESSES = {"location": outward, "content-location": outward, "link": outward_links}

_PROXY_ERRORS = {  # RFC 9209 §2.3
    UPSTREAM_UNREACHABLE.code: "destination_unavailable",
    UPSTREAM_BROKEN.code: "http_protocol_error",
    UPSTREAM_TIMEOUT.code: "http_response_timeout",
}


def forward(route: Route, caller: Caller, call: Call) -> Generator[Effect, Any, Reply]:
    """The reply of the department's service, fit for the caller; a `Failure` leaves with its Proxy-Status."""
    try:
        reply: Reply = yield _request(route, caller, call)
        while reply.status < 200:
            reply = yield Inform(Reply(reply.status, _interim_fields(route, reply.headers)))
    except Failure as failure:
        error = _PROXY_ERRORS.get(failure.row.code)
        if error:
            failure.headers = failure.headers.plus(("Proxy-Status", f"{route.pseudonym}; error={error}"))
        raise
    return replace(reply, headers=_reply_fields(route, reply.headers))


def _request(route: Route, caller: Caller, call: Call) -> Send:
    target = route.version.target
    query = "" if call.query is None else f"?{call.query}"
    return Send(
        target=target,
        method=call.method,
        path_and_query=f"{base_of(target)}{route.rest}{query}",
        headers=_request_fields(route, caller, call),
        body=call.body,
    )


def _request_fields(route: Route, caller: Caller, call: Call) -> Headers:
    passed = (pair for pair in _end_to_end(call.headers) if not _stays_here(pair[0].lower()))
    return Headers(
        (
            ("Host", _authority(route)),
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


def _stays_here(name: str) -> bool:
    return name in _STAYS_HERE or name.startswith(_OURS)


def _reply_fields(route: Route, headers: Headers) -> Headers:
    passed = Headers.of(_end_to_end(headers)).without(_NOT_FOR_CALLERS)
    seen = ((name, _seen(route, name, value)) for name, value in passed)
    moved = Headers.of((name, value) for name, value in seen if value is not None)
    # An HTML or SVG answer opened in a browser is a page on the portal's origin: it gets no script and no form.
    return moved.replaced(
        ("Content-Security-Policy", "sandbox; default-src 'none'"),
        ("X-Content-Type-Options", "nosniff"),
    ).plus(("Via", f"1.1 {route.pseudonym}"))


def _interim_fields(route: Route, headers: Headers) -> Headers:
    # RFC 8297 §2: hints are links; a client may do without everything else.
    hints = (_seen(route, "link", value) for value in headers.all("link"))
    return Headers.of(("Link", hint) for hint in hints if hint is not None)


def _seen(route: Route, name: str, value: str) -> str | None:
    """A field as the caller may see it; internal host names do not leave."""
    turn = _HOLDS_ADDRESSES.get(name.lower())
    return turn(value, route.version.target, route.prefix) if turn else value


def _end_to_end(headers: Headers) -> tuple[tuple[str, str], ...]:
    # RFC 9110 §7.6.1. What we add ourselves is added after this, so that no Connection field can strip it.
    dropped = HOP_BY_HOP | {name for name in headers.tokens("connection") if is_token(name)}
    return headers.without(dropped).pairs


def _authority(route: Route) -> str:
    target = route.version.target
    host = f"[{target.host}]" if ":" in target.host else target.host
    standard = {"http": 80, "https": 443}[target.scheme]
    return host if target.port == standard else f"{host}:{target.port}"


def _forwarded(call: Call) -> str:
    # RFC 7239 §6: an IPv6 address is bracketed and quoted.
    address = f'"[{call.client_address}]"' if ":" in call.client_address else call.client_address
    host = f';host="{call.host}"' if call.host else ""
    return f"for={address or 'unknown'}{host};proto={call.scheme}"
