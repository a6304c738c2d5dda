"""The catalogue's tables keep their own laws, whoever writes to them."""

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from gateway.store.catalogue import Api, ApiVersion, CatalogueEntry, Environment, Revision, api_by_name
from tests.fixtures.publishing import NOW, described_api, published_api


def test_a_name_a_major_a_revision_number_and_an_environment_are_each_there_once(database, department, publisher):
    with database.begin() as session:
        version = published_api(session, publisher, department).versions[0]
        revision = session.get(Revision, version.live_revision_id)
    words = {"title_en": "", "title_fr": "", "description_en": "", "description_fr": ""}
    again = (
        Api(organisation_id=department.id, name="holidays", created_at=NOW, updated_at=NOW, **words),
        ApiVersion(api_id=version.api_id, major=1, state="draft", created_at=NOW),
        Revision(
            api_version_id=version.id, number=revision.number, content=b"", format="yaml", sha256="", size=0,
            openapi="", document_title="", document_version="", created_at=NOW, created_by="",
        ),
        Environment(api_version_id=version.id, kind="production", targets=[]),
    )  # fmt: skip

    for row in again:
        with pytest.raises(IntegrityError), database.begin() as session:
            session.add(row)


def test_an_entry_of_an_api_that_is_not_there_is_refused(database, department):
    with pytest.raises(IntegrityError), database.begin() as session:
        session.add(CatalogueEntry(api_id="api_none", organisation_id=department.id, words="", sort_en="", sort_fr=""))


def test_a_change_made_on_an_old_row_is_refused(database, department, publisher):
    with database.begin() as session:
        old = described_api(session, publisher, department)
    with database.begin() as session:
        session.get(Api, old.id).title_en = "First"

    old.title_en = "Second"
    with pytest.raises(StaleDataError), database.begin() as session:
        session.add(old)
    with database.read() as session:
        kept = api_by_name(session, "holidays")
        assert kept
        assert kept.title_en == "First"


def test_a_list_of_revisions_does_not_read_the_documents(database, department, publisher):
    with database.begin() as session:
        published_api(session, publisher, department)

    with database.read() as session:
        revision = session.scalars(select(Revision)).one()
        assert {"content", "words"} <= inspect(revision).unloaded
        assert revision.content.startswith(b"openapi: 3.1.0")


def test_sorting_is_by_bytes_on_both_databases(database, department, publisher):
    with database.begin() as session:
        for number, title in enumerate(("b a", "ba", "b-c", "Bc", "b")):
            published_api(session, publisher, department, name=f"api-{number}", title_en=title)

    with database.read() as session:
        found = list(session.scalars(select(CatalogueEntry.sort_en).order_by(CatalogueEntry.sort_en)))
        assert found == sorted(found) == ["b", "b a", "b-c", "ba", "bc"]
