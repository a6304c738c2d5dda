"""Fields that nobody but the gateway may decide about, on calls and on replies.

What forwarding drops, what is stamped on every reply, and hence what a publisher's settings may not name.
"""

from gateway.http.grammar import HOP_BY_HOP

STAYS_HERE = frozenset(
    {
        # ours to read, not the service's (RFC 6750; the portal's cookies share our origin)
        "authorization", "x-api-key", "cookie",
        # said anew by us, or by whoever frames the message (RFC 9112 §6); the server in front answers Expect
        "host", "content-length", "expect", "x-request-id", "traceparent", "tracestate",
        # who the caller is: a caller may not say it for us (ASVS 5.0 V4.1.3)
        "forwarded", "x-real-ip", "true-client-ip", "x-client-ip", "x-original-url", "x-rewrite-url",
        "x-http-method-override", "x-http-method", "x-method-override",
    }
)  # fmt: skip
"""Fields of a call that are not passed on to a service, in lower case."""

HANDSHAKE = "sec-websocket-"
"""How the fields begin that belong to the handshake of RFC 6455 (§11.3) and to nothing else, in lower case."""

OURS = ("x-forwarded-", "x-guichet-", HANDSHAKE)
"""How the names of fields begin that only we may say to a service."""

NOT_FOR_CALLERS = frozenset(
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
"""Fields of a service's reply that are not passed on to a caller, in lower case."""

RATE_LIMIT_NAMES = frozenset(
    {"ratelimit-policy", "ratelimit", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}
)
"""The fields that tell what is left, in lower case: ours replace a service's own."""

_SAID_TO_SERVICES = frozenset({"via"})
_SAID_TO_CALLERS = frozenset(
    {"via", "date", "content-length", "x-request-id", "content-security-policy", "x-content-type-options"}
)


def is_ours_on_calls(name: str) -> bool:
    """Whether what a service is sent under this name is the gateway's to decide."""
    name = name.lower()
    return name in HOP_BY_HOP | STAYS_HERE | _SAID_TO_SERVICES or name.startswith(OURS)


def is_ours_on_replies(name: str) -> bool:
    """Whether what a caller is told under this name is the gateway's to decide."""
    return name.lower() in HOP_BY_HOP | NOT_FOR_CALLERS | RATE_LIMIT_NAMES | _SAID_TO_CALLERS
