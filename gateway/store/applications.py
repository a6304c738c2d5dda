"""Applications, their credentials and their subscriptions."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gateway.domain.lifecycle import LIVE
from gateway.store.accounts import Organisation
from gateway.store.base import Base, id_column, reference
from gateway.store.catalogue import Api, Plan

_LIVE = text(f"state IN ({', '.join(sorted(repr(str(state)) for state in LIVE))})")


class Application(Base):
    """A program of a consuming organisation. Its id is its OAuth client id."""

    __tablename__ = "applications"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    id: Mapped[str] = id_column("application")
    organisation_id: Mapped[str] = reference("organisations")
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20), index=True)
    state_reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship()
    credentials: Mapped[list["Credential"]] = relationship(
        back_populates="application", order_by="Credential.created_at"
    )
    subscriptions: Mapped[list["Subscription"]] = relationship(
        back_populates="application", order_by="Subscription.requested_at"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it when the class is made


class CredentialKind(StrEnum):
    """What a credential is shown to: the token endpoint, or the gateway itself."""

    SECRET = "secret"  # noqa: S105 - the name of a kind, not a secret
    KEY = "key"


class Credential(Base):
    """A client secret or an API key: its digest, never itself.

    `nonce` is what the asking form or request carried, so that asking twice makes one credential.
    """

    __tablename__ = "credentials"
    __table_args__ = (UniqueConstraint("application_id", "nonce"),)

    id: Mapped[str] = id_column("credential")
    application_id: Mapped[str] = reference("applications")
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    digest: Mapped[bytes] = mapped_column(unique=True)
    display: Mapped[str] = mapped_column(String(40))
    nonce: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]

    application: Mapped[Application] = relationship(back_populates="credentials")


class Subscription(Base):
    """An application's standing with an API under a plan. One at a time is live; the ended ones remain.

    `limits` are its own, before its plan's, as domain/limits.py writes them.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        Index(
            "uq_subscriptions_live", "application_id", "api_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE
        ),
    )

    id: Mapped[str] = id_column("subscription")
    application_id: Mapped[str] = reference("applications")
    api_id: Mapped[str] = reference("apis")
    plan_id: Mapped[str] = reference("plans")
    state: Mapped[str] = mapped_column(String(20), index=True)
    requested_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(40), default="")
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    limits: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    version: Mapped[int] = mapped_column(default=1)

    application: Mapped[Application] = relationship(back_populates="subscriptions")
    api: Mapped[Api] = relationship()
    plan: Mapped[Plan] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it when the class is made
