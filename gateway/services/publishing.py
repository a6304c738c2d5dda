"""Putting a version in force, and taking it out again.

What must be there first is one table; a page can show the whole of it before anybody presses the button.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Exists, exists, select
from sqlalchemy.orm import Session

from gateway.domain.errors import BOTH_LANGUAGES, NOT_FOUND, NOT_READY, DomainError
from gateway.domain.lifecycle import VersionState
from gateway.domain.roles import Permission
from gateway.services import audit, catalogue_index
from gateway.services.actor import Actor
from gateway.services.apis import missing_words
from gateway.services.version_states import move, next_state
from gateway.services.versions import editable_version, get_version, latest_revision
from gateway.store.catalogue import ApiVersion, Environment, Plan, Revision
from gateway.store.changes import CATALOGUE
from gateway.words import LANGUAGES, Words


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that must be there before publishing: its code, how it is called, and whether it is there."""

    code: str
    words: Words
    met: Callable[[Session, ApiVersion], bool]


NEEDS: tuple[Need, ...] = (
    Need("title_en", Words("the title in English", "le titre en anglais"), lambda _, v: bool(v.api.title_en)),
    Need("title_fr", Words("the title in French", "le titre en français"), lambda _, v: bool(v.api.title_fr)),
    Need(
        "description_en",
        Words("the description in English", "la description en anglais"),
        lambda _, v: bool(v.api.description_en),
    ),
    Need(
        "description_fr",
        Words("the description in French", "la description en français"),
        lambda _, v: bool(v.api.description_fr),
    ),
    Need(
        "document",
        Words("an OpenAPI document", "un document OpenAPI"),
        lambda session, v: latest_revision(session, v) is not None,
    ),
    Need(
        "upstream",
        Words("the address of your service", "l’adresse de votre service"),
        lambda session, v: _there_is(session, exists().where(Environment.api_version_id == v.id)),
    ),
    Need(
        "plan",
        Words("an open plan", "un forfait ouvert"),
        lambda session, v: _there_is(session, exists().where(Plan.api_id == v.api_id, Plan.closed_at.is_(None))),
    ),
)
"""Everything that publishing asks for, in the order a publisher brings it."""


def missing_needs(session: Session, version: ApiVersion) -> tuple[Need, ...]:
    """What is not there yet, with codes for machines."""
    return tuple(need for need in NEEDS if not need.met(session, version))


def read_missing(session: Session, actor: Actor, version_id: str) -> tuple[Need, ...]:
    """What is not there yet, for whoever may see the department's drafts.

    Raises:
        DomainError: NOT_FOUND, and what `Actor.require` raises.
    """
    version = get_version(session, actor, version_id)
    actor.require(Permission.READ_DRAFTS, version.api.organisation_id)
    return missing_needs(session, version)


def missing_before_publishing(session: Session, version: ApiVersion) -> tuple[Words, ...]:
    """What is not there yet, in words."""
    return tuple(need.words for need in missing_needs(session, version))


def publish(session: Session, actor: Actor, version_id: str, *, revision_id: str | None = None) -> ApiVersion:
    """Put a revision in force: the latest, or an older one to go back to. What is in force already stays so.

    Raises:
        DomainError: who may not, NOT_FOUND (no such revision of this version), WRONG_STATE,
            BOTH_LANGUAGES or NOT_READY with `members["missing"]`, the codes of `NEEDS`.
    """
    version = editable_version(session, actor, version_id, Permission.PUBLISH_API)
    revision = _revision_of(session, version, revision_id) if revision_id else latest_revision(session, version)
    if version.state == VersionState.PUBLISHED and revision and version.live_revision_id == revision.id:
        return version
    if version.state != VersionState.DRAFT:
        next_state(version, "publish")
    _require_all(session, version)
    before = _told(version)
    move(version, "publish")
    version.live_revision = revision
    version.published_at = version.published_at or actor.now
    _tell(session, actor, version, "publish", before)
    return version


def deprecate(session: Session, actor: Actor, version_id: str) -> ApiVersion:
    """Say that a published version will be retired; it still answers. Saying so again changes nothing."""
    return _leave(session, actor, version_id, "deprecate", VersionState.DEPRECATED)


def retire(session: Session, actor: Actor, version_id: str) -> ApiVersion:
    """Stop answering the calls of a deprecated version. Doing so again changes nothing."""
    return _leave(session, actor, version_id, "retire", VersionState.RETIRED)


def _leave(session: Session, actor: Actor, version_id: str, name: str, target: VersionState) -> ApiVersion:
    version = editable_version(session, actor, version_id, Permission.PUBLISH_API)
    if version.state == target:
        return version
    before = _told(version)
    move(version, name)
    _tell(session, actor, version, name, before)
    return version


def _tell(session: Session, actor: Actor, version: ApiVersion, name: str, before: dict[str, Any]) -> None:
    catalogue_index.refresh(session, version.api)
    organisation_id = version.api.organisation_id
    command, after = f"version.{name}", _told(version)
    audit.tell(session, actor, command, version.id, organisation_id, before=before, after=after, announce=(CATALOGUE,))


def _told(version: ApiVersion) -> dict[str, Any]:
    return {"state": version.state, "revision": version.live_revision.number if version.live_revision else None}


def _revision_of(session: Session, version: ApiVersion, revision_id: str) -> Revision:
    revision = session.get(Revision, revision_id)
    if revision is None or revision.api_version_id != version.id:
        raise DomainError(NOT_FOUND, field="revision_id")
    return revision


def _require_all(session: Session, version: ApiVersion) -> None:
    missing = missing_needs(session, version)
    members = {"missing": [need.code for need in missing]}
    words = missing_words(version.api)
    if words:
        raise DomainError(BOTH_LANGUAGES, field=words[0], members=members)
    if missing:
        en, fr = (", ".join(need.words.of(language) for need in missing) for language in LANGUAGES)
        raise DomainError(NOT_READY, members=members, missing_en=en, missing_fr=fr)


def _there_is(session: Session, condition: Exists) -> bool:
    return bool(session.scalar(select(condition)))
