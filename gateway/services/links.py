"""Links sent by mail: good once, for a while, for one purpose. Only their digest is kept."""

import secrets
from datetime import timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.credentials.api_keys import SecretKind, digest, looks_genuine, mint_secret
from gateway.domain.errors import LINK_SPENT, DomainError
from gateway.services.actor import Actor
from gateway.store.accounts import Account, Link

Purpose = Literal["verify", "reset"]

LIFETIMES: dict[Purpose, timedelta] = {"verify": timedelta(days=1), "reset": timedelta(hours=1)}
"""How long a link of each purpose works."""


def make_link(session: Session, actor: Actor, account: Account, purpose: Purpose) -> str:
    """The token of a new link."""
    token = mint_secret(SecretKind.LINK, secrets.token_bytes(32))
    expires_at = actor.now + LIFETIMES[purpose]
    session.add(Link(digest=digest(token), purpose=purpose, account_id=account.id, expires_at=expires_at))
    return token


def spend_link(session: Session, actor: Actor, token: str, purpose: Purpose) -> Account:
    """The account that a link was sent to; it works this once.

    Raises:
        DomainError: LINK_SPENT.
    """
    link = _find(session, token) if looks_genuine(token, SecretKind.LINK) else None
    if link is None or link.purpose != purpose or link.used_at or link.expires_at <= actor.now:
        raise DomainError(LINK_SPENT)
    link.used_at = actor.now
    return session.get_one(Account, link.account_id)


def _find(session: Session, token: str) -> Link | None:
    # Locked, so that of two clicks at once only one spends it.
    return session.scalar(select(Link).where(Link.digest == digest(token)).with_for_update())
