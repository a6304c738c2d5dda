"""The catalogue: found by any word in either language, whatever its capitals and accents; drafts are not there."""

import pytest
from sqlalchemy import select

from gateway.domain.errors import NOT_FOUND, DomainError
from gateway.domain.lifecycle import SERVED
from gateway.domain.roles import Role
from gateway.services import apis, catalogue, plans, publishing, versions
from gateway.store.catalogue import Api, ApiVersion, CatalogueEntry
from tests.fixtures.publishing import (
    described_api,
    document,
    keyless_plan,
    organisation,
    person,
    point,
    published_api,
    standard_plan,
)


def names(session, words="", language="en", **given) -> list[str]:
    return [api.name for api in catalogue.search(session, words=words, language=language, **given).items]


@pytest.fixture
def school(database, department, publisher):
    with database.begin() as session:
        return published_api(
            session,
            publisher,
            department,
            name="school-air",
            title_en="Air quality in schools",
            title_fr="Qualité de l’air à l’école",
            description_en="Measurements of CO2, 100 % open.",
            description_fr="Mesures de CO2; cœur du réseau.",
        )


@pytest.mark.parametrize(
    "words",
    ["ecole", "ÉCOLE", "école", "qualite", "Quality", "l'école", "schools air", "school", "co2", "coeur", "réseau",
     "100 %", "school-air", "jours feries", "all holidays", "heritage", "patrimoine quality", "CANADIEN", "", "  ",
     "écoles", "qualités", "measurement", "heritages", "schoolair"],
)  # fmt: skip
def test_an_api_is_found_by_a_word_of_either_language(database, school, words):
    with database.read() as session:
        assert names(session, words, "en") == names(session, words, "fr") == ["school-air"]


@pytest.mark.parametrize(
    "words", ["hospital", "ecole hospital", "%", "_", "%%", "***", "' OR 1=1 --", "\0", "é" * 5_000]
)
def test_what_does_not_occur_finds_nothing_and_wildcards_are_only_letters(database, school, words):
    with database.read() as session:
        assert names(session, words) == []


def test_a_draft_is_not_found_and_neither_is_what_was_retired(database, department, publisher, school):
    with database.begin() as session:
        described_api(session, publisher, department, name="draft", title_en="School draft")
        before = names(session, "school")
        publishing.deprecate(session, publisher, school.versions[0].id)
        deprecated = names(session, "school")
        publishing.retire(session, publisher, school.versions[0].id)
        session.flush()

        assert (before, deprecated, names(session, "school")) == (["school-air"], ["school-air"], [])


def test_an_api_stays_while_another_version_of_it_is_served(database, publisher, school):
    with database.begin() as session:
        second = versions.create_version(session, publisher, school.id)
        versions.upload_document(session, publisher, second.id, content=document(summary="Sensors"))
        point(session, publisher, second.id, "https://a.example.ca")
        publishing.publish(session, publisher, second.id)
        both = catalogue.published(session, "school-air").versions
        publishing.deprecate(session, publisher, school.versions[0].id)
        publishing.retire(session, publisher, school.versions[0].id)
        session.flush()

        assert [version.major for version in both] == [2, 1]
        assert (names(session, "sensors"), names(session, "all holidays")) == (["school-air"], [])
        entered = set(session.scalars(select(CatalogueEntry.api_id)))
        assert entered == set(session.scalars(select(ApiVersion.api_id).where(ApiVersion.state.in_(SERVED))))


def test_new_words_are_found_and_old_ones_forgotten(database, department, publisher, school):
    with database.begin() as session:
        apis.update_api(session, publisher, school.id, title_en="Clean rooms", description_en="None")
        session.flush()

        assert (names(session, "rooms"), names(session, "measurements")) == (["school-air"], [])


def test_a_department_that_changes_its_name_is_found_by_the_new_one(database, department, publisher, school):
    with database.begin() as session:
        session.merge(department).name_fr = "Ministère de la Santé"
        session.flush()

        assert (names(session, "sante"), names(session, "patrimoine")) == (["school-air"], [])


def test_the_words_of_a_document_count_when_it_is_in_force(database, publisher, school):
    with database.begin() as session:
        content = document(summary="Readings", french="Relevés horaires")
        versions.upload_document(session, publisher, school.versions[0].id, content=content)
        waiting = names(session, "releves")
        publishing.publish(session, publisher, school.versions[0].id)
        session.flush()

        assert (waiting, names(session, "releves"), names(session, "readings")) == ([], ["school-air"], ["school-air"])


