"""Sessions of the portal: opened by signing in, ended by signing out, idleness, age, or their owner from elsewhere.

The browser holds the secret; we hold its digest. Idle and absolute limits follow ASVS 5.0 V7.3.1 and V7.3.2.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.credentials.api_keys import SecretKind, digest, looks_genuine, mint_secret
from gateway.domain.errors import NOT_FOUND, DomainError
from gateway.domain.ids import is_id
from gateway.domain.roles import Permission, Role
from gateway.services import audit
from gateway.services.actor import Actor, utc_now
from gateway.store.accounts import AccessToken, Account, Membership, SignIn
from gateway.words import Language

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just opened, with the secret that the browser is given once."""

    account: Account
    sign_in: SignIn
    secret: str

    @property
    def expires_at(self) -> datetime:
        """When it ends at the latest."""
        return self.sign_in.expires_at


@dataclass(frozen=True, slots=True)
class Resumed:
    """Who came back, and with which session."""

    actor: Actor
    sign_in: SignIn


def open_session(session: Session, account: Account, *, browser: str, now: datetime) -> SignedIn:
    """A new session of an account; `browser` is what it calls itself."""
    secret = mint_secret(SecretKind.SESSION, secrets.token_bytes(32))
    row = SignIn(
        digest=digest(secret),
        account_id=account.id,
        browser="".join(filter(str.isprintable, browser[:200])),
        created_at=now,
        seen_at=now,
        expires_at=now + LONGEST,
    )
    session.add(row)
    session.flush()
    return SignedIn(account, row, secret)


def actor_of_session(session: Session, secret: str, *, language: Language, request_id: str) -> Resumed | None:
    """Who holds this secret, if their session still runs. Only reads, so that no page waits for whoever is editing."""
    if not looks_genuine(secret, SecretKind.SESSION):
        return None
    now = utc_now()
    row = session.scalar(select(SignIn).where(SignIn.digest == digest(secret)))
    if row is None or row.revoked_at or now >= row.expires_at or now - row.seen_at >= IDLE or row.account.disabled_at:
        return None
    return Resumed(actor_for(session, row.account, language=language, request_id=request_id, now=now), row)


def use_is_news(resumed: Resumed) -> bool:
    """Whether it is long enough ago that somebody was last noted as seen; idleness is known to this much."""
    return resumed.actor.now - resumed.sign_in.seen_at >= _SEEN_EVERY


def note_use(session: Session, resumed: Resumed) -> None:
    """Remember that somebody was seen; an earlier moment, noted late, takes nothing back."""
    # Not through the row, which two requests of one browser at once would both have changed.
    same = (SignIn.id == resumed.sign_in.id, SignIn.seen_at < resumed.actor.now)
    session.execute(update(SignIn).where(*same).values(seen_at=resumed.actor.now))


def actor_for(
    session: Session,
    account: Account,
    *,
    language: Language = "en",
    request_id: str = "",
    now: datetime | None = None,
    scopes: frozenset[str] | None = None,
) -> Actor:
    """An account as someone who acts, with the roles of its memberships."""
    rows = session.execute(
        select(Membership.organisation_id, Membership.role).where(Membership.account_id == account.id)
    )
    roles = {organisation_id: Role(role) for organisation_id, role in rows}
    return Actor(account.id, account.name, now or utc_now(), language, roles, scopes, request_id)


def sign_out(session: Session, actor: Actor, secret: str) -> None:
    """End the session of this browser; one that has ended already is no error."""
    if not looks_genuine(secret, SecretKind.SESSION):
        return
    row = session.scalar(select(SignIn).where(SignIn.digest == digest(secret), SignIn.account_id == actor.id))
    if row and not row.revoked_at:
        row.revoked_at = actor.now
        audit.tell(session, actor, "session.close", row.id)


def list_sessions(session: Session, actor: Actor) -> list[SignIn]:
    """The actor's sessions that still run, the latest seen first.

    Raises:
        DomainError: NOT_SIGNED_IN, TOKEN_SCOPE, or NOT_FOUND to a token that keeps to one organisation.
    """
    _require_own(session, actor)
    query = select(SignIn).where(
        SignIn.account_id == actor.id,
        SignIn.revoked_at.is_(None),
        SignIn.expires_at > actor.now,
        SignIn.seen_at > actor.now - IDLE,
    )
    return list(session.scalars(query.order_by(SignIn.seen_at.desc())))


def revoke_session(session: Session, actor: Actor, session_id: str) -> None:
    """End one of the actor's own sessions; one that has ended already is no error.

    Raises:
        DomainError: NOT_SIGNED_IN, TOKEN_SCOPE, NOT_FOUND.
    """
    _require_own(session, actor)
    row = session.get(SignIn, session_id) if is_id("session", session_id) else None
    if row is None or row.account_id != actor.id:
        raise DomainError(NOT_FOUND)
    if not row.revoked_at:
        row.revoked_at = actor.now
        audit.tell(session, actor, "session.revoke", row.id)


def revoke_all(session: Session, account: Account, now: datetime) -> None:
    """End every session of an account, as when its password changes."""
    session.execute(
        update(SignIn).where(SignIn.account_id == account.id, SignIn.revoked_at.is_(None)).values(revoked_at=now)
    )


def _require_own(session: Session, actor: Actor) -> None:
    """Sessions open all that is a person's: a token reaches them only where it reaches all of that too."""
    actor.require_scope(Permission.MANAGE_TOKENS)
    token = session.get(AccessToken, actor.token_id) if actor.token_id else None
    if token and token.organisation_id:
        raise DomainError(NOT_FOUND)
