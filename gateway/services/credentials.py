"""Client secrets and API keys of applications: several at once, so that one can replace another without a pause.

A secret is shown once, by the call that makes it, and kept as a digest. What a form or a request carries as its nonce
makes one credential, however often and however simultaneously it arrives.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from gateway.credentials import api_keys
from gateway.credentials.api_keys import SecretKind
from gateway.domain.errors import ALREADY_DONE, NOT_FOUND, TOO_MANY, DomainError, invalid, required
from gateway.domain.ids import is_id
from gateway.domain.lifecycle import ApplicationState
from gateway.domain.roles import Permission
from gateway.services import audit
from gateway.services.actor import Actor
from gateway.services.apis import require_signed_in
from gateway.services.application_states import require_open
from gateway.services.applications import editable_application
from gateway.services.texts import text_field
from gateway.store.applications import Application, Credential, CredentialKind
from gateway.store.database import unless_taken

MOST_AT_ONCE = 5
"""How many credentials of one kind an application may have in force: enough to rotate, few enough to know them."""

MOST_DAYS = 3_650
_LONGEST_NAME = 120
_LONGEST_NONCE = 64
_USE_NOTED_EVERY = timedelta(minutes=1)

_PREFIX = {CredentialKind.SECRET: SecretKind.CLIENT_SECRET, CredentialKind.KEY: SecretKind.API_KEY}


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A credential and the secret itself, which nobody can show again."""

    credential: Credential
    secret: str


@dataclass(frozen=True, slots=True)
class ProvedSecret:
    """A client secret that was found right: its id, whose it is, and when its use was last noted."""

    id: str
    application_id: str
    application_state: ApplicationState
    last_used_at: datetime | None


def add_secret(
    session: Session,
    actor: Actor,
    application_id: str,
    *,
    name: str,
    nonce: str | None = None,
    days: int | None = None,
) -> NewCredential:
    """A client secret for the token endpoint. `days` is how long it may be used; None sets no end.

    Raises:
        DomainError: who may not, REQUIRED, INVALID, ALREADY_DONE (the nonce), TOO_MANY, WRONG_STATE (closed).
    """
    return _add(session, actor, application_id, CredentialKind.SECRET, name=name, nonce=nonce, days=days)


def add_key(
    session: Session,
    actor: Actor,
    application_id: str,
    *,
    name: str,
    nonce: str | None = None,
    days: int | None = None,
) -> NewCredential:
    """An API key, for plans that take one; otherwise as `add_secret`."""
    return _add(session, actor, application_id, CredentialKind.KEY, name=name, nonce=nonce, days=days)


def revoke(session: Session, actor: Actor, credential_id: str) -> Credential:
    """End a credential, and every token that came from it, from the next call on.

    Raises:
        DomainError: who may not, ALREADY_DONE.
    """
    require_signed_in(actor)
    credential = session.get(Credential, credential_id, with_for_update=True)
    if credential is None:
        raise DomainError(NOT_FOUND)
    application = credential.application
    actor.require(Permission.EDIT_APPLICATION, application.organisation_id)
    if credential.revoked_at is not None:
        raise DomainError(ALREADY_DONE)
    credential.revoked_at = actor.now
    audit.tell(
        session,
        actor,
        "credential.revoke",
        credential.id,
        application.organisation_id,
        before=_told(credential),
        announce=(application.id,),
    )
    return credential


def of_application(session: Session, actor: Actor, application_id: str) -> list[Credential]:
    """The credentials of an application, the newest first, the ended ones too."""
    require_signed_in(actor)
    query = select(Credential).where(Credential.application_id == application_id)
    application = session.get(Application, application_id)
    if application is None:
        raise DomainError(NOT_FOUND)
    actor.require(Permission.READ_APPLICATION, application.organisation_id)
    return list(session.scalars(query.order_by(Credential.created_at.desc(), Credential.id.desc())))


def is_in_force(credential: Credential, now: datetime) -> bool:
    """Whether a credential may be used."""
    return credential.revoked_at is None and (credential.expires_at is None or now < credential.expires_at)


