"""Step 2 of the decision: who calls: an access token in Authorization, or an API key in X-API-Key, not in the address.

Who shows neither is nobody, and may call what a plan opens to nobody; who shows one that is not good is refused.
Garbage costs no look-up: a token's signature and a key's checksum are tried before anything is asked of the store.
"""

from collections.abc import Generator
from typing import Any, Literal
from urllib.parse import parse_qsl

from gateway.credentials.access_tokens import Fault, TokenFault, VerifiedClaims, bearer_of, verify
from gateway.credentials.api_keys import SecretKind, digest, looks_genuine
from gateway.domain.ids import ApplicationId, CredentialId
from gateway.domain.lifecycle import ApplicationState
from gateway.http.clients import account_of
from gateway.http.messages import Call
from gateway.http.problems import Row
from gateway.pipeline.challenges import challenge
from gateway.pipeline.effects import Effect, FindApplication, FindKey
from gateway.pipeline.refusals import (
    CREDENTIAL_ENDED,
    EXPIRED_TOKEN,
    INVALID_KEY,
    INVALID_TOKEN,
    KEY_IN_URL,
    NO_CREDENTIALS,
    TWO_CREDENTIALS,
    WRONG_AUDIENCE,
    Refusal,
    Refused,
)
from gateway.pipeline.routing import Route
from gateway.pipeline.snapshot import Consumer, Snapshot
from gateway.value import value

_TOKEN_ROWS = {Fault.INVALID: INVALID_TOKEN, Fault.EXPIRED: EXPIRED_TOKEN, Fault.WRONG_AUDIENCE: WRONG_AUDIENCE}

NAMES_OF_CREDENTIALS = frozenset({"access_token", "api_key", "apikey", "api-key", "x-api-key", "client_secret"})
"""Query parameters that are plainly credentials; "key" and "token" are not here: APIs use them for other things.

A document that asks for one of them is warned about on arrival (services/documents.py).
"""


@value
class Caller:
    """Who is calling, and how they showed it. `scopes` is None for a key: the plan alone says what a key may do.

    `credential` is the key, or what the token was issued for. `subject` is the person whom the token names besides the
    application; empty where it names none. `address` is the account of whoever shows nothing (http/clients.py).
    """

    consumer: Consumer
    method: Literal["token", "key", "none"]
    scopes: tuple[str, ...] | None
    credential: CredentialId
    subject: str = ""
    address: str = ""


_NOBODY = Consumer(ApplicationId(""), ApplicationState.ACTIVE)


def identify(snapshot: Snapshot, route: Route, call: Call) -> Generator[Effect, Any, Caller]:
    """The caller, or a `Refusal`."""
    if call.query:
        _refuse_credentials_in_query(route, call.query)
    named = call.headers.by_name
    tokens, keys = named.get("authorization", ()), named.get("x-api-key", ())
    if len(tokens) + len(keys) > 1:  # RFC 6750 §2: one method in a request
        raise _refusal(route, TWO_CREDENTIALS, "invalid_request")
    if keys:
        return (yield from _by_key(route, call, keys[0].strip()))
    if not tokens and route.keyless:
        address = account_of(call.client_address, snapshot.address_key)
        return Caller(_NOBODY, "none", None, CredentialId(""), address=address)
    scheme, _, token = (tokens[0] if tokens else "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():  # RFC 9110 §11.1: schemes are case-insensitive
        raise Refusal(NO_CREDENTIALS, headers=challenge(route.audience))
    return (yield from _by_token(snapshot, route, call, token.strip()))


def whose(snapshot: Snapshot, route: Route | None, call: Call) -> Generator[Effect, Any, str]:
    """The application that a call refused before its caller was known surely came from; empty when that is not sure.

    So that the refusal shows on that application's page: why was my call refused? A key is looked up only if it was
    not before (there was no route, so nobody asked who it is).
    """
    key, field = call.headers.get("x-api-key"), call.headers.get("authorization")
    if key is None:
        return bearer_of((field or "").partition(" ")[2].strip(), snapshot.public_keys, issuer=snapshot.issuer)
    if route or not looks_genuine(key.strip(), SecretKind.API_KEY):
        return ""
    try:
        consumer: Consumer | None = yield FindKey(digest(key.strip()))
    except Refused:
        return ""
    return consumer.application_id if consumer else ""


def _by_token(snapshot: Snapshot, route: Route, call: Call, token: str) -> Generator[Effect, Any, Caller]:
    claims = _verified(snapshot, route, call, token)
    consumer: Consumer | None = yield FindApplication(ApplicationId(claims.client_id))
    if consumer is None or not _usable(consumer, CredentialId(claims.credential_id), call.received_at):
        raise _refusal(route, CREDENTIAL_ENDED, "invalid_token")
    return Caller(consumer, "token", claims.scopes, CredentialId(claims.credential_id), claims.subject)


def _by_key(route: Route, call: Call, key: str) -> Generator[Effect, Any, Caller]:
    if not looks_genuine(key, SecretKind.API_KEY):
        raise _refusal(route, INVALID_KEY)
    consumer: Consumer | None = yield FindKey(digest(key))
    if consumer is None or consumer.key is None or not _usable(consumer, consumer.key, call.received_at):
        raise _refusal(route, INVALID_KEY)
    return Caller(consumer, "key", None, consumer.key)


def _verified(snapshot: Snapshot, route: Route, call: Call, token: str) -> VerifiedClaims:
    try:
        return verify(
            token, snapshot.public_keys, issuer=snapshot.issuer, audience=route.audience, now=call.received_at
        )
    except TokenFault as fault:
        row = _TOKEN_ROWS[fault.kind]
        raise _refusal(route, row, "invalid_token", api=route.version.api_name) from None


def _usable(consumer: Consumer, credential: CredentialId, now: float) -> bool:
    if credential not in consumer.credentials:
        return False
    expires = consumer.credentials[credential]
    return expires is None or now < expires


def _refuse_credentials_in_query(route: Route, query: str) -> None:
    for name, text in parse_qsl(query, keep_blank_values=True, encoding="latin-1"):
        if name.lower() in NAMES_OF_CREDENTIALS or looks_genuine(text):
            told = (
                name.lower() if name.lower() in NAMES_OF_CREDENTIALS else "…"
            )  # the rest of the query is not ours to echo
            raise _refusal(route, KEY_IN_URL, "invalid_request", name=told)


def _refusal(route: Route, row: Row, error: str = "", **values: Any) -> Refusal:
    return Refusal(row, headers=challenge(route.audience, error, row if error else None), **values)
