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
from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from flask import Flask, g
from werkzeug.datastructures import MultiDict

from gateway.credentials import access_tokens
from gateway.credentials.access_tokens import TokenClaims
from gateway.domain.scopes import api_of, parse_scopes
from gateway.oauth.clients import AUTH_METHODS, Client
from gateway.services.actor import utc_now
from gateway.services.house import House
from gateway.store import keys
from gateway.store.applications import Application

TOKEN_SECONDS = 3_600
"""How long a token lives. Authlib's default for this grant is ten days."""

_ONCE = ("grant_type", "scope", "client_id", "client_secret")


class FormPayload(FlaskOAuth2Payload):  # type: ignore[misc]  # Authlib ships no types
    """What was sent in the body; Authlib's own would mix in what stands in the address."""

    @property
    def data(self) -> MultiDict[str, str]:
        """The form."""
        form: MultiDict[str, str] = self._request.form
        return form


class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib ships no types
    """Authlib's server, reading bodies only."""

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        """The request as grants see it."""
        made = super().create_oauth2_request(request)
        made.payload = FormPayload(made._request)  # noqa: SLF001 - where Authlib keeps Flask's request
        return made


class OneTokenGrant(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib ships no types
    """client_credentials (RFC 6749 §4.4) with the checks that Authlib leaves to us."""

    TOKEN_ENDPOINT_AUTH_METHODS = list(AUTH_METHODS)  # noqa: RUF012 - Authlib's name and type

    def validate_token_request(self) -> None:
        """Refuse what is sent twice, or in the address, before anything is looked up."""
        _refuse_repeated(self.request)
        super().validate_token_request()
        allowed = self.request.client.get_allowed_scope(self.request.payload.scope)
        if not allowed or set(parse_scopes(self.request.payload.scope)) - set(parse_scopes(allowed)):
            raise InvalidScopeError
        self.granted = allowed

    def create_token_response(self) -> tuple[int, Mapping[str, Any], list[tuple[str, str]]]:
        """A token for the scopes granted, which are always told (RFC 6749 §5.1)."""
        token = self.generate_token(scope=self.granted, include_refresh_token=False)
        return 200, token, self.TOKEN_RESPONSE_HEADER


def build_server(app: Flask, house: House) -> Server:
    """The server of one application."""

    def query_client(client_id: str) -> Client | None:
        application = g.oauth_session.get(Application, client_id)
        g.oauth_client = Client(g.oauth_session, application, utc_now()) if application else None
        client: Client | None = g.oauth_client
        return client

    def generate(client: Client, scope: str, **_kwargs: Any) -> dict[str, Any]:
        claims = _claims(house.public_url, client, parse_scopes(scope), int(time.time()))
        signed = access_tokens.mint(claims, keys.signing_key(g.oauth_session, house.sealer))
        return {"access_token": signed, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "scope": scope}

    server = Server(app, query_client=query_client, save_token=lambda _token, _request: None)
    server.register_token_generator("default", generate)
    server.register_grant(OneTokenGrant)
    return server


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
        credential_id=client.credential.id if client.credential else "",
    )


def _refuse_repeated(request: OAuth2Request) -> None:
    # RFC 6749 §3.2: parameters are sent once; §2.3.1: credentials never in the address; §2.3: one method at a time.
    if any(name in request.args for name in _ONCE):
        raise InvalidRequestError("Parameters belong in the body, not in the address.")
    if any(len(request.form.getlist(name)) > 1 for name in _ONCE):
        raise InvalidRequestError("A parameter was sent more than once.")
    if "authorization" in request.headers and "client_secret" in request.form:
        raise InvalidRequestError("The client used two ways to prove itself.")
