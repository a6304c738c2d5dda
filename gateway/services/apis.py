"""APIs of departments: creating, describing and reading them.

A draft does not exist for anybody outside its department and the operator; once one of its versions is served, an API
is for everyone to read.
"""

import re
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.domain.errors import BOTH_LANGUAGES, NAME_TAKEN, NOT_FOUND, NOT_SIGNED_IN, DomainError, invalid, required
from gateway.domain.ids import is_id
from gateway.domain.lifecycle import SERVED, VersionState
from gateway.domain.roles import OrganisationKind, Permission
from gateway.services import audit, catalogue_index
from gateway.services.actor import Actor
from gateway.services.paging import Page, paged
from gateway.services.texts import same_version, text_block, text_field
from gateway.store.accounts import Organisation
from gateway.store.catalogue import Api, ApiVersion, api_by_name
from gateway.store.database import unless_taken
from gateway.words import Words

NAME = re.compile(r"[a-z][a-z0-9-]{2,58}[a-z0-9]")
RESERVED_NAMES = frozenset(permission.partition(":")[0] for permission in Permission) | {
    "admin", "apis", "gateway", "guichet", "healthz", "management", "oauth", "openid", "offline-access", "portal",
    "profile", "static", "well-known",
}  # fmt: skip
"""Names that would be mistaken: an API's scopes begin with its name, as our permissions begin with these words."""

WRITTEN = ("title_en", "title_fr", "description_en", "description_fr")
"""What a publisher writes about an API, and may change."""


def create_api(
    session: Session,
    actor: Actor,
    *,
    organisation_id: str,
    name: str,
    title_en: str = "",
    title_fr: str = "",
    description_en: str = "",
    description_fr: str = "",
) -> Api:
    """A new API of a department, with a draft of version 1.

    One title is enough for a draft; the rest must be there to publish.

    Raises:
        DomainError: who may not (actor.py), INVALID, REQUIRED, NAME_TAKEN.
    """
    department = _department(session, actor, organisation_id)
    words = _written(
        dict(zip(WRITTEN, (title_en, title_fr, description_en, description_fr), strict=True)),
    )
    if not (words["title_en"] or words["title_fr"]):
        raise required("title_en" if actor.language == "en" else "title_fr", "A title", "un titre")
    api = Api(
        organisation_id=department.id,
        name=_free_name(session, name),
        **words,
        created_at=actor.now,
        updated_at=actor.now,
    )
    api.versions.append(ApiVersion(major=1, state=VersionState.DRAFT, created_at=actor.now))
    with unless_taken(session, _taken(api.name)):
        session.add(api)
    audit.tell(session, actor, "api.create", api.id, department.id, after={"name": api.name, **words})
    return api


def update_api(
    session: Session,
    actor: Actor,
    api_id: str,
    *,
    expected_version: int | None = None,
    title_en: str | None = None,
    title_fr: str | None = None,
    description_en: str | None = None,
    description_fr: str | None = None,
) -> Api:
    """Change what is written about an API; None leaves a text as it is. A served API keeps both languages.

    Raises:
        DomainError: who may not, STALE, INVALID, REQUIRED, BOTH_LANGUAGES.
    """
    api = editable_api(session, actor, api_id)
    same_version(api.version, expected_version)
    given = dict(zip(WRITTEN, (title_en, title_fr, description_en, description_fr), strict=True))
    after = {
        key: value
        for key, value in _written({key: value for key, value in given.items() if value is not None}).items()
        if value != getattr(api, key)
    }
    if not after:
        return api
    before = {key: getattr(api, key) for key in after}
    for key, value in after.items():
        setattr(api, key, value)
    _still_described(api)
    api.updated_at = actor.now
    catalogue_index.refresh(session, api)
    audit.tell(session, actor, "api.update", api.id, api.organisation_id, before=before, after=after)
    return api


def as_written(key: str, text: str) -> str:
    """One of the texts about an API (`WRITTEN`) as it is kept.

    Raises:
        DomainError: INVALID.
    """
    return text_field(key, text, 200) if key.startswith("title") else text_block(key, text, 10_000)


def get_api(session: Session, actor: Actor, api_id_or_name: str) -> Api:
    """An API by its id or name, if the actor may see it; NOT_FOUND otherwise."""
    api = find_api(session, api_id_or_name)
    if not is_served(api):
        require_sight(actor, api.organisation_id)
    return api


