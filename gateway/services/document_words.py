"""What a document says of its API, for the publisher who would otherwise write it a second time.

The law: it is offered, never taken by itself. Which language the words are in is for a person to see, since
publishing asks for both.
"""

from sqlalchemy.orm import Session

from gateway.domain.errors import DomainError
from gateway.services import apis, documents, versions
from gateway.store.catalogue import Api, Revision

_FIELDS = {
    "title_en": "title",
    "title_fr": "x-title-fr",
    "description_en": "description",
    "description_fr": "x-description-fr",
}
"""Each text about an API (apis.WRITTEN), and the field of `info` (OpenAPI 3.1 §4.8.2) that says the same."""


def words_said(revision: Revision) -> dict[str, str]:
    """The titles and descriptions of a document, by the names of apis.WRITTEN; none that an API could not have."""
    info = documents.document(revision).tree.get("info")
    said = {key: info.get(field) for key, field in _FIELDS.items()} if isinstance(info, dict) else {}
    return {key: text for key, value in said.items() if isinstance(value, str) and (text := _kept(key, value))}


def words_offered(session: Session, api: Api) -> dict[str, str]:
    """What the latest document says where nothing is written about the API yet."""
    revision = versions.latest_revision(session, api.versions[-1])
    said = words_said(revision) if revision else {}
    return {key: text for key, text in said.items() if not getattr(api, key)}


def _kept(key: str, value: str) -> str:
    try:
        return apis.as_written(key, value)
    except DomainError:
        return ""
