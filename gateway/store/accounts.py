"""People: accounts, the organisations they belong to, and what proves who they are.

Passwords are argon2id hashes; sessions, access tokens and links are kept as SHA-256 digests only.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from gateway.store.base import Base, id_column, reference


class Account(Base):
    """A person."""

    __tablename__ = "accounts"

    id: Mapped[str] = id_column("account")
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(2))
    created_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]

    memberships: Mapped[list["Membership"]] = relationship(back_populates="account")


class Organisation(Base):
    """A consuming organisation (a person alone is one), a publishing department, or the operator.

    `time_zone` is an IANA name: in a department's, the days of its plans begin.
    """

    __tablename__ = "organisations"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name_en: Mapped[str] = mapped_column(String(200))
    name_fr: Mapped[str] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it when the class is made


class Membership(Base):
    """An account's role in an organisation."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("account_id", "organisation_id"),)

    id: Mapped[str] = id_column("membership")
    account_id: Mapped[str] = reference("accounts")
    organisation_id: Mapped[str] = reference("organisations")
    role: Mapped[str] = mapped_column(String(20))

    account: Mapped[Account] = relationship(back_populates="memberships")
    organisation: Mapped[Organisation] = relationship()


class SignIn(Base):
    """A session of the portal: one browser, until it is signed out, idle too long, too old, or revoked."""

    __tablename__ = "sessions"

    id: Mapped[str] = id_column("session")
    digest: Mapped[bytes] = mapped_column(unique=True)
    account_id: Mapped[str] = reference("accounts")
    browser: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()


class AccessToken(Base):
    """A token for the management API: a person's own, or one of an organisation for its pipelines.

    `organisation_id` limits it to one organisation; `role` is set on a pipeline's token, which acts by itself and
    outlives its maker's membership. `scopes` is a space-separated list of permissions.
    """

    __tablename__ = "access_tokens"

    id: Mapped[str] = id_column("token")
    digest: Mapped[bytes] = mapped_column(unique=True)
    display: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    account_id: Mapped[str] = reference("accounts")
    organisation_id: Mapped[str | None] = reference("organisations", nullable=True)
    role: Mapped[str | None] = mapped_column(String(20))
    scopes: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()
    organisation: Mapped[Organisation | None] = relationship()


class Link(Base):
    """A link in a message, good once: to confirm an address or to choose a new password.

    One that confirms holds what whoever asked for it chose, which the account has once it is confirmed.
    """

    __tablename__ = "links"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[str] = mapped_column(String(40), ForeignKey("accounts.id"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    name: Mapped[str | None] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))


def account_by_email(session: Session, email: str) -> Account | None:
    """The account with this address (already normalised)."""
    return session.scalar(select(Account).where(Account.email == email))


def organisation_by_slug(session: Session, slug: str) -> Organisation | None:
    """The organisation with this slug."""
    return session.scalar(select(Organisation).where(Organisation.slug == slug))
