"""What everybody may read: the APIs that are served, found by their words, and their documents.

Every word asked for must occur, in either language, in the singular or the plural: in the API's name, titles and
descriptions, in the summaries of its operations, or in the name of its department.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select
from sqlalchemy.orm import Session, selectinload

import openapi
from gateway.domain.errors import NOT_FOUND, DomainError
from gateway.domain.lifecycle import SERVED
from gateway.domain.roles import OrganisationKind
from gateway.services import documents
from gateway.services.paging import Page, paged
from gateway.services.search_words import bag, stem, words_in
from gateway.store.accounts import Organisation
from gateway.store.catalogue import Api, ApiVersion, CatalogueEntry, Plan, Revision, api_by_name
from gateway.words import Language

MOST_WORDS = 10
"""How many words of a search are looked for; the rest is not read."""

MOST_MAJOR = 2**31 - 1
"""The largest number that the column holds; a database asked for more would fail instead of finding nothing."""


@dataclass(frozen=True, slots=True)
class PublishedApi:
    """An API with the versions that answer calls, the newest first, and the plans that may be subscribed to.

    `keyless` is the plan of those who call without a key, where they may.
    """

    api: Api
    versions: tuple[ApiVersion, ...]
    plans: tuple[Plan, ...]
    keyless: Plan | None = None


def search(
    session: Session,
    *,
    words: str = "",
    department: str | None = None,
    language: Language,
    page: int = 1,
    per_page: int = 20,
) -> Page[Api]:
    """The served APIs in which every word occurs, those with the words in their title first, then by title.

    `department` is a department's slug or id. No words find everything; words without a letter or digit, nothing.
    """
    asked = tuple(map(stem, words_in(words)[:MOST_WORDS]))
    if words.strip() and not asked:
        return Page((), 1, per_page, 0)
    query = (
        select(Api)
        .join(CatalogueEntry, CatalogueEntry.api_id == Api.id)
        .where(*_conditions(session, asked, department))
        .options(selectinload(Api.organisation))
        .order_by(*_order(asked, language))
    )
    return paged(session, query, page, per_page)


def departments(session: Session) -> list[Organisation]:
    """Those that have an API in the catalogue, by name."""
    shelved = select(CatalogueEntry.organisation_id).join(Api, Api.id == CatalogueEntry.api_id)
    return list(
        session.scalars(select(Organisation).where(Organisation.id.in_(shelved)).order_by(Organisation.name_en))
    )


def published(session: Session, name: str) -> PublishedApi:
    """An API that is served, by name; NOT_FOUND otherwise."""
    api = api_by_name(session, name)
    versions = tuple(version for version in reversed(api.versions) if version.state in SERVED) if api else ()
    if not (api and versions):
        raise DomainError(NOT_FOUND)
    plans = [plan for plan in api.plans if plan.closed_at is None]
    keyless = next((plan for plan in plans if plan.keyless), None)
    return PublishedApi(api, versions, tuple(plan for plan in plans if not plan.keyless), keyless)


def names(session: Session) -> list[str]:
    """The names of all APIs that answer calls, in their order."""
    served = select(Api.name).join(ApiVersion, ApiVersion.api_id == Api.id).where(ApiVersion.state.in_(SERVED))
    return list(session.scalars(served.distinct().order_by(Api.name)))


def document_of(session: Session, api_name: str, major: int) -> openapi.Document:
    """The document in force of a served version; NOT_FOUND otherwise."""
    return documents.document(revision_in_force(session, api_name, major))


def outline_of(session: Session, api_name: str, major: int) -> openapi.Outline:
    """What the reference page of a served version shows; NOT_FOUND otherwise."""
    return documents.outline(revision_in_force(session, api_name, major))


def revision_in_force(session: Session, api_name: str, major: int) -> Revision:
    """The revision that a served version answers by; NOT_FOUND otherwise."""
    if major > MOST_MAJOR:
        raise DomainError(NOT_FOUND)
    query = (
        select(Revision)
        .join(ApiVersion, ApiVersion.live_revision_id == Revision.id)
        .join(Api, ApiVersion.api_id == Api.id)
        .where(Api.name == api_name, ApiVersion.major == major, ApiVersion.state.in_(SERVED))
    )
    revision = session.scalar(query)
    if revision is None:
        raise DomainError(NOT_FOUND)
    return revision


def _conditions(session: Session, asked: tuple[str, ...], department: str | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    departments = _departments(session) if asked or department else {}
    if department:
        conditions.append(
            CatalogueEntry.organisation_id.in_([o for o, (slug, _) in departments.items() if department in (o, slug)])
        )
    for word in asked:
        named = [organisation_id for organisation_id, (_, names) in departments.items() if word in names]
        conditions.append(or_(CatalogueEntry.words.contains(word), CatalogueEntry.organisation_id.in_(named)))
    return conditions


def _order(asked: tuple[str, ...], language: Language) -> list[ColumnElement[Any]]:
    key = CatalogueEntry.sort_en if language == "en" else CatalogueEntry.sort_fr
    if not asked:
        return [key.expression, Api.name.expression]
    either = (or_(CatalogueEntry.sort_en.contains(word), CatalogueEntry.sort_fr.contains(word)) for word in asked)
    return [case((and_(*either), 0), else_=1), key.expression, Api.name.expression]


def _departments(session: Session) -> dict[str, tuple[str, str]]:
    """The slug and the folded names of each department, by id. They are few: an operator creates them."""
    query = select(Organisation.id, Organisation.slug, Organisation.name_en, Organisation.name_fr)
    rows = session.execute(query.where(Organisation.kind == OrganisationKind.DEPARTMENT))
    return {row.id: (row.slug, bag(row.slug, row.name_en, row.name_fr)) for row in rows}
