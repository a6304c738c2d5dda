"""Access tokens for the management API: a person's own, or an organisation's for its pipelines.

A token may do what its scopes name and no more than its maker could; a pipeline's token acts with the organisation's
role, for that organisation alone, and outlives its maker's membership.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.credentials.api_keys import SecretKind, digest, display, looks_genuine, mint_secret
from gateway.domain.errors import NOT_FOUND, NOT_SIGNED_IN, TOO_MANY, DomainError, invalid, required
from gateway.domain.roles import PERMISSIONS, Permission, Role
from gateway.services import audit
from gateway.services.actor import Actor, utc_now
from gateway.services.sessions import actor_for
from gateway.services.texts import text_field
from gateway.store.accounts import AccessToken
from gateway.words import Language

LONGEST_DAYS = 365
MOST_TOKENS = 50
_USED_EVERY = timedelta(minutes=1)


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
    if not actor.is_signed_in:
        raise DomainError(NOT_SIGNED_IN)
    role = _pipeline_role(actor, organisation_id) if pipeline else None
    if organisation_id is not None:
        actor.require(Permission.MANAGE_TOKENS, organisation_id)
    if len(list_tokens(session, actor)) >= MOST_TOKENS:
        raise DomainError(TOO_MANY, limit=MOST_TOKENS)
    name = text_field("name", name, 200)
    if not name:
        raise required("name", "A name", "un nom")
    if not 1 <= days <= LONGEST_DAYS:
        raise invalid(
            "days",
            f"A token lasts from 1 to {LONGEST_DAYS} days.",
            f"Un jeton dure de 1 à {LONGEST_DAYS} jours.",
        )
    secret = mint_secret(SecretKind.MANAGEMENT_TOKEN, secrets.token_bytes(32))
    token = AccessToken(
        digest=digest(secret),
        display=display(secret),
        name=name,
        account_id=_maker(session, actor),
        organisation_id=organisation_id,
        role=role,
        scopes=" ".join(_scopes(actor, scopes, organisation_id)),
        created_at=actor.now,
        expires_at=actor.now + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    told = {"name": name, "scopes": token.scopes, "expires_at": token.expires_at, "pipeline": pipeline}
    audit.tell(session, actor, "token.mint", token.id, organisation_id or "", after=told)
    return MintedToken(token, secret)


def actor_of_token(session: Session, secret: str, *, language: Language, request_id: str) -> Actor | None:
    """Who acts with this token, if it still works."""
    if not looks_genuine(secret, SecretKind.MANAGEMENT_TOKEN):
        return None
    now = utc_now()
    token = session.scalar(select(AccessToken).where(AccessToken.digest == digest(secret)))
    if token is None or token.revoked_at or now >= token.expires_at or token.account.disabled_at:
        return None
    if token.last_used_at is None or now - token.last_used_at >= _USED_EVERY:
        session.execute(update(AccessToken).where(AccessToken.id == token.id).values(last_used_at=now))
    scopes = frozenset(token.scopes.split())
    if token.role:
        roles = {token.organisation_id or "": Role(token.role)}
        return Actor(token.id, token.name, now, language, roles, scopes, request_id)
    person = actor_for(session, token.account, language=language, request_id=request_id, now=now, scopes=scopes)
    return _narrowed(person, token.organisation_id)


def list_tokens(session: Session, actor: Actor) -> list[AccessToken]:
    """The tokens that the actor made and that still work, and those of the organisations whose tokens they manage."""
    managed = actor.organisations_where(Permission.MANAGE_TOKENS)
    query = select(AccessToken).where(
        (AccessToken.account_id == actor.id) | (AccessToken.organisation_id.in_(managed)),
        AccessToken.revoked_at.is_(None),
        AccessToken.expires_at > actor.now,
    )
    return list(session.scalars(query.order_by(AccessToken.created_at.desc())))


def revoke_token(session: Session, actor: Actor, token_id: str) -> None:
    """End a token; one that has ended already is no error.

    Raises:
        DomainError: NOT_SIGNED_IN, NOT_FOUND.
    """
    if not actor.is_signed_in:
        raise DomainError(NOT_SIGNED_IN)
    token = session.get(AccessToken, token_id)
    mine = token and actor.id in (token.account_id, token.id)
    managed = token and token.organisation_id and actor.may(Permission.MANAGE_TOKENS, token.organisation_id)
    if token is None or not (mine or managed):
        raise DomainError(NOT_FOUND)
    if not token.revoked_at:
        token.revoked_at = actor.now
        audit.tell(session, actor, "token.revoke", token.id, token.organisation_id or "")


def _pipeline_role(actor: Actor, organisation_id: str | None) -> str:
    if organisation_id is None:
        raise required("organisation_id", "The organisation of a pipeline’s token", "l’organisation du jeton")
    role = actor.roles.get(organisation_id)
    if role is None:
        raise DomainError(NOT_FOUND)
    return str(role)


def _maker(session: Session, actor: Actor) -> str:
    """The account behind the actor: a token made with a token belongs to the same person."""
    behind = session.get(AccessToken, actor.id)
    return behind.account_id if behind else actor.id


def _scopes(actor: Actor, asked: Sequence[str], organisation_id: str | None) -> list[str]:
    own = actor.roles.get(organisation_id or "")
    roles = [own] if own else list(actor.roles.values())
    held = {str(permission) for role in roles for permission in PERMISSIONS[role]}
    if actor.scopes is not None:
        held &= actor.scopes
    wanted = list(dict.fromkeys(asked))
    if not wanted:
        raise required("scopes", "At least one scope", "au moins une portée")
    too_much = [scope for scope in wanted if scope not in held]
    if too_much:
        told = ", ".join(too_much)[:200]
        raise invalid("scopes", f"You cannot give: {told}.", f"Vous ne pouvez pas donner : {told}.")
    return wanted


def _narrowed(person: Actor, organisation_id: str | None) -> Actor:
    if organisation_id is None:
        return person
    roles = {held: role for held, role in person.roles.items() if held == organisation_id}
    return Actor(person.id, person.name, person.now, person.language, roles, person.scopes, person.request_id)
