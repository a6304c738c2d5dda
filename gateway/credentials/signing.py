"""Signing keys of access tokens: ES256 (RFC 7518 §3.4) and nothing else.

The law: a key is named by its thumbprint (RFC 7638), so that a name cannot lead to another key; the private member
`d` never leaves this file's callers, and `public_jwk` cannot let it through.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from joserfc.jwk import ECKey

ALGORITHM = "ES256"

_PUBLIC_MEMBERS = ("kty", "crv", "x", "y", "kid", "use", "alg")


def make_signing_key() -> dict[str, Any]:
    """A new private JWK; its `kid` is its thumbprint."""
    key = ECKey.generate_key("P-256", private=True)
    return {**key.as_dict(private=True), "kid": key.thumbprint(), "use": "sig", "alg": ALGORITHM}


def public_jwk(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """The half of a key that everybody may have: members are picked, not removed."""
    return {member: jwk[member] for member in _PUBLIC_MEMBERS if member in jwk}


def jwks_document(jwks: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The JWK Set (RFC 7517 §5) that is published."""
    return {"keys": [public_jwk(jwk) for jwk in jwks]}
