"""/v1/accounts and /v1/tokens: opening an account, confirming its address, and the tokens that the rest needs."""

from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy.orm import Session

from gateway.management.caller import actor, house
from gateway.management.fields import (
    Body,
    Choice,
    Flag,
    Several,
    Shown,
    Text,
    Whole,
    french,
    list_of,
    public,
    resource,
    shown,
    shown_all,
)
from gateway.services import accounts, sessions, tokens
from gateway.services.actor import Actor
from gateway.words import LANGUAGES, Language

blueprint = resource("accounts", "People and their access tokens")


class SignUp(Body):
    """A new account."""

    email = Text(320, required=True)
    name = Text(200, required=True)
    password = Text(256, required=True)
    language = Choice(LANGUAGES, load_default="en")


class Token(Body):
    """The token of a message."""

    token = Text(100, required=True)


class Address(Body):
    """An address to write to."""

    email = Text(320, required=True)


class Wanted(Body):
    """A token to be made. Without a token of one's own yet, `email` and `password` prove who asks."""

    email = Text(320, load_default=None)
    password = Text(256, load_default=None)
    name = Text(200, required=True)
    scopes = Several(Text(60), required=True)
    days = Whole(1, tokens.LONGEST_DAYS, load_default=30)
    organisation_id = Text(40, load_default=None, allow_none=True)
    pipeline = Flag(load_default=False)


class AccountShown(Shown):
    """An account, as its owner sees it."""

    id = fields.String()
    email = fields.String()
    name = fields.String()
    language = fields.String()
    created_at = fields.AwareDateTime()


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


@blueprint.route("/accounts", methods=["POST"])
@blueprint.arguments(SignUp)
@blueprint.response(202)
@public(blueprint)
@french(blueprint, "Ouvrir un compte")
def sign_up(body: dict[str, Any]) -> None:
    """Open an account.

    The answer is the same whether or not the address has one; the way on is in the message sent there.
    """
    with house().database.begin() as session:
        accounts.sign_up(session, actor(), link_to=house().link_to, **body)


@blueprint.route("/accounts/verify", methods=["POST"])
@blueprint.arguments(Token)
@blueprint.response(200, AccountShown)
@public(blueprint)
@french(blueprint, "Confirmer une adresse")
def verify(body: dict[str, Any]) -> Response:
    """Confirm an address with the token of the message."""
    with house().database.begin() as session:
        return shown(AccountShown, accounts.verify_email(session, actor(), token=body["token"]))


@blueprint.route("/accounts/verification-mails", methods=["POST"])
@blueprint.arguments(Address)
@blueprint.response(202)
@public(blueprint)
@french(blueprint, "Renvoyer le message de confirmation")
def resend(body: dict[str, Any]) -> None:
    """Send the confirming message again."""
    with house().database.begin() as session:
        accounts.resend_verification(session, actor(), email=body["email"], link_to=house().link_to)


@blueprint.route("/account", methods=["GET"])
@blueprint.response(200, AccountShown)
@french(blueprint, "Lire son compte")
def me() -> Response:
    """Read one's own account."""
    with house().database.read() as session:
        return shown(AccountShown, accounts.own_account(session, actor()))


@blueprint.route("/tokens", methods=["POST"])
@blueprint.arguments(Wanted)
@blueprint.response(201, TokenMade)
@public(blueprint)
@french(blueprint, "Créer un jeton d’accès")
def mint(body: dict[str, Any]) -> Response:
    """Make an access token, with a token of one's own or with one's address and password."""
    email, password = body.pop("email"), body.pop("password")
    with house().database.begin() as session:
        maker = _person(session, email, password) if email and password else actor()
        made = tokens.mint_token(session, maker, **body)
        return shown(TokenMade, made, 201, location=f"/v1/tokens/{made.token.id}")


@blueprint.route("/tokens", methods=["GET"])
@blueprint.response(200, list_of(TokenShown))
@french(blueprint, "Énumérer ses jetons")
def mine() -> Response:
    """List one's tokens."""
    with house().database.read() as session:
        return shown_all(TokenShown, tokens.list_tokens(session, actor()))


@blueprint.route("/tokens/<token_id>", methods=["DELETE"])
@blueprint.response(204)
@french(blueprint, "Révoquer un jeton")
def revoke(token_id: str) -> None:
    """Revoke a token."""
    with house().database.begin() as session:
        tokens.revoke_token(session, actor(), token_id)


def _person(session: Session, email: str, password: str) -> Actor:
    account = accounts.authenticate(session, house().ledger, email=email, password=password)
    language: Language = "fr" if account.language == "fr" else "en"
    return sessions.actor_for(session, account, language=language, request_id=actor().request_id, now=actor().now)
