"""The page of one API for its department."""

import pytest

from gateway.domain.roles import Role
from gateway.services import versions
from tests.fixtures.publishing import described_api, document, organisation, ready_version

PATHS = [("/en/publish/apis/holidays", "en"), ("/fr/publier/api/holidays", "fr")]


@pytest.fixture
def heritage(sign_in, department):
    """A publisher's browser."""
    return sign_in({department: Role.PUBLISHER})


@pytest.mark.parametrize(("path", "language"), PATHS)
def test_a_draft_lists_what_is_missing_with_the_way_to_bring_it(site, heritage, publisher, department, path, language):
    with site.database.begin() as session:
        described_api(session, publisher, department, description_fr="")

    page = heritage.get(path).text

    counted, ways, button = {
        "en": ("4 things are missing.", ("edit", "v1/document", "v1/service", "plans/new"), "publish"),
        "fr": ("Il manque 4 éléments.", ("modifier", "v1/document", "v1/service", "forfaits/nouveau"), "publier"),
    }[language]
    assert counted in page
    assert all(f'href="{path}/{way}"' in page for way in ways)
    assert f'action="{path}/v1/{button}"' not in page


@pytest.mark.parametrize(("path", "language"), PATHS)
def test_what_is_ready_has_a_button(site, heritage, publisher, department, path, language):
    with site.database.begin() as session:
        ready_version(session, publisher, described_api(session, publisher, department))

    page = heritage.get(path).text

    assert f'action="{path}/v1/{"publish" if language == "en" else "publier"}"' in page


@pytest.mark.parametrize(("path", "language"), PATHS)
def test_what_is_published_leads_to_the_catalogue(heritage, holidays, path, language):
    page = heritage.get(path).text

    assert f'href="/{language}/{"apis" if language == "en" else "catalogue"}/holidays"' in page
    assert "Standard" in page if language == "en" else "Normal" in page


def test_a_newer_document_waits_to_be_put_in_force(site, heritage, publisher, holidays):
    with site.database.begin() as session:
        versions.upload_document(session, publisher, holidays.versions[0].id, content=document(summary="Days"))

    assert "Revision 2 of the document is waiting" in heritage.get("/en/publish/apis/holidays").text


def test_an_api_without_plans_says_what_they_are_for(site, heritage, publisher, department):
    with site.database.begin() as session:
        described_api(session, publisher, department, title_en="")

    page = heritage.get("/en/publish/apis/holidays").text

    assert "No plan yet" in page
    assert "<h1>Jours fériés</h1>" in page


def test_for_another_department_it_is_not_there(site, sign_in, holidays):
    outsider = sign_in({organisation(site.database, slug="finance"): Role.PUBLISHER})

    assert outsider.get("/en/publish/apis/holidays").status_code == 404
    assert outsider.get("/en/publish/apis/no-such-api").status_code == 404
