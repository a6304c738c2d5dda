"""An upgrade (RFC 9110 §7.8): what a caller may ask to speak instead of HTTP, and how the wish and its answer pass us.

The law: a tunnel carries no HTTP, or calls would pass through it that nobody admitted. What the service is asked is
said anew by us, and only where its publisher allows it; elsewhere the wish is ignored, as HTTP lets us.
"""

from base64 import b64decode
from dataclasses import replace

from gateway.http.grammar import is_token
from gateway.http.headers import Headers
from gateway.http.messages import Call
from gateway.http.reserved import HANDSHAKE

_SUBPROTOCOL = "Sec-WebSocket-Protocol"
_BEARER = "base64url.bearer.authorization.k8s.io."
_HTTP = frozenset({"http", "h2", "h2c", "tls"})


def wishing(call: Call) -> Call:
    """The call with what it asks to speak; for a transport that can switch.

    A page in a browser cannot set Authorization on a WebSocket. Its token may come as a subprotocol, in the form that
    Kubernetes gave it: it becomes the Authorization field, and nobody behind us sees it among the subprotocols.
    """
    protocols = [name for name in call.headers.tokens("upgrade") if _may_be_spoken(name)]
    return replace(call, headers=_with_authorization(call.headers), upgrade=", ".join(protocols))


def asking(call: Call) -> tuple[tuple[str, str], ...]:
    """The fields that ask the service to switch."""
    handshake = [pair for pair in call.headers.pairs if pair[0].lower().startswith(HANDSHAKE)]
    return (("Connection", "Upgrade"), ("Upgrade", call.upgrade), *handshake)


def agreeing(reply: Headers) -> tuple[tuple[str, str], ...]:
    """The fields that tell the caller of a switch; `reply` is the service's 101."""
    return (("Connection", "Upgrade"), ("Upgrade", ", ".join(reply.tokens("upgrade"))))


def is_agreed(upgrade: str, reply: Headers) -> bool:
    """Whether a 101 switches to what was asked for, and to nothing else (RFC 9110 §7.8)."""
    chosen = reply.tokens("upgrade")
    asked = upgrade.split(", ") if upgrade else []
    return bool(chosen) and "upgrade" in reply.tokens("connection") and all(name in asked for name in chosen)


def _may_be_spoken(protocol: str) -> bool:
    name, _, version = protocol.partition("/")
    return is_token(name) and name not in _HTTP and (not version or is_token(version))


def _with_authorization(headers: Headers) -> Headers:
    offered = [name.strip() for text in headers.all(_SUBPROTOCOL) for name in text.split(",")]
    tokens = [_decoded(name.removeprefix(_BEARER)) for name in offered if name.startswith(_BEARER)]
    if not tokens:
        return headers
    others = ", ".join(name for name in offered if name and not name.startswith(_BEARER))
    kept = ((_SUBPROTOCOL, others),) if others else ()
    return headers.without(frozenset({_SUBPROTOCOL.lower()})).plus(
        *kept, *(("Authorization", f"Bearer {token}") for token in tokens)
    )


def _decoded(text: str) -> str:
    """The token; what cannot be decoded stays as it is, and is then no valid token."""
    try:
        return b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        return text
