"""Access tokens for the management API: a person's own, or an organisation's for its pipelines.

A token may do what its scopes name and no more than its maker could; a pipeline's token acts with the organisation's
role, for that organisation alone, and outlives its maker's membership. What is made with a token reaches no further
than that token: it needs the scope `token:edit`, keeps to the same organisation, and a pipeline makes pipelines' only.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.credentials.api_keys import SecretKind, digest, display, looks_genuine, mint_secret
from gateway.domain.errors import NOT_FOUND, NOT_SIGNED_IN, TOO_MANY, DomainError, invalid, required
from gateway.domain.ids import is_id
from gateway.domain.roles import PERMISSIONS, ROLES_OF_KIND, OrganisationKind, Permission, Role
from gateway.services import audit
from gateway.services.actor import Actor, utc_now
from gateway.services.sessions import actor_for
from gateway.services.texts import text_field
from gateway.store.accounts import AccessToken, Organisation
from gateway.words import Language

LONGEST_DAYS = 365
USUAL_DAYS = 30
"""How long a token lasts unless its maker says otherwise, whichever way it is made."""

MOST_TOKENS = 50
_USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class MintedToken:
    """A token just made, with the secret that is shown once."""

    token: AccessToken
    secret: str


def mint_token(
    session: Session,
    actor: Actor,
    *,
    name: str,
    scopes: Sequence[str],
    days: int,
    organisation_id: str | None = None,
    pipeline: bool = False,
) -> MintedToken:
    """Make a token. `organisation_id` limits it to one organisation, and a pipeline's token needs one.

    Raises:
        DomainError: NOT_SIGNED_IN, who may not, REQUIRED, INVALID, TOO_MANY.
    """
    owner = _owner(session, actor, organisation_id, pipeline=pipeline)
    if len(list_tokens(session, actor)) >= MOST_TOKENS:
        raise DomainError(TOO_MANY, limit=MOST_TOKENS)
    secret = mint_secret(SecretKind.MANAGEMENT_TOKEN, secrets.token_bytes(32))
    token = AccessToken(
        digest=digest(secret),
        display=display(secret),
        name=_name(name),
        account_id=owner.account_id,
        organisation_id=owner.organisation_id,
        role=owner.role,
        scopes=" ".join(_scopes(actor, scopes, owner.organisation_id)),
        created_at=actor.now,
        expires_at=actor.now + _lifetime(days),
    )
    session.add(token)
    session.flush()
    told = {"name": token.name, "scopes": token.scopes, "expires_at": token.expires_at, "pipeline": bool(token.role)}
    audit.tell(session, actor, "token.mint", token.id, token.organisation_id or "", after=told)
    return MintedToken(token, secret)


def grantable(actor: Actor, organisation_id: str | None = None) -> list[str]:
    """The scopes that a token which an actor makes may carry, for one organisation or for all that are theirs."""
    held = {permission for role in _roles_within(actor, organisation_id) for permission in PERMISSIONS[role]}
    scopes = [str(permission) for permission in Permission if permission in held]
    return scopes if actor.scopes is None else [scope for scope in scopes if scope in actor.scopes]


def actor_of_token(session: Session, secret: str, *, language: Language, request_id: str) -> Actor | None:
    """Who acts with this token, if it still works. Only reads, so that nobody waits here for whoever is editing."""
    if not looks_genuine(secret, SecretKind.MANAGEMENT_TOKEN):
        return None
    now = utc_now()
    token = session.scalar(select(AccessToken).where(AccessToken.digest == digest(secret)))
    if token is None or token.revoked_at or now >= token.expires_at or token.account.disabled_at:
        return None
    scopes = frozenset(token.scopes.split())
    if token.role:
        roles = {token.organisation_id or "": Role(token.role)}
        return Actor(token.id, token.name, now, language, roles, scopes, request_id, token.id)
    person = actor_for(session, token.account, language=language, request_id=request_id, now=now, scopes=scopes)
    return replace(person, roles=_roles_of(person, token.organisation), token_id=token.id)


def use_is_news(session: Session, actor: Actor) -> bool:
    """Whether the last use that was noted of the token that an actor shows is long enough ago to note another."""
    last = session.get_one(AccessToken, actor.token_id).last_used_at
    return last is None or actor.now - last >= _USE_NOTED_EVERY


def note_use(session: Session, actor: Actor) -> None:
    """Remember when a token was used."""
    session.execute(update(AccessToken).where(AccessToken.id == actor.token_id).values(last_used_at=actor.now))


def list_tokens(session: Session, actor: Actor) -> list[AccessToken]:
    """The actor's own tokens that still work, and those of the organisations whose tokens they manage, latest first.

    Raises:
        DomainError: NOT_SIGNED_IN, TOKEN_SCOPE.
    """
    actor.require_scope(Permission.MANAGE_TOKENS)
    managed = AccessToken.organisation_id.in_(actor.organisations_where(Permission.MANAGE_TOKENS))
    own = (AccessToken.account_id == actor.id) & AccessToken.role.is_(None)
    seen = managed if _limit_of(_shown_token(session, actor)) else managed | own
    working = (AccessToken.revoked_at.is_(None), AccessToken.expires_at > actor.now)
    query = select(AccessToken).where(seen, *working)
    return list(session.scalars(query.order_by(AccessToken.created_at.desc(), AccessToken.id.desc())))


def revoke_token(session: Session, actor: Actor, token_id: str) -> None:
    """End a token: one's own, one of an organisation whose tokens one manages, or the very one that asks.

    One that has ended already is no error.

    Raises:
        DomainError: NOT_SIGNED_IN, NOT_FOUND, TOKEN_SCOPE.
    """
    if not actor.is_signed_in:
        raise DomainError(NOT_SIGNED_IN)
    token = session.get(AccessToken, token_id) if is_id("token", token_id) else None
    if token is None or not _may_end(session, actor, token):
        raise DomainError(NOT_FOUND)
    if not token.revoked_at:
        token.revoked_at = actor.now
        audit.tell(session, actor, "token.revoke", token.id, token.organisation_id or "")


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose token it will be; `role` is a pipeline's."""

    account_id: str
    organisation_id: str | None
    role: str | None


