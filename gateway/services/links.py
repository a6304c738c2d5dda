"""Links sent by mail: good once, for a while, for one purpose. Only their digest is kept."""

import secrets
from datetime import timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.orm import Session

from gateway.credentials.api_keys import SecretKind, digest, looks_genuine, mint_secret
from gateway.domain.errors import LINK_SPENT, DomainError
from gateway.services.actor import Actor
from gateway.store.accounts import Account, Link
from gateway.words import Words

Purpose = Literal["verify", "reset"]

LIFETIMES: dict[Purpose, timedelta] = {"verify": timedelta(days=1), "reset": timedelta(hours=1)}
"""How long a link of each purpose works."""

_BY_DIGEST = select(Link).where(Link.digest == bindparam("digest"))

SPENT = Words(
    "It was used already or has expired. Ask for a new one.",
    "Il a déjà servi ou il est expiré. Demandez-en un nouveau.",
)
CONFIRMED = Words(
    "Your address is confirmed already: there is nothing left to do but sign in.",
    "Votre adresse est déjà confirmée : il ne vous reste qu’à vous connecter.",
)


class Chosen(NamedTuple):
    """What whoever signs up chose, and has once the link that was sent for it is opened."""

    name: str
    password_hash: str


def make_link(session: Session, actor: Actor, account: Account, purpose: Purpose, chosen: Chosen | None = None) -> str:
    """The token of a new link."""
    token = mint_secret(SecretKind.LINK, secrets.token_bytes(32))
    link = Link(digest=digest(token), purpose=purpose, account_id=account.id, expires_at=actor.now + LIFETIMES[purpose])
    if chosen:
        link.name, link.password_hash = chosen
    session.add(link)
    return token


def spend_link(session: Session, actor: Actor, token: str, purpose: Purpose) -> Account:
    """The account that a link was sent to; it works this once.

    Whoever holds a link that worked before is its owner, and is told when there is nothing left to confirm.

    Raises:
        DomainError: LINK_SPENT, with the member `confirmed` for an address that is confirmed already.
    """
    # Locked, so that of two clicks at once only one spends it.
    link = _good(session, actor, token, purpose, _BY_DIGEST.with_for_update())
    link.used_at = actor.now
    return session.get_one(Account, link.account_id)


def good_link(session: Session, actor: Actor, token: str, purpose: Purpose) -> Link:
    """A link that would work, without spending it.

    Raises:
        DomainError: LINK_SPENT, as for spend_link.
    """
    return _good(session, actor, token, purpose, _BY_DIGEST)


def spend_all(session: Session, actor: Actor, account: Account, purpose: Purpose) -> None:
    """Make every link of a purpose that was sent to an account work no more."""
    same = (Link.account_id == account.id, Link.purpose == purpose, Link.used_at.is_(None))
    session.execute(update(Link).where(*same).values(used_at=actor.now))


def _good(session: Session, actor: Actor, token: str, purpose: Purpose, query: Select[Link]) -> Link:
    known = looks_genuine(token, SecretKind.LINK)
    link = session.scalar(query, {"digest": digest(token)}) if known else None
    if link is None or link.purpose != purpose:
        raise DomainError(LINK_SPENT, why=SPENT)
    if link.used_at or link.expires_at <= actor.now:
        account = session.get_one(Account, link.account_id)
        done = purpose == "verify" and account.verified_at is not None
        raise DomainError(LINK_SPENT, members={"confirmed": done}, why=CONFIRMED if done else SPENT)
    return link
