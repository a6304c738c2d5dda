"""/v1/accounts: opening an account, confirming its address, choosing a new password. For those without a token yet.

No answer tells whether an address has an account: 202, and the way on is in the message sent there.
"""

from typing import Any

from flask import Response
from marshmallow import fields

from gateway.domain.roles import Permission
from gateway.management.answers import shown, shown_all
from gateway.management.caller import actor, house, origin
from gateway.management.fields import Body, Choice, Flag, Shown, Text, about, list_of
from gateway.management.resources import french, needs, public, resource
from gateway.services import accounts, sessions
from gateway.services.discretion import discreetly
from gateway.words import LANGUAGES, Words

blueprint = resource(
    Words("Accounts", "Comptes"),
    Words(
        "Opening an account, confirming its address, choosing a new password",
        "Ouvrir un compte, en confirmer l’adresse, choisir un nouveau mot de passe",
    ),
)


class NewAccount(Body):
    """An account to be."""

    email = Text(320, required=True)
    name = Text(200, required=True)
    password = Text(256, required=True)
    language = Choice(LANGUAGES, load_default="en")


class Confirmation(Body):
    """The token of a message, and the password that was chosen when it was asked for."""

    token = Text(100, required=True)
    password = Text(256, required=True)


class Address(Body):
    """An address to write to."""

    email = Text(320, required=True)


class NewPassword(Body):
    """The token of a message, and the password to have."""

    token = Text(100, required=True)
    password = Text(256, required=True)


class AccountShown(Shown):
    """An account, as its owner sees it."""

    id = fields.String()
    email = fields.String()
    name = fields.String()
    language = fields.String()
    created_at = fields.AwareDateTime()
    hears_near = fields.Boolean(
        metadata=about(
            "Whether a message comes when 80% of a quota is used.",
            "Si un message arrive quand 80 % d’un quota est utilisé.",
        )
    )
    hears_spent = fields.Boolean(
        metadata=about(
            "Whether a message comes when a quota is used up.", "Si un message arrive quand un quota est épuisé."
        )
    )


class Letters(Body):
    """Which messages about quotas one gets; what is left out stays."""

    hears_near = Flag()
    hears_spent = Flag()


class SessionShown(Shown):
    """A browser in which somebody is signed in."""

    id = fields.String()
    browser = fields.String(metadata=about("What it calls itself.", "Ce qu’il dit être."))
    created_at = fields.AwareDateTime()
    seen_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()


@blueprint.route("/accounts", methods=["POST"])
@blueprint.arguments(NewAccount)
@blueprint.response(202)
@public(blueprint)
@french(
    blueprint,
    "Ouvrir un compte",
    "La réponse est la même que l’adresse ait un compte ou non; la suite est dans le message envoyé à cette adresse.",
)
def sign_up(body: dict[str, Any]) -> Response:
    """Open an account.

    The answer is the same whether or not the address has one; the way on is in the message sent there.
    """
    house().tries.count_letter(origin())
    with discreetly(), house().database.begin() as session:
        accounts.sign_up(session, actor(), link_to=house().link_to, **body)
    return _sent()


@blueprint.route("/accounts/verify", methods=["POST"])
@blueprint.arguments(Confirmation)
@blueprint.response(200, AccountShown)
@public(blueprint)
@french(
    blueprint,
    "Confirmer une adresse",
    "Le jeton est celui du message; le mot de passe, celui de l’inscription pour laquelle il fut envoyé.",
)
def verify(body: dict[str, Any]) -> Response:
    """Confirm an address.

    The token is the one of the message; the password, that of the sign-up which it was sent for.
    """
    with house().database.begin() as session:
        account = accounts.verify_email(session, actor(), house().tries, origin=origin(), **body)
        return shown(AccountShown, account)


@blueprint.route("/accounts/verification-mails", methods=["POST"])
@blueprint.arguments(Address)
@blueprint.response(202)
@public(blueprint)
@french(blueprint, "Renvoyer le message de confirmation")
def resend(body: dict[str, Any]) -> Response:
    """Send the confirming message again."""
    house().tries.count_letter(origin())
    with discreetly(), house().database.begin() as session:
        accounts.resend_verification(session, actor(), email=body["email"], link_to=house().link_to)
    return _sent()


@blueprint.route("/accounts/password-mails", methods=["POST"])
@blueprint.arguments(Address)
@blueprint.response(202)
@public(blueprint)
@french(
    blueprint,
    "Demander un nouveau mot de passe",
    "Le message envoyé permet d’en choisir un.",
)
def forgotten(body: dict[str, Any]) -> Response:
    """Ask for a new password.

    The message that is sent holds the way to choose one.
    """
    house().tries.count_letter(origin())
    with discreetly(), house().database.begin() as session:
        accounts.request_password_reset(session, actor(), email=body["email"], link_to=house().link_to)
    return _sent()


@blueprint.route("/accounts/password", methods=["POST"])
@blueprint.arguments(NewPassword)
@blueprint.response(200, AccountShown)
@public(blueprint)
@french(
    blueprint,
    "Choisir un nouveau mot de passe",
    "Le jeton est celui du message; toutes les sessions prennent fin.",
)
def choose_password(body: dict[str, Any]) -> Response:
    """Choose a new password.

    The token is the one of the message; every session ends.
    """
    with house().database.begin() as session:
        return shown(AccountShown, accounts.reset_password(session, actor(), **body))


@blueprint.route("/account", methods=["GET"])
@blueprint.response(200, AccountShown)
@french(blueprint, "Lire son compte")
def me() -> Response:
    """Read one's own account."""
    with house().database.read() as session:
        return shown(AccountShown, accounts.own_account(session, actor()))


@blueprint.route("/account/messages", methods=["POST"])
@blueprint.arguments(Letters)
@blueprint.response(200, AccountShown)
@needs(blueprint, Permission.MANAGE_TOKENS)
@french(blueprint, "Choisir ses messages", "Ceux qui parlent des quotas.")
def choose_letters(body: dict[str, Any]) -> Response:
    """Choose one's messages.

    Those about quotas.
    """
    with house().database.begin() as session:
        return shown(AccountShown, accounts.choose_letters(session, actor(), **body))


@blueprint.route("/account/sessions", methods=["GET"])
@blueprint.response(200, list_of(SessionShown))
@needs(blueprint, Permission.MANAGE_TOKENS)
@french(blueprint, "Énumérer ses sessions")
def own_sessions() -> Response:
    """List one's sessions: the browsers, the latest seen first."""
    with house().database.read() as session:
        return shown_all(SessionShown, sessions.list_sessions(session, actor()))


@blueprint.route("/account/sessions/<session_id>", methods=["DELETE"])
@blueprint.response(204)
@needs(blueprint, Permission.MANAGE_TOKENS)
@french(blueprint, "Mettre fin à une session")
def end_session(session_id: str) -> None:
    """Sign one's account out of a browser."""
    with house().database.begin() as session:
        sessions.revoke_session(session, actor(), session_id)


def _sent() -> Response:
    return Response(status=202)