def _owner(session: Session, actor: Actor, organisation_id: str | None, *, pipeline: bool) -> _Owner:
    actor.require_scope(Permission.MANAGE_TOKENS)
    shown = _shown_token(session, actor)
    organisation_id = organisation_id or _limit_of(shown)
    if organisation_id is not None:
        actor.require(Permission.MANAGE_TOKENS, organisation_id)
        _require_there(session, organisation_id)
    role = _role_of(session, organisation_id) if pipeline or (shown and shown.role) else None
    return _Owner(shown.account_id if shown else actor.id, organisation_id, role)


def _require_there(session: Session, organisation_id: str) -> None:
    # An operator may do it anywhere, also where there is nothing.
    if not organisation_id.isprintable() or session.get(Organisation, organisation_id) is None:
        raise DomainError(NOT_FOUND)


def _shown_token(session: Session, actor: Actor) -> AccessToken | None:
    return session.get(AccessToken, actor.token_id) if actor.token_id else None


def _limit_of(token: AccessToken | None) -> str | None:
    """The organisation that a token keeps to; None for a person without a token, or with one for all that is theirs."""
    return token.organisation_id if token else None


def _role_of(session: Session, organisation_id: str | None) -> str:
    """The role that pipelines of an organisation act with: the one that its kind has."""
    if organisation_id is None:
        raise required("organisation_id", "The organisation of a pipeline’s token", "l’organisation du jeton")
    organisation = session.get_one(Organisation, organisation_id)
    (role,) = ROLES_OF_KIND[OrganisationKind(organisation.kind)]
    return str(role)


def _may_end(session: Session, actor: Actor, token: AccessToken) -> bool:
    if token.id == actor.token_id:
        return True
    actor.require_scope(Permission.MANAGE_TOKENS)
    if token.organisation_id is not None and actor.may(Permission.MANAGE_TOKENS, token.organisation_id):
        return True
    return token.account_id == actor.id and not token.role and _limit_of(_shown_token(session, actor)) is None


def _name(name: str) -> str:
    name = text_field("name", name, 200)
    if not name:
        raise required("name", "A name", "un nom")
    return name


def _lifetime(days: int) -> timedelta:
    if not 1 <= days <= LONGEST_DAYS:
        raise invalid(
            "days",
            f"A token lasts from 1 to {LONGEST_DAYS} days.",
            f"Un jeton dure de 1 à {LONGEST_DAYS} jours.",
        )
    return timedelta(days=days)


def _scopes(actor: Actor, asked: Sequence[str], organisation_id: str | None) -> list[str]:
    held = grantable(actor, organisation_id)
    wanted = list(dict.fromkeys(asked))
    if not wanted:
        raise required("scopes", "At least one scope", "au moins une portée")
    too_much = [scope for scope in wanted if scope not in held]
    if too_much:
        told, known = ", ".join(too_much)[:200], ", ".join(held)
        raise invalid(
            "scopes",
            f"You cannot give: {told}. What you can give: {known}.",
            f"Vous ne pouvez pas donner : {told}. Ce que vous pouvez donner : {known}.",
        )
    return wanted


def _roles_within(actor: Actor, organisation_id: str | None) -> list[Role]:
    if actor.is_operator:
        return [Role.OPERATOR]
    if organisation_id is None:
        return list(actor.roles.values())
    return [actor.roles[organisation_id]]


def _roles_of(person: Actor, limit: Organisation | None) -> Mapping[str, Role]:
    """A person's roles with a token that may keep to one organisation."""
    if limit is None:
        return person.roles
    held = person.roles.get(limit.id)
    if held is None and person.is_operator:
        # An operator is a member of few, and acts in each as its members do.
        (held,) = ROLES_OF_KIND[OrganisationKind(limit.kind)]
    return {limit.id: held} if held else {}
