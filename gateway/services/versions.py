"""Versions of an API: their documents, and the plugins chosen for them. Where their calls go: upstreams.py.

A document is kept whole or not at all: one with faults changes nothing, and the same one again is no second revision.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

import openapi
from gateway.domain.errors import DOCUMENT_REFUSED, INVALID, NOT_FOUND, DomainError, invalid
from gateway.domain.lifecycle import SERVED, VersionState
from gateway.domain.roles import Permission
from gateway.plugin.registry import Registry
from gateway.services import audit, documents, offered_documents
from gateway.services.actor import Actor
from gateway.services.apis import editable_api, require_sight, require_signed_in
from gateway.services.texts import same_version
from gateway.services.version_states import move, next_state, wrong_state
from gateway.store.catalogue import ApiVersion, Operation, PluginBinding, Revision
from gateway.store.changes import CATALOGUE
from gateway.words import Words


def create_version(session: Session, actor: Actor, api_id: str) -> ApiVersion:
    """A draft of the next major version; WRONG_STATE while the latest has not been published."""
    api = editable_api(session, actor, api_id)
    latest = session.scalars(
        select(ApiVersion).where(ApiVersion.api_id == api.id).order_by(ApiVersion.major.desc()).limit(1)
    ).one()
    if latest.state in {VersionState.DRAFT, VersionState.CHECKED}:
        raise wrong_state(latest)
    version = ApiVersion(api=api, major=latest.major + 1, state=VersionState.DRAFT, created_at=actor.now)
    session.add(version)
    session.flush()
    audit.tell(
        session,
        actor,
        "version.create",
        version.id,
        api.organisation_id,
        after={"api": api.name, "major": version.major},
    )
    return version


def get_version(session: Session, actor: Actor, version_id: str) -> ApiVersion:
    """A version, if it is served or the actor may see the department's drafts; NOT_FOUND otherwise."""
    version = session.get(ApiVersion, version_id)
    if version is None:
        raise DomainError(NOT_FOUND)
    if version.state not in SERVED:
        require_sight(actor, version.api.organisation_id)
    return version


def sees_inside(actor: Actor, version: ApiVersion) -> bool:
    """Whether the actor may see what only the department knows: drafts, and where calls go."""
    return actor.may(Permission.READ_DRAFTS, version.api.organisation_id)


def readable_revision(session: Session, actor: Actor, version_id: str) -> Revision:
    """The latest document for those who may see drafts, the one in force for everybody else; NOT_FOUND if none."""
    version = get_version(session, actor, version_id)
    revision = latest_revision(session, version) if sees_inside(actor, version) else version.live_revision
    if revision is None:
        raise DomainError(NOT_FOUND)
    return revision


def arrived_revision(session: Session, actor: Actor, version_id: str, number: int) -> Revision:
    """One document of a version as it arrived, by its number, for those who may see drafts.

    Raises:
        DomainError: who may not, NOT_FOUND.
    """
    version = get_version(session, actor, version_id)
    require_sight(actor, version.api.organisation_id)
    found = next((each for each in version.revisions if each.number == number), None)
    if found is None:
        raise DomainError(NOT_FOUND)
    return found


def editable_version(
    session: Session, actor: Actor, version_id: str, permission: Permission = Permission.EDIT_API
) -> ApiVersion:
    """A version that the actor may change, its row locked until the transaction ends."""
    require_signed_in(actor)
    version = session.get(ApiVersion, version_id, with_for_update=True)
    if version is None:
        raise DomainError(NOT_FOUND)
    actor.require(permission, version.api.organisation_id)
    return version


def check_document(content: bytes) -> tuple[openapi.Document | None, tuple[openapi.Finding, ...]]:
    """What is wrong with a document, or worth knowing, and the document if it could be read. Changes nothing."""
    checked = documents.check(content)
    return checked.document, (*checked.findings, *offered_documents.told_to_publishers(checked.document))


