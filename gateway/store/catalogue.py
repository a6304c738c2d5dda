"""The catalogue: APIs, their versions and environments, the documents as they arrived, and plans.

A revision is never changed: what the contract was on a given day can always be read. `operations` is the index of a
revision that routing is compiled from, so that compiling needs no parsing. `catalogue_entries` is what searching reads:
one narrow row for each API that is served, and none for any other.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column, relationship

from gateway.domain.away import USUAL
from gateway.pipeline.service import Service
from gateway.store.accounts import Organisation
from gateway.store.base import Base, id_column, reference

_PLAIN = Service(targets=())
"""What holds of a service of which nothing but its address was said."""

_BY_BYTES = String(400).with_variant(String(400, collation="C"), "postgresql")


class Api(Base):
    """An API of a department, in both languages.

    `default_limits` hold where a plan says nothing, `caps` for all callers together; both as domain/limits.py writes.
    """

    __tablename__ = "apis"

    id: Mapped[str] = id_column("api")
    organisation_id: Mapped[str] = reference("organisations")
    name: Mapped[str] = mapped_column(String(60), unique=True)
    title_en: Mapped[str] = mapped_column(String(200))
    title_fr: Mapped[str] = mapped_column(String(200))
    description_en: Mapped[str] = mapped_column(Text)
    description_fr: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    default_limits: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    caps: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship()
    versions: Mapped[list["ApiVersion"]] = relationship(back_populates="api", order_by="ApiVersion.major")
    plans: Mapped[list["Plan"]] = relationship(back_populates="api", order_by="Plan.created_at")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it when the class is made


class ApiVersion(Base):
    """A major version of an API; `live_revision_id` is the document in force once it is published."""

    __tablename__ = "api_versions"
    __table_args__ = (UniqueConstraint("api_id", "major"),)

    id: Mapped[str] = id_column("version")
    api_id: Mapped[str] = reference("apis")
    major: Mapped[int]
    state: Mapped[str] = mapped_column(String(20), index=True)
    live_revision_id: Mapped[str | None] = mapped_column(
        String(40), ForeignKey("revisions.id", use_alter=True, name="fk_api_versions_live_revision_id_revisions")
    )
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    api: Mapped[Api] = relationship(back_populates="versions")
    revisions: Mapped[list["Revision"]] = relationship(
        back_populates="api_version", order_by="Revision.number", foreign_keys="Revision.api_version_id"
    )
    live_revision: Mapped["Revision | None"] = relationship(foreign_keys=[live_revision_id], post_update=True)
    environments: Mapped[list["Environment"]] = relationship(back_populates="api_version")
    plugins: Mapped[list["PluginBinding"]] = relationship(cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it when the class is made


class Revision(Base):
    """One document as it arrived, with its number within the version. Immutable.

    `words` are the folded words of its titles and summaries, for the catalogue's search.
    """

    __tablename__ = "revisions"
    __table_args__ = (UniqueConstraint("api_version_id", "number"),)

    id: Mapped[str] = id_column("revision")
    api_version_id: Mapped[str] = reference("api_versions")
    number: Mapped[int]
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    format: Mapped[str] = mapped_column(String(4))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    openapi: Mapped[str] = mapped_column(String(20))
    document_title: Mapped[str] = mapped_column(String(300))
    document_version: Mapped[str] = mapped_column(String(100))
    words: Mapped[str] = deferred(mapped_column(Text, default=""))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(40))

    api_version: Mapped[ApiVersion] = relationship(back_populates="revisions", foreign_keys=[api_version_id])
    operations: Mapped[list["Operation"]] = relationship(order_by="Operation.position")


class Operation(Base):
    """One operation of a revision, as listed and routed."""

    __tablename__ = "operations"

    revision_id: Mapped[str] = mapped_column(String(40), ForeignKey("revisions.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(String(10))
    path: Mapped[str] = mapped_column(Text)
    operation_id: Mapped[str] = mapped_column(String(300))
    slug: Mapped[str] = mapped_column(String(300))
    summary: Mapped[str] = mapped_column(Text)


class Environment(Base):
    """Where a version's calls go, and how: a `Service` (pipeline/service.py) as it is kept, its secrets sealed.

    `targets` are `{"base_url": …, "weight": …}` in the order given, one at least. Waits and checks are in seconds;
    without a `check_path` nothing is checked. Authorities and certificate are PEM.
    """

    __tablename__ = "environments"
    __table_args__ = (UniqueConstraint("api_version_id", "kind"),)

    id: Mapped[str] = id_column("environment")
    api_version_id: Mapped[str] = reference("api_versions")
    kind: Mapped[str] = mapped_column(String(20))
    targets: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    connect_wait: Mapped[float] = mapped_column(default=_PLAIN.waits.connect)
    first_byte_wait: Mapped[float] = mapped_column(default=_PLAIN.waits.first_byte)
    idle_wait: Mapped[float] = mapped_column(default=_PLAIN.waits.idle)
    total_wait: Mapped[float | None]
    retries: Mapped[int] = mapped_column(default=_PLAIN.retries)
    check_path: Mapped[str | None] = mapped_column(Text)
    check_every: Mapped[float | None]
    check_timeout: Mapped[float | None]
    authorities: Mapped[str | None] = mapped_column(Text)
    certificate: Mapped[str | None] = mapped_column(Text)
    sealed_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_proof: Mapped[bytes | None] = mapped_column(LargeBinary)
    proof_made_at: Mapped[datetime | None]
    most_in_flight: Mapped[int] = mapped_column(default=_PLAIN.most_in_flight)
    allows_upgrade: Mapped[bool] = mapped_column(default=_PLAIN.allows_upgrade)

    api_version: Mapped[ApiVersion] = relationship(back_populates="environments")

    @property
    def version(self) -> int:
        """The number of what it belongs to, which rises with every change of it."""
        return self.api_version.version


class PluginBinding(Base):
    """A plugin chosen for a version."""

    __tablename__ = "plugin_bindings"

    api_version_id: Mapped[str] = mapped_column(String(40), ForeignKey("api_versions.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    config: Mapped[dict[str, Any]] = mapped_column(JSON)


class CatalogueEntry(Base):
    """A served API as searching sees it: folded words (small letters, no accents), and what each language sorts by.

    The collation is by bytes on both databases, so that both list in the same order.
    """

    __tablename__ = "catalogue_entries"

    api_id: Mapped[str] = mapped_column(String(40), ForeignKey("apis.id"), primary_key=True)
    organisation_id: Mapped[str] = reference("organisations")
    words: Mapped[str] = mapped_column(Text)
    sort_en: Mapped[str] = mapped_column(_BY_BYTES, index=True)
    sort_fr: Mapped[str] = mapped_column(_BY_BYTES, index=True)

    api: Mapped[Api] = relationship()


class Plan(Base):
    """How much of an API a subscription may use, or, `keyless`, whoever calls without a credential, without one.

    A closed plan takes no new subscriptions, and no more calls without a credential.
    `limits` are windows as domain/limits.py writes them; `costs` has the operations that cost more than one call.
    """

    __tablename__ = "plans"
    __table_args__ = (UniqueConstraint("api_id", "code"),)

    id: Mapped[str] = id_column("plan")
    api_id: Mapped[str] = reference("apis")
    code: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(200))
    name_fr: Mapped[str] = mapped_column(String(200))
    approval: Mapped[str] = mapped_column(String(20))
    allows_api_key: Mapped[bool]
    keyless: Mapped[bool] = mapped_column(default=False)
    when_away: Mapped[str] = mapped_column(String(10), default=USUAL)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    limits: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    costs: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    version: Mapped[int] = mapped_column(default=1)

    api: Mapped[Api] = relationship(back_populates="plans")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it when the class is made


def api_by_name(session: Session, name: str) -> Api | None:
    """The API with this name."""
    return session.scalar(select(Api).where(Api.name == name))
