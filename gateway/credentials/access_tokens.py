"""Access tokens: JWTs in the profile of RFC 9068, signed ES256, made and checked in this one place.

The law: nothing in a token is believed before its signature holds, and the key is chosen among ours by `kid` only;
what the header offers as a key (`jwk`, `jku`, `x5u`, `x5c`) or demands (`crit`) makes the token invalid.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, NewType

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gateway.credentials.json_objects import JsonFault, decode_segment, read_object
from gateway.credentials.signing import ALGORITHM
from gateway.domain.ids import PREFIXES
from gateway.domain.scopes import parse_scopes

MAX_TOKEN = 8 * 1024
"""The longest token we look at, in characters."""

LEEWAY = 5
"""How far the clocks of two of our machines may differ, in seconds: on `iat` and `nbf` only, never on `exp`."""

_TYPES = frozenset({"at+jwt", "application/at+jwt"})  # RFC 9068 §4
_HEADER_MEMBERS = frozenset({"typ", "alg", "kid"})


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """What a token says. Times are whole seconds since the epoch; `client_id` is the application's id.

    `subject` is the person on whose behalf the application calls; empty when it calls for itself.
    """

    issuer: str
    audience: tuple[str, ...]
    client_id: str
    scopes: tuple[str, ...]
    issued_at: int
    expires_at: int
    token_id: str
    credential_id: str
    subject: str = ""


VerifiedClaims = NewType("VerifiedClaims", TokenClaims)
"""Claims whose signature, type, issuer, audience and times were checked."""


class Fault(StrEnum):
    """What is wrong with a token, as far as a caller may know."""

    INVALID = "invalid"
    EXPIRED = "expired"
    WRONG_AUDIENCE = "wrong-audience"


class TokenFault(Exception):  # noqa: N818 - a fault of the token, told to its bearer
    """A token that opens nothing."""

    def __init__(self, kind: Fault) -> None:
        """Name the kind."""
        super().__init__(kind.value)
        self.kind = kind


def mint(claims: TokenClaims, key: Mapping[str, Any]) -> str:
    """A signed token. `key` is a private JWK of signing.py."""
    header = {"typ": "at+jwt", "alg": ALGORITHM, "kid": key["kid"]}
    payload = {
        "iss": claims.issuer,
        "aud": list(claims.audience),
        "sub": claims.subject or claims.client_id,  # RFC 9068 §2.2: with no person involved, it is the client
        "client_id": claims.client_id,
        "scope": " ".join(claims.scopes),
        "iat": claims.issued_at,
        "exp": claims.expires_at,
        "jti": claims.token_id,
        "crd": claims.credential_id,
    }
    signer = _signer(key["x"], key["y"], key["d"])
    return jws.serialize_compact(header, orjson.dumps(payload), signer, algorithms=[ALGORITHM])


@lru_cache(maxsize=8)
def _signer(x: str, y: str, d: str) -> ECKey:
    # A memo of a pure function: to import a key takes longer than to sign with it.
    return ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y, "d": d})


def verify(
    token: str, public_keys: Mapping[str, Mapping[str, Any]], *, issuer: str, audience: str, now: float
) -> VerifiedClaims:
    """The claims of a token that is ours, in force, and meant for `audience`; raises `TokenFault`."""
    try:
        claims, not_before = _read(token, public_keys)
    except JsonFault:
        raise TokenFault(Fault.INVALID) from None
    if claims.issuer != issuer or max(claims.issued_at, not_before) > now + LEEWAY:
        raise TokenFault(Fault.INVALID)
    if now >= claims.expires_at:
        raise TokenFault(Fault.EXPIRED)
    if audience not in claims.audience:
        raise TokenFault(Fault.WRONG_AUDIENCE)
    return VerifiedClaims(claims)


def bearer_of(token: str, public_keys: Mapping[str, Mapping[str, Any]], *, issuer: str) -> str:
    """The client id of a token that we signed, whatever it was for and however old it is; empty for any other.

    It opens nothing: it only tells whose page a refused call belongs on.
    """
    try:
        claims, _ = _read(token, public_keys)
    except JsonFault:
        return ""
    return claims.client_id if claims.issuer == issuer else ""


def _read(token: str, public_keys: Mapping[str, Mapping[str, Any]]) -> tuple[TokenClaims, int]:
    kid = _key_id(token)
    if kid not in public_keys:
        raise JsonFault
    return _signed_claims(token, str(public_keys[kid]["x"]), str(public_keys[kid]["y"]))


@lru_cache(maxsize=4096)
def _key_id(token: str) -> str:
    # A memo like the one below; here garbage can push good tokens out, and costs them a few microseconds.
    if len(token) > MAX_TOKEN or token.count(".") != 2:
        raise JsonFault
    header = read_object(decode_segment(token.partition(".")[0]))
    kid = header.get("kid")
    if (
        header.get("alg") != ALGORITHM
        or str(header.get("typ")).lower() not in _TYPES
        or header.keys() - _HEADER_MEMBERS
    ):
        raise JsonFault
    if not isinstance(kid, str):
        raise JsonFault
    return kid


@lru_cache(maxsize=4096)
def _signed_claims(token: str, x: str, y: str) -> tuple[TokenClaims, int]:
    # A memo of a pure function: a signature costs 110 µs to check, and a client shows one token many times. Only
    # tokens that were found good are kept (an exception is not), so that nobody can push them out with garbage.
    key = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y})
    try:
        signed = jws.deserialize_compact(token, key, algorithms=[ALGORITHM])
    except (JoseError, ValueError) as fault:
        raise JsonFault from fault
    payload = read_object(signed.payload)
    not_before = _integer(payload, "nbf") if "nbf" in payload else 0
    return _claims(payload), not_before


def _claims(payload: Mapping[str, Any]) -> TokenClaims:
    subject, client_id = _text(payload, "sub"), _text(payload, "client_id")
    # RFC 9068 §5: nobody may be taken for an application that another token is of.
    if not subject or (subject != client_id and subject.startswith(f"{PREFIXES['application']}_")):
        raise JsonFault
    return TokenClaims(
        issuer=_text(payload, "iss"),
        audience=_audience(payload.get("aud")),
        client_id=client_id,
        scopes=parse_scopes(_text(payload, "scope")),
        issued_at=_integer(payload, "iat"),
        expires_at=_integer(payload, "exp"),
        token_id=_text(payload, "jti"),
        credential_id=_text(payload, "crd"),
        subject="" if subject == client_id else subject,
    )


def _audience(value: object) -> tuple[str, ...]:
    members = [value] if isinstance(value, str) else value  # RFC 7519 §4.1.3: one or many
    if not isinstance(members, list) or not all(isinstance(member, str) for member in members):
        raise JsonFault
    return tuple(members)


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str):
        raise JsonFault
    return value


def _integer(payload: Mapping[str, Any], name: str) -> int:
    value = payload.get(name)
    # RFC 7519 allows fractions; we mint none, and a bool is an int to Python.
    if type(value) is not int:
        raise JsonFault
    return value