def authenticate_client(session: Session, client_id: str, secret: str, now: datetime) -> ProvedSecret | None:
    """The client secret that this is, if it is one of the application's in force; garbage costs no look-up.

    Every candidate is compared, each in constant time. The state of the application is for the caller to look at.
    """
    if not is_id("application", client_id) or not api_keys.looks_genuine(secret, SecretKind.CLIENT_SECRET):
        return None
    found = None
    for candidate in session.execute(_SECRETS, {"client": client_id, "now": now}):
        if api_keys.matches(secret, candidate.digest):
            found = candidate
    if found is None:
        return None
    return ProvedSecret(found.id, client_id, ApplicationState(found.state), found.last_used_at)


def use_is_news(credential: Credential | ProvedSecret, now: datetime) -> bool:
    """Whether the last use that was noted is long enough ago to note another."""
    return credential.last_used_at is None or now - credential.last_used_at >= _USE_NOTED_EVERY


def note_use(session: Session, credential_id: str, now: datetime) -> None:
    """Remember when a credential was used."""
    session.execute(update(Credential).where(Credential.id == credential_id).values(last_used_at=now))


def _add(
    session: Session,
    actor: Actor,
    application_id: str,
    kind: CredentialKind,
    *,
    name: str,
    nonce: str | None,
    days: int | None,
) -> NewCredential:
    application = editable_application(session, actor, application_id)
    require_open(application)
    nonce = text_field("nonce", nonce, _LONGEST_NONCE) if nonce else None
    _require_room(session, application, kind, nonce, actor.now)
    secret = api_keys.mint_secret(_PREFIX[kind], secrets.token_bytes(32))
    credential = Credential(
        application_id=application.id,
        kind=kind,
        name=_name(name),
        digest=api_keys.digest(secret),
        display=api_keys.display(secret),
        nonce=nonce,
        created_at=actor.now,
        expires_at=_end(days, actor.now),
    )
    # The row's lock settles the race between two clicks; the constraint settles it where there is no such lock.
    with unless_taken(session, DomainError(ALREADY_DONE)):
        session.add(credential)
    audit.tell(
        session,
        actor,
        "credential.add",
        credential.id,
        application.organisation_id,
        after=_told(credential),
        announce=(application.id,),
    )
    return NewCredential(credential, secret)


def _require_room(
    session: Session, application: Application, kind: CredentialKind, nonce: str | None, now: datetime
) -> None:
    own = Credential.application_id == application.id
    if nonce and session.scalar(select(Credential.id).where(own, Credential.nonce == nonce)):
        raise DomainError(ALREADY_DONE)
    present = session.scalar(select(func.count()).where(own, Credential.kind == kind, _in_force(now))) or 0
    if present >= MOST_AT_ONCE:
        raise DomainError(TOO_MANY, members={"limit": MOST_AT_ONCE}, limit=MOST_AT_ONCE)


def _in_force(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    return and_(Credential.revoked_at.is_(None), or_(Credential.expires_at.is_(None), Credential.expires_at > now))


# Built once, and read as columns: every token begins with it.
_SECRETS = (
    select(Credential.id, Credential.digest, Credential.last_used_at, Application.state)
    .join(Application, Application.id == Credential.application_id)
    .where(
        Credential.application_id == bindparam("client"),
        Credential.kind == CredentialKind.SECRET,
        _in_force(bindparam("now")),
    )
)


def _name(name: str) -> str:
    text = text_field("name", name, _LONGEST_NAME)
    if not text:
        raise required("name", "A name", "le nom")
    return text


def _end(days: int | None, now: datetime) -> datetime | None:
    if days is None:
        return None
    if not 1 <= days <= MOST_DAYS:
        raise invalid(
            "days",
            f"Give a number of days from 1 to {MOST_DAYS}.",
            f"Indiquez un nombre de jours de 1 à {MOST_DAYS}.",
        )
    return now + timedelta(days=days)


def _told(credential: Credential) -> dict[str, object]:
    return {
        "application": credential.application_id,
        "kind": credential.kind,
        "name": credential.name,
        "display": credential.display,
        "expires_at": credential.expires_at.isoformat() if credential.expires_at else None,
    }
