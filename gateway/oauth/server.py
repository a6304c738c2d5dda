"""The authorization server: Authlib's machinery with our clients, our tokens, and its unsafe defaults closed.

Only client_credentials is registered; what is not registered is refused. Errors keep the shape of RFC 6749 §5.2.
"""

import secrets
import time
from collections.abc import Mapping
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload
from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import InvalidScopeError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from flask import Flask, g
from werkzeug.datastructures import MultiDict

from gateway.credentials import access_tokens
from gateway.credentials.access_tokens import TokenClaims
from gateway.domain.scopes import api_of, parse_scopes
from gateway.oauth.clients import AUTH_METHODS, Client
from gateway.oauth.refusals import NOT_ACTIVE, NOT_GRANTED
from gateway.oauth.requests import ClientRefused, read_proof
from gateway.services import credentials
from gateway.services.actor import utc_now
from gateway.services.house import House
from gateway.store import keys

TOKEN_SECONDS = 3_600
"""How long a token lives. Authlib's default for this grant is ten days."""


class FormPayload(FlaskOAuth2Payload):  # type: ignore[misc]  # Authlib ships no types
    """What was sent in the body; Authlib's own would mix in what stands in the address."""

    @property
    def data(self) -> MultiDict[str, str]:
        """The form."""
        form: MultiDict[str, str] = self._request.form
        return form


class OneTokenGrant(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib ships no types
    """client_credentials (RFC 6749 §4.4), granting what may be granted or nothing."""

    TOKEN_ENDPOINT_AUTH_METHODS = list(AUTH_METHODS)  # noqa: RUF012 - Authlib's name and type

    def validate_token_request(self) -> None:
        """Who asks, whether they may, and for which scopes."""
        super().validate_token_request()
        if not self.request.client.is_active:
            raise UnauthorizedClientError(NOT_ACTIVE.en)
        allowed = self.request.client.get_allowed_scope(self.request.payload.scope)
        if not allowed or set(parse_scopes(self.request.payload.scope)) - set(parse_scopes(allowed)):
            raise InvalidScopeError(NOT_GRANTED.en)
        self.granted = allowed

    def create_token_response(self) -> tuple[int, Mapping[str, Any], list[tuple[str, str]]]:
        """A token for the scopes granted, which are always told (RFC 6749 §5.1)."""
        token = self.generate_token(scope=self.granted, include_refresh_token=False)
        return 200, token, self.TOKEN_RESPONSE_HEADER


class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib ships no types
    """The server of one application. `g.oauth_session` is the store's session while it answers."""

    def __init__(self, app: Flask, house: House) -> None:
        """Register what there is, and nothing else."""
        super().__init__(app)
        self._house = house
        self.register_token_generator("default", self._sign)
        self.register_grant(OneTokenGrant)

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        """The request as grants see it."""
        made = super().create_oauth2_request(request)
        made.payload = FormPayload(made._request)  # noqa: SLF001 - where Authlib keeps Flask's request
        return made

    def authenticate_client(self, request: OAuth2Request, methods: list[str], endpoint: str = "token") -> Client:  # noqa: ARG002 - Authlib's signature; each endpoint takes each method
        """The client that proved itself; Authlib's own way breaks on what is no UTF-8 and tells unknown from wrong."""
        proof = read_proof(request.headers.get("Authorization"), request.form)
        proved = credentials.authenticate_client(g.oauth_session, proof.client_id, proof.secret, utc_now())
        if proved is None:
            raise ClientRefused
        g.oauth_client = Client(g.oauth_session, proved)
        return g.oauth_client  # type: ignore[no-any-return]  # what was just put there

    def _sign(self, client: Client, scope: str, **_kwargs: Any) -> dict[str, Any]:
        claims = _claims(self._house.public_url, client, parse_scopes(scope), int(time.time()))
        signed = access_tokens.mint(claims, keys.signing_key(g.oauth_session, self._house.sealer))
        return {"access_token": signed, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "scope": scope}


def _claims(issuer: str, client: Client, scopes: tuple[str, ...], now: int) -> TokenClaims:
    # RFC 9068 §3: the audience is inferred from the scopes; each of ours names its API.
    audience = dict.fromkeys(f"{issuer}/api/{api_of(scope)}" for scope in scopes)
    return TokenClaims(
        issuer=issuer,
        audience=tuple(audience),
        client_id=client.get_client_id(),
        scopes=scopes,
        issued_at=now,
        expires_at=now + TOKEN_SECONDS,
        token_id=secrets.token_urlsafe(16),
        credential_id=client.secret.id,
    )