def my_apis(session: Session, actor: Actor, *, page: int = 1, per_page: int = 20) -> Page[Api]:
    """The APIs of the actor's departments, drafts too (an operator's: all of them), by name."""
    require_signed_in(actor)
    query = select(Api).order_by(Api.name)
    if not (actor.is_operator and actor.may(Permission.READ_DRAFTS, "")):
        query = query.where(Api.organisation_id.in_(actor.organisations_where(Permission.READ_DRAFTS)))
    return paged(session, query, page, per_page)


def titles(session: Session, api_ids: Iterable[str]) -> dict[str, Words]:
    """What these are called, for figures and logs that hold ids: who called an API may know its title."""
    rows = session.execute(select(Api.id, Api.title_en, Api.title_fr).where(Api.id.in_(set(api_ids))))
    return {api_id: Words(en or fr, fr or en) for api_id, en, fr in rows}


def find_api(session: Session, api_id_or_name: str, *, locked: bool = False) -> Api:
    """An API by its id or its name, neither of which ever changes; NOT_FOUND if there is none.

    Who may see it is for the caller to ask. `locked` keeps its row until the transaction ends.
    """
    # No name is mistaken for an id: names have no underscore.
    is_name = not is_id("api", api_id_or_name)
    api_id = session.scalar(select(Api.id).where(Api.name == api_id_or_name)) if is_name else api_id_or_name
    api = session.get(Api, api_id, with_for_update=locked) if api_id else None
    if api is None:
        raise DomainError(NOT_FOUND)
    return api


def editable_api(session: Session, actor: Actor, api_id_or_name: str) -> Api:
    """An API that the actor may edit, its row locked until the transaction ends."""
    require_signed_in(actor)
    api = find_api(session, api_id_or_name, locked=True)
    actor.require(Permission.EDIT_API, api.organisation_id)
    return api


def require_signed_in(actor: Actor) -> None:
    """Let only those go on whom we know, before telling anybody what exists."""
    if not actor.is_signed_in:
        raise DomainError(NOT_SIGNED_IN)


def require_sight(actor: Actor, organisation_id: str) -> None:
    """Let only those go on who may see the drafts of a department; for a visitor, drafts do not exist."""
    if not actor.is_signed_in:
        raise DomainError(NOT_FOUND)
    actor.require(Permission.READ_DRAFTS, organisation_id)


def is_served(api: Api) -> bool:
    """Whether a version of this API answers calls."""
    return any(version.state in SERVED for version in api.versions)


def missing_words(api: Api) -> tuple[str, ...]:
    """Which of the words that publishing asks for are not there."""
    return tuple(key for key in WRITTEN if not getattr(api, key))


def checked_name(name: str) -> str:
    """A name that an API may have, trimmed; whether another one has it is asked when it is made.

    Raises:
        DomainError: INVALID.
    """
    name = name.strip()
    if not NAME.fullmatch(name):
        raise invalid(
            "name",
            "The name takes 4 to 60 small letters, digits and hyphens; it begins with a letter and does not end with a"
            " hyphen.",
            "Le nom compte de 4 à 60 lettres minuscules sans accent, chiffres et traits d’union; il commence par une"
            " lettre et ne finit pas par un trait d’union.",
        )
    if name in RESERVED_NAMES:
        raise invalid(
            "name", f"“{name}” is reserved. Choose another name.", f"« {name} » est réservé. Choisissez un autre nom."
        )
    return name


def _department(session: Session, actor: Actor, organisation_id: str) -> Organisation:
    actor.require(Permission.EDIT_API, organisation_id)
    department = session.get(Organisation, organisation_id)
    if department is None:
        raise DomainError(NOT_FOUND)
    if department.kind != OrganisationKind.DEPARTMENT:
        raise invalid(
            "organisation_id",
            "Only a department publishes APIs.",
            "Seul un ministère ou un organisme publie des API.",
        )
    return department


def _free_name(session: Session, name: str) -> str:
    name = checked_name(name)
    if api_by_name(session, name):
        raise _taken(name)
    return name


def _taken(name: str) -> DomainError:
    return DomainError(NAME_TAKEN, field="name", name=name)


def _written(given: Mapping[str, str]) -> dict[str, str]:
    return {key: as_written(key, value) for key, value in given.items()}


def _still_described(api: Api) -> None:
    missing = missing_words(api)
    if missing and is_served(api):
        raise DomainError(BOTH_LANGUAGES, field=missing[0], members={"missing": list(missing)})
    if not (api.title_en or api.title_fr):
        raise required("title_en", "A title", "un titre")
