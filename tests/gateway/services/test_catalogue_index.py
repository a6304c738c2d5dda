"""What searching reads: one entry for each API that is served, and none for any other."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.domain.lifecycle import SERVED, VersionState
from gateway.services import apis, catalogue_index, publishing, versions
from gateway.services.search_words import words_in
from gateway.store.catalogue import Api, ApiVersion, CatalogueEntry
from tests.fixtures.publishing import described_api, document, point, published_api, ready_version
from tests.fixtures.store import only_postgresql, waits_for


def entry(session: Session, api) -> CatalogueEntry | None:
    return session.get(CatalogueEntry, api.id, populate_existing=True)


def words(session, api) -> set[str]:
    found = entry(session, api)
    return set(found.words.split()) if found else set()


def second_version(session, publisher, api, **words) -> ApiVersion:
    version = versions.create_version(session, publisher, api.id)
    versions.upload_document(session, publisher, version.id, content=document(**words))
    point(session, publisher, version.id, "https://a.example.ca")
    return version


def test_an_entry_holds_the_words_of_both_languages_and_of_the_document(database, publisher, department):
    with database.begin() as session:
        api = published_api(session, publisher, department, title_en="Été & Cœur", title_fr="Congés")

    with database.read() as session:
        kept = entry(session, api)
        assert kept
        assert (kept.organisation_id, kept.sort_en, kept.sort_fr) == (department.id, "ete & coeur", "conges")
        assert {"holidays", "ete", "coeur", "conges", "province", "all", "tous", "feries"} <= words(session, api)
        assert kept.words == " ".join(sorted(words(session, api)))


@pytest.mark.parametrize("state", VersionState)
def test_there_is_an_entry_exactly_while_a_version_is_served(database, publisher, department, state):
    with database.begin() as session:
        api = described_api(session, publisher, department)
        version = ready_version(session, publisher, api)
        publishing.publish(session, publisher, version.id)
        version.state = state

        catalogue_index.refresh(session, api)

    with database.read() as session:
        assert (entry(session, api) is not None) == (state in SERVED)


def test_what_is_retired_comes_back_with_the_next_version(database, publisher, department):
    with database.begin() as session:
        api = published_api(session, publisher, department)
        publishing.deprecate(session, publisher, api.versions[0].id)
        publishing.retire(session, publisher, api.versions[0].id)
        gone = entry(session, api)
        publishing.publish(session, publisher, second_version(session, publisher, api, summary="Sensors").id)

        assert gone is None
        assert "sensors" in words(session, api)
        assert "all" not in words(session, api)


def test_a_document_that_is_not_in_force_adds_no_word(database, publisher, department):
    with database.begin() as session:
        api = published_api(session, publisher, department)
        second = second_version(session, publisher, api, summary="Sensors")
        catalogue_index.refresh(session, api)
        before = words(session, api)
        publishing.publish(session, publisher, second.id)

        assert "sensors" not in before
        assert words(session, api) == before | {"sensors"}


def test_new_words_of_an_api_replace_the_old_ones(database, publisher, department):
    with database.begin() as session:
        api = published_api(session, publisher, department, title_en="Zeppelins", description_en="Up there.")

        apis.update_api(session, publisher, api.id, title_en="Ferries", description_en="On the water.")

        assert "zeppelins" not in words(session, api)
        assert set(words_in("Ferries on the water")) <= words(session, api)


def test_refreshing_again_changes_nothing(database, publisher, department):
    with database.begin() as session:
        api = published_api(session, publisher, department)
        before = words(session, api)

        catalogue_index.refresh(session, api)

        assert words(session, api) == before
        assert len(session.scalars(select(CatalogueEntry)).all()) == 1


def test_the_longest_titles_fit_into_what_is_sorted_by(database, publisher, department):
    with database.begin() as session:
        # One character that becomes eighteen when it is taken apart.
        api = published_api(session, publisher, department, title_en="ﷺ" * 200, title_fr="É" * 200)

    with database.read() as session:
        kept = entry(session, api)
        assert kept
        assert (len(kept.sort_en), kept.sort_fr) == (400, "e" * 200)


def test_one_version_leaving_while_another_arrives_leaves_the_words_of_the_other(database, publisher, department):
    with database.begin() as session:
        api = published_api(session, publisher, department)
        first, second = api.versions[0], second_version(session, publisher, api, summary="Sensors")
        publishing.deprecate(session, publisher, first.id)
    together = Barrier(2)

    def do(move, version_id):
        together.wait()
        with database.begin() as session:
            move(session, publisher, version_id)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(do, [publishing.retire, publishing.publish], [first.id, second.id]))

    with database.read() as session:
        assert "sensors" in words(session, api)
        assert "all" not in words(session, api)


@only_postgresql
def test_an_entry_is_made_by_one_transaction_after_the_other(database, publisher, department):
    with database.begin() as session:
        api = published_api(session, publisher, department)

    assert waits_for(database, api, lambda session: catalogue_index.refresh(session, session.get_one(Api, api.id)))
