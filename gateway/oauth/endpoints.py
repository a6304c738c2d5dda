"""The addresses of the authorization server: /oauth/token, /oauth/jwks, and its metadata.

The law: whatever goes wrong at the token endpoint, also before or around our code, is told in the shape of RFC 6749
§5.2, and neither a token nor its refusal is kept by anyone in between (§5.1).
"""

import json
from collections.abc import Mapping
from functools import partial

import structlog
from authlib.oauth2 import OAuth2Error
from flask import Blueprint, Flask, Response, abort, g, jsonify, request

from gateway.credentials.signing import jwks_document
from gateway.oauth.clients import Client
from gateway.oauth.metadata import WELL_KNOWN, metadata
from gateway.oauth.refusals import NOT_POSTED, TOO_LONG, told
from gateway.oauth.requests import require_plain_form
from gateway.oauth.server import Server
from gateway.pipeline.refusals import Failure
from gateway.services import catalogue, credentials
from gateway.services.actor import utc_now
from gateway.services.house import House
from gateway.store import keys
from gateway.store.away import answering

TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address

_MAX_FORM = 16 * 1024
_KEYS_FRESH = "public, max-age=300"
_BEFORE_US: Mapping[int, dict[str, str]] = {
    405: {"error": "invalid_request", "error_description": NOT_POSTED.en},
    413: {"error": "invalid_request", "error_description": TOO_LONG.en},
    500: {"error": "server_error"},
    503: {"error": "temporarily_unavailable"},
}
"""What is told of a status that was decided before our code, or around it."""

log = structlog.get_logger(__name__)


def install_oauth(app: Flask, house: House) -> None:
    """Mount the authorization server."""
    blueprint = Blueprint("oauth", __name__)
    server = Server(app, house)

    @blueprint.post(TOKEN_PATH)
    def token() -> Response:
        """Exchange client credentials for an access token (RFC 6749 §4.4)."""
        request.max_content_length = _MAX_FORM
        try:
            response = _answered(server, house)
        except Failure:
            abort(503)
        _note_use(house)
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
        with house.database.read() as session:
            names = catalogue.names(session)
        response = jsonify(metadata(house.public_url, names))
        response.headers["Cache-Control"] = _KEYS_FRESH
        return response

    app.register_blueprint(blueprint)
    app.after_request(partial(_in_our_shape, documentation=f"{house.public_url}/errors"))


def _answered(server: Server, house: House) -> Response:
    try:
        require_plain_form(request)
    except OAuth2Error as error:
        refusal: Response = server.handle_error_response(request, error)
        return refusal
    # Read only: a token must not wait for whoever is editing.
    with answering(), house.database.read() as g.oauth_session:
        response: Response = server.create_token_response()
    return response


def _note_use(house: House) -> None:
    """Remember that the secret was used; at most once a minute, so that few tokens ever write."""
    client: Client | None = g.get("oauth_client")
    if client is None or not credentials.use_is_news(client.secret, utc_now()):
        return
    try:
        with answering(), house.database.begin() as session:
            credentials.note_use(session, client.secret.id, utc_now())
    except Failure as failure:
        # The token is made; who asks for the next one tries again.
        log.warning("the use of a credential was not noted", credential=client.secret.id, exc_info=failure)


def _in_our_shape(response: Response, documentation: str) -> Response:
    if request.path != TOKEN_PATH:
        return response
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    if response.status_code >= 400:
        otherwise = _BEFORE_US.get(response.status_code, {"error": "invalid_request"})
        error = response.get_json() if response.is_json else otherwise
        refusal = told(error, request.headers.get("Accept-Language"), documentation)
        response.set_data(json.dumps(refusal, ensure_ascii=False))
        response.mimetype = "application/json"
        response.vary.add("Accept-Language")
    return response