def upload_document(session: Session, actor: Actor, version_id: str, *, content: bytes) -> Revision:
    """Make a good document the version's latest revision; it is in force once published.

    Raises:
        DomainError: who may not, WRONG_STATE, DOCUMENT_REFUSED with `findings` (nothing is kept).
    """
    require_signed_in(actor)
    # Read before the first look at the database: no lock waits for a large document.
    checked = documents.check(content)
    version = editable_version(session, actor, version_id)
    next_state(version, "check")
    latest = latest_revision(session, version)
    sha256 = documents.sha256_of(content)
    if latest and latest.sha256 == sha256:
        return latest
    document = _good_document(checked)
    revision = _revision(version, document, content, sha256, latest)
    revision.created_at, revision.created_by = actor.now, actor.id
    move(version, "check")
    session.add(revision)
    session.flush()
    told = {"revision": revision.number, "sha256": sha256, "operations": len(revision.operations)}
    audit.tell(session, actor, "version.upload", version.id, version.api.organisation_id, after=told)
    return revision


def latest_revision(session: Session, version: ApiVersion) -> Revision | None:
    """The document that arrived last."""
    query = select(Revision).where(Revision.api_version_id == version.id)
    return session.scalars(query.order_by(Revision.number.desc()).limit(1)).first()


def choose_plugins(
    session: Session,
    actor: Actor,
    version_id: str,
    *,
    chosen: Mapping[str, Mapping[str, Any]],
    registry: Registry,
    expected_version: int | None = None,
) -> ApiVersion:
    """Make these the plugins of a version, each with its settings, in place of what was chosen before.

    Raises:
        DomainError: who may not, STALE, WRONG_STATE (retired), INVALID (no such plugin, or settings it refuses: each
            has its fault at the path ("plugins", plugin, setting)).
    """
    version = editable_version(session, actor, version_id)
    same_version(version.version, expected_version)
    refuse_retired(version)
    _check_plugins(registry, chosen)
    before = {binding.name: binding.config for binding in version.plugins}
    after = {name: dict(config) for name, config in chosen.items()}
    if before == after:
        return version
    kept = {binding.name: binding for binding in version.plugins if binding.name in after}
    for name, binding in kept.items():
        binding.config = after[name]
    version.plugins = [kept.get(name) or PluginBinding(name=name, config=config) for name, config in after.items()]
    tell_change(session, actor, version, "version.plugins", before=before, after=after)
    return version


def refuse_retired(version: ApiVersion) -> None:
    """A retired version answers no more calls; nothing about it is changed."""
    if version.state == VersionState.RETIRED:
        raise wrong_state(version)


def tell_change(
    session: Session,
    actor: Actor,
    version: ApiVersion,
    command: str,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Write down a change to what belongs to a version: its number rises, and workers learn of it if it is served."""
    flag_modified(version, "state")
    session.flush()
    announced = (CATALOGUE,) if version.state in SERVED else ()
    organisation_id = version.api.organisation_id
    audit.tell(session, actor, command, version.id, organisation_id, before=before, after=after, announce=announced)


def _good_document(checked: openapi.Checked) -> openapi.Document:
    if checked.document is None or not checked.good:
        raise DomainError(DOCUMENT_REFUSED, field="document", findings=checked.findings)
    return checked.document


def _revision(
    version: ApiVersion, document: openapi.Document, content: bytes, sha256: str, latest: Revision | None
) -> Revision:
    info = document.tree["info"]
    return Revision(
        api_version=version,
        number=latest.number + 1 if latest else 1,
        content=content,
        format=document.format,
        sha256=sha256,
        size=len(content),
        openapi=document.version[:20],
        document_title=info["title"][:300],
        document_version=info["version"][:100],
        words=documents.words_of(document),
        operations=[
            Operation(
                position=position,
                method=key.method,
                path=key.path,
                operation_id=key.operation_id[:300],
                slug=key.slug,
                summary=key.summary,
            )
            for position, key in enumerate(openapi.operations(document))
        ],
    )


def _check_plugins(registry: Registry, chosen: Mapping[str, Mapping[str, Any]]) -> None:
    unknown = next((name for name in chosen if name not in registry), None)
    if unknown is not None:
        raise invalid(
            "plugins", f"There is no plugin named “{unknown}”.", f"Aucun module ne porte le nom « {unknown} »."
        )
    faults: dict[tuple[str, ...], Words] = {
        ("plugins", name, setting): words
        for name, config in chosen.items()
        for setting, words in registry.faults(name, config).items()
    }
    if faults:
        listed = ", ".join(".".join(filter(None, path[1:])) for path in faults)
        raise DomainError(
            INVALID,
            field="plugins",
            faults=faults,
            why_en=f"The plugins do not accept these settings: {listed}.",
            why_fr=f"Les modules n’acceptent pas ces réglages : {listed}.",
        )
