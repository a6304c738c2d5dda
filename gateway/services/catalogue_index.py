"""What searching reads, kept in step with the catalogue in the transaction that changes it.

The law: an API has an entry exactly while one of its versions is served. Names of departments are not in it: they are
few, and are looked at when somebody searches.
"""

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from gateway.domain.lifecycle import SERVED
from gateway.services.search_words import bag, fold
from gateway.store.catalogue import Api, ApiVersion, CatalogueEntry, Revision

_LONGEST_KEY = 400

# Refreshing whole would drop the related rows that the caller has loaded and may read after the transaction.
_COLUMNS = [column.key for column in inspect(Api).column_attrs]


def refresh(session: Session, api: Api) -> None:
    """Bring an API's entry up to date with its versions, its words and its documents'.

    The API's row is locked first: two versions published at once are entered one after the other.
    """
    session.flush()
    session.refresh(api, _COLUMNS, with_for_update=True)
    entry = session.get(CatalogueEntry, api.id)
    served = _words_of_served(session, api)
    if not served:
        if entry:
            session.delete(entry)
        return
    entry = entry or CatalogueEntry(api_id=api.id, organisation_id=api.organisation_id)
    # The name in one word too: people leave its hyphens out.
    names = api.name, api.name.replace("-", "")
    entry.words = bag(*names, api.title_en, api.title_fr, api.description_en, api.description_fr, *served)
    entry.sort_en, entry.sort_fr = fold(api.title_en)[:_LONGEST_KEY], fold(api.title_fr)[:_LONGEST_KEY]
    session.add(entry)


def _words_of_served(session: Session, api: Api) -> list[str]:
    query = select(Revision.words).join(ApiVersion, ApiVersion.live_revision_id == Revision.id)
    return list(session.scalars(query.where(ApiVersion.api_id == api.id, ApiVersion.state.in_(SERVED))))