def test_a_department_narrows_the_search_by_slug_or_id(database, department, publisher, school):
    other = organisation(database, slug="transport", name_en="Transport", name_fr="Transports")
    with database.begin() as session:
        published_api(session, person(Role.PUBLISHER, other), other, name="roads")

    with database.read() as session:
        assert names(session, department="transport") == names(session, department=other.id) == ["roads"]
        assert names(session, "quality", department="heritage") == ["school-air"]
        assert names(session, "quality", department="transport") == []
        assert names(session, department="unknown") == []


def test_results_are_sorted_by_title_in_the_readers_language_with_titles_that_match_first(
    database, department, publisher
):
    titles = {
        "api-one": ("Zebra", "Abeille"),
        "api-two": ("apple", "Zone"),
        "api-three": ("Elm", "Écorce"),
        "api-four": ("Echo of a zebra", "Fée"),
    }
    with database.begin() as session:
        for name, (en, fr) in titles.items():
            published_api(session, publisher, department, name=name, title_en=en, title_fr=fr)
        apis.update_api(
            session, publisher, apis.get_api(session, publisher, "api-two").id, description_en="Not a zebra"
        )

    with database.read() as session:
        assert names(session, language="en") == ["api-two", "api-four", "api-three", "api-one"]
        assert names(session, language="fr") == ["api-one", "api-three", "api-four", "api-two"]
        assert names(session, "zebra", language="en") == ["api-four", "api-one", "api-two"]


def test_results_come_in_pages_that_do_not_overlap(database, department, publisher):
    with database.begin() as session:
        for number in range(5):
            published_api(session, publisher, department, name=f"api-{number}")

    with database.read() as session:
        pages = [catalogue.search(session, words="public", language="en", page=page, per_page=2) for page in (1, 2, 3)]
        assert [(page.total, page.last) for page in pages] == [(5, 3)] * 3
        assert [api.name for page in pages for api in page.items] == [f"api-{number}" for number in range(5)]


def test_a_published_api_shows_what_is_served_and_what_may_be_subscribed_to(database, department, publisher, school):
    with database.begin() as session:
        versions.create_version(session, publisher, school.id)
        closed = standard_plan(session, publisher, school, code="closed")
        plans.close_plan(session, publisher, closed.id)
        keyless_plan(session, publisher, school)

    with database.read() as session:
        shown = catalogue.published(session, "school-air")
        assert [version.major for version in shown.versions] == [1]
        assert [plan.code for plan in shown.plans] == ["standard"]
        assert shown.keyless
        assert shown.keyless.code == "open"
        assert shown.api.organisation.slug == "heritage"


def test_documents_and_outlines_are_those_in_force(database, publisher, school):
    with database.begin() as session:
        versions.upload_document(session, publisher, school.versions[0].id, content=document(title="Not yet"))

    with database.read() as session:
        outline = catalogue.outline_of(session, "school-air", 1)
        assert catalogue.document_of(session, "school-air", 1).tree["info"]["title"] == "Holidays"
        assert [operation.summary.fr for operation in outline.operations] == ["Tous les jours fériés", None]
        assert catalogue.outline_of(session, "school-air", 1) is outline


def test_what_is_not_served_is_not_there(database, department, publisher, school):
    with database.begin() as session:
        described_api(session, publisher, department, name="draft")

    with database.read() as session:
        for ask in (
            lambda: catalogue.published(session, "draft"),
            lambda: catalogue.published(session, "nothing"),
            lambda: catalogue.document_of(session, "draft", 1),
            lambda: catalogue.outline_of(session, "school-air", 2),
        ):
            with pytest.raises(DomainError) as caught:
                ask()
            assert caught.value.kind is NOT_FOUND
        assert len(session.scalars(select(Api)).all()) == 2


def test_a_number_that_no_version_can_have_is_not_found(database, school):
    with database.read() as session:
        for major in (catalogue.MOST_MAJOR, catalogue.MOST_MAJOR + 1, 10**30):
            with pytest.raises(DomainError) as refused:
                catalogue.document_of(session, school.name, major)
            assert refused.value.kind is NOT_FOUND
