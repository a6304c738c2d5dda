"""The addresses of the authorization server: /oauth/token, /oauth/jwks, and its metadata."""

from flask import Blueprint, Flask, Response, g, jsonify, request

from gateway.credentials.signing import jwks_document
from gateway.oauth.clients import Client
from gateway.oauth.metadata import WELL_KNOWN, metadata
from gateway.oauth.server import build_server
from gateway.services import credentials
from gateway.services.actor import utc_now
from gateway.services.house import House
from gateway.store import keys

_MAX_FORM = 16 * 1024
_KEYS_FRESH = "public, max-age=300"


def _note_use(house: House) -> None:
    """Remember that the secret was used; at most once a minute, so that few tokens ever write."""
    client: Client | None = g.get("oauth_client")
    if client and client.credential and credentials.use_is_news(client.credential, utc_now()):
        with house.database.begin() as session:
            credentials.note_use(session, client.credential.id, utc_now())


def install_oauth(app: Flask, house: House) -> None:
    """Mount the authorization server."""
    blueprint = Blueprint("oauth", __name__)
    server = build_server(app, house)

    @blueprint.post("/oauth/token")
    def token() -> Response:
        """Exchange client credentials for an access token (RFC 6749 §4.4)."""
        request.max_content_length = _MAX_FORM
        # Read only: a token must not wait for whoever is editing.
        with house.database.read() as g.oauth_session:
            response: Response = server.create_token_response()
        _note_use(house)
        # RFC 6749 §5.1 and §5.2: neither tokens nor their refusals are kept by anyone in between.
        response.headers["Cache-Control"] = "no-store"
        response.headers["Pragma"] = "no-cache"
        return response

    @blueprint.get("/oauth/jwks")
    def jwks() -> Response:
        """The public keys (RFC 7517)."""
        with house.database.read() as session:
            response = jsonify(jwks_document(keys.public_keys(session)))
        response.headers["Cache-Control"] = _KEYS_FRESH
        return response

    @blueprint.get(WELL_KNOWN)
    def discovery() -> Response:
        """The metadata (RFC 8414)."""
        response = jsonify(metadata(house.public_url))
        response.headers["Cache-Control"] = _KEYS_FRESH
        return response

    app.register_blueprint(blueprint)
