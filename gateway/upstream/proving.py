"""A proof that a call came through this gateway: an HTTP message signature (RFC 9421) with a secret that both know.

The law: what is signed is what the service acts on and the gateway vouches for: method, path, query, application and
request id, and when. The body is not, since it streams; nor is the host, which a proxy of the service's may rewrite.
"""

import base64
import hmac
from collections.abc import Sequence

from gateway.http.headers import Headers

LABEL = "guichet"
"""Which of a request's signatures is ours."""

FIELDS = frozenset({"signature", "signature-input"})
"""What we say ourselves: a caller's signature covers a path that the service never sees, and must not pass for ours."""

_SIGNED_FIELDS = ("x-guichet-application", "x-request-id")


def proof_fields(
    method: str, path_and_query: str, headers: Headers, key: bytes, now: float
) -> tuple[tuple[str, str], ...]:
    """The fields to add. `path_and_query` is the target's own, `now` in seconds since the epoch."""
    path, _, query = path_and_query.partition("?")
    # RFC 9421 §2.2.6 and §2.2.7: the path as it is sent; the query with its "?", which stands alone when there is none.
    components = [
        ("@method", method),
        ("@path", path),
        ("@query", f"?{query}"),
        *((name, headers.get(name) or "") for name in _SIGNED_FIELDS),
    ]
    names = " ".join(f'"{name}"' for name, _ in components)
    parameters = f'({names});created={int(now)};alg="hmac-sha256";tag="{LABEL}"'
    signature = sign(components, parameters, key)
    return ("Signature-Input", f"{LABEL}={parameters}"), ("Signature", f"{LABEL}=:{signature}:")


def sign(components: Sequence[tuple[str, str]], parameters: str, key: bytes) -> str:
    """The signature of components and parameters, in base 64 (RFC 9421 §2.5, §3.3.3)."""
    lines = [f'"{name}": {value}' for name, value in (*components, ("@signature-params", parameters))]
    return base64.b64encode(hmac.digest(key, "\n".join(lines).encode("latin-1"), "sha256")).decode()
