"""Signing keys of access tokens: the public half readable, the private half sealed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import JSON, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from gateway.credentials.signing import make_signing_key, public_jwk
from gateway.store.base import Base
from gateway.store.changes import CATALOGUE, announce
from gateway.store.sealing import Sealer


class SigningKey(Base):
    """One key pair; the newest that has started signs, and every one that is not retired verifies."""

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    public: Mapped[dict[str, Any]] = mapped_column(JSON)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class NoSigningKey(Exception):  # noqa: N818 - read aloud: "raise NoSigningKey"
    """There is no key to sign with: the installation was never prepared."""


_CURRENT = select(SigningKey).where(SigningKey.retired_at.is_(None)).order_by(SigningKey.created_at.desc())
_NEWEST = _CURRENT.with_only_columns(SigningKey.sealed).limit(1)


def signing_key(session: Session, sealer: Sealer) -> dict[str, Any]:
    """The private JWK that signs now; raises `NoSigningKey`, or `WrongSecret` when it does not open."""
    sealed = session.scalar(_NEWEST)
    if sealed is None:
        raise NoSigningKey("there is no signing key: run `.venv/bin/flask gateway migrate`")
    return dict(_opened(sealer, sealed))


@lru_cache(maxsize=8)
def _opened(sealer: Sealer, sealed: bytes) -> Mapping[str, Any]:
    # Every token needs the key; what was sealed does not change, so it is opened once.
    jwk: dict[str, Any] = orjson.loads(sealer.unseal(sealed))
    return jwk


def public_keys(session: Session) -> Sequence[dict[str, Any]]:
    """The public JWKs that verify, the newest first."""
    return [row.public for row in session.scalars(_CURRENT)]


def ensure_signing_key(session: Session, sealer: Sealer, now: datetime) -> str:
    """The `kid` of the key that signs; the first is made when there is none.

    Two processes that start at once may make one each: the newer then signs and both verify.
    """
    row = session.scalars(_CURRENT.limit(1)).first()
    if row is not None:
        return row.kid
    jwk = make_signing_key()
    session.add(
        SigningKey(kid=jwk["kid"], public=public_jwk(jwk), sealed=sealer.seal(orjson.dumps(jwk)), created_at=now)
    )
    announce(session, CATALOGUE, now)  # snapshots hold the public keys
    return str(jwk["kid"])
