"""/v1/tokens: the access tokens that the rest needs, a person's own and those of an organisation's pipelines."""

from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy.orm import Session

from gateway.domain.errors import NOT_FOUND, DomainError
from gateway.domain.permission_words import MEANINGS
from gateway.domain.roles import Permission
from gateway.management.answers import shown, shown_all
from gateway.management.caller import actor, house, origin
from gateway.management.fields import Body, Flag, Several, Shown, Text, Whole, about, list_of
from gateway.management.resources import french, needs, public, resource
from gateway.services import accounts, sessions, tokens
from gateway.services.actor import Actor
from gateway.words import Language, Words

blueprint = resource(
    Words("Tokens", "Jetons"),
    Words(
        "Access tokens for this API",
        "Les jetons d’accès à cette API",
    ),
)


def _listed(lead: Words, language: Language) -> str:
    """A Markdown list of all scopes under a sentence."""
    line = Words("- `{scope}`: {meaning}", "- `{scope}` : {meaning}")
    lines = (line.fill(scope=scope, meaning=meaning).of(language) for scope, meaning in MEANINGS.items())
    return "\n".join((lead.of(language), "", *lines))


_SCOPES = Words(
    "What the token may do. Your roles may allow you to give only some of these:",
    "Ce que le jeton peut faire. Il se peut que vos rôles ne vous permettent d’en donner qu’une partie :",
)


class NewToken(Body):
    """A token to be made. Without a token of one's own yet, `email` and `password` prove who asks."""

    email = Text(
        320,
        load_default=None,
        metadata=about(
            "Yours, if you have no token yet.",
            "La vôtre, si vous n’avez pas encore de jeton.",
            examples=["you@example.org"],
        ),
    )
    password = Text(256, load_default=None, metadata=about("With `email`.", "Avec `email`.", examples=["…"]))
    name = Text(
        200,
        required=True,
        metadata=about(
            "What it is for, so that you know it again.", "À quoi il sert, pour le reconnaître.", examples=["CI"]
        ),
    )
    scopes = Several(
        Text(60, metadata={"enum": [str(scope) for scope in MEANINGS]}),
        required=True,
        metadata=about(
            _listed(_SCOPES, "en"), _listed(_SCOPES, "fr"), examples=[["api:read", "api:edit", "api:publish"]]
        ),
    )
    days = Whole(
        1,
        tokens.LONGEST_DAYS,
        load_default=tokens.USUAL_DAYS,
        metadata=about("How many days it works.", "Pendant combien de jours il fonctionne."),
    )
    organisation_id = Text(
        40,
        load_default=None,
        allow_none=True,
        metadata=about(
            "The one organisation that the token keeps to; all of yours if it is left out.",
            "La seule organisation à laquelle le jeton se limite; toutes les vôtres s’il n’y en a pas.",
        ),
    )
    pipeline = Flag(
        load_default=False,
        metadata=about(
            "Whether it acts for the organisation (`organisation_id`) rather than for you, and outlives your "
            "membership.",
            "S’il agit pour l’organisation (`organisation_id`) plutôt que pour vous, et survit à votre appartenance.",
        ),
    )


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

    secret = fields.String(
        metadata=about(
            "The access token itself, to be sent as `Authorization: Bearer <secret>`. It is shown this once.",
            "Le jeton d’accès lui-même, à envoyer sous la forme `Authorization: Bearer <secret>`."
            " Il n’est montré que cette fois.",
            examples=["gct_…"],
        )
    )
    token = fields.Nested(
        TokenShown,
        metadata=about(
            "What is kept of the token. The token itself is in `secret`.",
            "Ce qui est conservé du jeton. Le jeton lui-même est dans `secret`.",
        ),
    )


@blueprint.route("/tokens", methods=["POST"])
@blueprint.arguments(NewToken)
@blueprint.response(201, TokenMade)
@blueprint.doc(responses={429: "TOO_MANY_REQUESTS"})
@public(blueprint)
@french(
    blueprint,
    "Créer un jeton d’accès",
    "Avec un jeton à soi, ou avec son adresse et son mot de passe. Le jeton est le `secret` de la réponse;"
    " son membre `token` dit ce qui en est conservé.",
)
def create(body: dict[str, Any]) -> Response:
    """Make an access token.

    With a token of one's own, or with one's address and password.
    The token is the `secret` of the answer; its `token` tells what is kept of it.
    """
    email, password = body.pop("email"), body.pop("password")
    with house().database.begin() as session:
        by_password = email is not None or password is not None
        maker = _person(session, email or "", password or "") if by_password else actor()
        made = tokens.mint_token(session, maker, **body)
        return shown(TokenMade, made, 201, location=f"/v1/tokens/{made.token.id}")


@blueprint.route("/tokens", methods=["GET"])
@blueprint.response(200, list_of(TokenShown))
@needs(blueprint, Permission.MANAGE_TOKENS)
@french(
    blueprint,
    "Énumérer ses jetons",
    "Ceux qui fonctionnent encore, et ceux des organisations dont on gère les jetons.",
)
def mine() -> Response:
    """List one's tokens.

    Those that still work, and those of the organisations whose tokens one manages.
    """
    with house().database.read() as session:
        return shown_all(TokenShown, tokens.list_tokens(session, actor()))


@blueprint.route("/tokens/<token_id>", methods=["GET"])
@blueprint.response(200, TokenShown)
@needs(blueprint, Permission.MANAGE_TOKENS)
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
@needs(blueprint, Permission.MANAGE_TOKENS)
@french(blueprint, "Révoquer un jeton")
def revoke(token_id: str) -> None:
    """Revoke a token."""
    with house().database.begin() as session:
        tokens.revoke_token(session, actor(), token_id)


def _person(session: Session, email: str, password: str) -> Actor:
    account = accounts.authenticate(session, house().tries, email=email, password=password, origin=origin())
    asking = actor()
    return sessions.actor_for(session, account, language=asking.language, request_id=asking.request_id, now=asking.now)
