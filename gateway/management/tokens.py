"""/v1/tokens: the access tokens that the rest needs, a person's own and those of an organisation's pipelines."""

from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy.orm import Session

from gateway.domain.errors import NOT_FOUND, DomainError
from gateway.management.answers import shown, shown_all
from gateway.management.caller import actor, house, origin
from gateway.management.fields import Body, Flag, Several, Shown, Text, Whole, list_of
from gateway.management.resources import french, public, resource
from gateway.services import accounts, sessions, tokens
from gateway.services.actor import Actor

blueprint = resource("Tokens", "Access tokens for this API")


class NewToken(Body):
    """A token to be made. Without a token of one's own yet, `email` and `password` prove who asks."""

    email = Text(320, load_default=None)
    password = Text(256, load_default=None)
    name = Text(200, required=True)
    scopes = Several(Text(60), required=True)
    days = Whole(1, tokens.LONGEST_DAYS, load_default=30)
    organisation_id = Text(40, load_default=None, allow_none=True)
    pipeline = Flag(load_default=False)


class TokenShown(Shown):
    """A token, without its secret."""

    id = fields.String()
    display = fields.String()
    name = fields.String()
    scopes = fields.Function(lambda token: token.scopes.split(), metadata={"type": "array"})
    organisation_id = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    last_used_at = fields.AwareDateTime(allow_none=True)


class TokenMade(Shown):
    """A token just made, with the secret that is shown this once."""

    token = fields.Nested(TokenShown)
    secret = fields.String()


@blueprint.route("/tokens", methods=["POST"])
@blueprint.arguments(NewToken)
@blueprint.response(201, TokenMade)
@blueprint.doc(responses={429: "TOO_MANY_REQUESTS"})
@public(blueprint)
@french(blueprint, "Créer un jeton d’accès")
def create(body: dict[str, Any]) -> Response:
    """Make an access token, with a token of one's own or with one's address and password."""
    email, password = body.pop("email"), body.pop("password")
    with house().database.begin() as session:
        by_password = email is not None or password is not None
        maker = _person(session, email or "", password or "") if by_password else actor()
        made = tokens.mint_token(session, maker, **body)
        return shown(TokenMade, made, 201, location=f"/v1/tokens/{made.token.id}")


@blueprint.route("/tokens", methods=["GET"])
@blueprint.response(200, list_of(TokenShown))
@french(blueprint, "Énumérer ses jetons")
def mine() -> Response:
    """List one's tokens that still work, and those of the organisations whose tokens one manages."""
    with house().database.read() as session:
        return shown_all(TokenShown, tokens.list_tokens(session, actor()))


@blueprint.route("/tokens/<token_id>", methods=["GET"])
@blueprint.response(200, TokenShown)
@french(blueprint, "Lire un jeton")
def read(token_id: str) -> Response:
    """Read a token that still works."""
    with house().database.read() as session:
        for token in tokens.list_tokens(session, actor()):
            if token.id == token_id:
                return shown(TokenShown, token)
    raise DomainError(NOT_FOUND)


@blueprint.route("/tokens/<token_id>", methods=["DELETE"])
@blueprint.response(204)
@french(blueprint, "Révoquer un jeton")
def revoke(token_id: str) -> None:
    """Revoke a token."""
    with house().database.begin() as session:
        tokens.revoke_token(session, actor(), token_id)


def _person(session: Session, email: str, password: str) -> Actor:
    account = accounts.authenticate(session, house().tries, email=email, password=password, origin=origin())
    asking = actor()
    return sessions.actor_for(session, account, language=asking.language, request_id=asking.request_id, now=asking.now)
