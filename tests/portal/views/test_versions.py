"""One version of an API for its department."""

import re

import pytest

from gateway.domain.lifecycle import VersionState
from gateway.domain.roles import Role
from gateway.services import versions
from gateway.store.catalogue import ApiVersion
from tests.fixtures.consuming import refreshed
from tests.fixtures.publishing import described_api, document, organisation, ready_version

V1 = "/en/publish/apis/holidays/v1"
V1_FR = "/fr/publier/api/holidays/v1"
WARNED = document() + b"security:\n  - nowhere: []\n"


@pytest.fixture
def heritage(sign_in, department):
    """A publisher's browser."""
    return sign_in({department: Role.PUBLISHER})


@pytest.fixture
def draft(site, publisher, department) -> ApiVersion:
    """A version that has nothing yet."""
    with site.database.begin() as session:
        return described_api(session, publisher, department).versions[0]


@pytest.fixture
def ready(site, publisher, department) -> ApiVersion:
    """A version that has all it needs."""
    with site.database.begin() as session:
        return ready_version(session, publisher, described_api(session, publisher, department))


def state(site, version) -> str:
    with site.database.read() as session:
        return str(refreshed(session, version).state)


@pytest.mark.parametrize(("path", "words"), [(V1, "No document yet"), (V1_FR, "Aucun document pour l’instant")])
def test_a_version_without_a_document_says_what_it_is_for(heritage, draft, path, words):
    assert words in heritage.get(path).text


@pytest.mark.parametrize("path", [V1, V1_FR])
def test_a_version_shows_its_operations_and_where_its_calls_go(heritage, ready, path):
    page = heritage.get(path).text

    assert "/holidays/{id}" in page
    assert "https://holidays.example.ca" in page
    assert f'action="{path}/{"publish" if path == V1 else "publier"}"' in page


def test_the_warnings_of_a_check_are_shown_after_it(site, heritage, publisher, draft):
    with site.database.begin() as session:
        versions.upload_document(session, publisher, draft.id, content=WARNED)

    page = heritage.get(f"{V1}?findings=1").text

    assert "What the check found" in page
    assert "security-undeclared" in page
    assert "What the check found" not in heritage.get(V1).text


def test_what_is_ready_is_published_once(site, heritage, ready):
    first = heritage.post(f"{V1}/publish", form_at=V1)
    second = heritage.post(f"{V1}/publish", form_at="/en/publish/new")

    assert (first.status_code, second.status_code) == (303, 303)
    assert state(site, ready) == VersionState.PUBLISHED
    page = heritage.get(first.location).text
    assert "Version 1 is published." in page
    assert 'href="/en/apis/holidays"' in page


@pytest.mark.parametrize(
    ("path", "words"), [(f"{V1}/publish", "Still missing"), (f"{V1_FR}/publier", "Il manque encore")]
)
def test_what_is_not_ready_is_not_published_and_says_why(site, heritage, draft, path, words):
    answer = heritage.post(path, form_at="/en/publish/new")

    assert answer.status_code == 422
    assert words in answer.text
    assert state(site, draft) == VersionState.DRAFT


def test_an_earlier_revision_is_put_in_force_again(site, heritage, publisher, ready):
    heritage.post(f"{V1}/publish", form_at=V1)
    with site.database.begin() as session:
        versions.upload_document(session, publisher, ready.id, content=document(summary="Days"))
    heritage.post(f"{V1}/publish", form_at=V1)
    page = heritage.get(V1).text
    earlier = re.search(r'name="revision_id" value="(rev_\w+)"', page)
    assert earlier

    answer = heritage.post(f"{V1}/publish", {"revision_id": earlier[1]}, form_at=V1)

    assert answer.status_code == 303
    with site.database.read() as session:
        assert refreshed(session, ready).live_revision.number == 1


@pytest.mark.parametrize("path", [V1, V1_FR])
def test_a_version_leaves_in_two_steps_that_ask_first(site, heritage, holidays, path):
    version = holidays.versions[0]
    ends = {V1: ("deprecate", "retire"), V1_FR: ("fin-de-vie", "retirer")}[path]
    states = []

    for end in ends:
        assert heritage.get(f"{path}/{end}").status_code == 200
        assert heritage.post(f"{path}/{end}").status_code == 303
        assert heritage.post(f"{path}/{end}").status_code == 303
        states.append(state(site, version))

    assert states == [VersionState.DEPRECATED, VersionState.RETIRED]


def test_a_version_is_not_retired_before_its_end_is_announced(site, heritage, holidays):
    answer = heritage.post(f"{V1}/retire")

    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert state(site, holidays.versions[0]) == VersionState.PUBLISHED


def test_the_next_version_is_prepared_once(heritage, holidays):
    first = heritage.post("/en/publish/apis/holidays/versions", form_at="/en/publish/apis/holidays")
    second = heritage.post("/en/publish/apis/holidays/versions", form_at="/en/publish/new")

    assert first.location == second.location == "/en/publish/apis/holidays/v2"
    assert heritage.get("/en/publish/apis/holidays/v3").status_code == 404


@pytest.mark.parametrize("page", ["", "/service", "/service/proof", "/publish", "/deprecate", "/retire"])
def test_for_another_department_it_is_not_there(site, sign_in, holidays, page):
    outsider = sign_in({organisation(site.database, slug="finance"): Role.PUBLISHER})

    assert outsider.get(V1 + page).status_code == 404
    if page:
        form = {"targets.0.base_url": "https://evil.example.ca"}
        assert outsider.post(V1 + page, form, form_at="/en/publish/new").status_code == 404
    assert outsider.post("/en/publish/apis/holidays/versions", form_at="/en/publish/new").status_code == 404
    assert state(site, holidays.versions[0]) == VersionState.PUBLISHED


@pytest.mark.parametrize("path", [V1, V1_FR])
def test_the_department_reads_back_what_it_brought_byte_for_byte(heritage, visitor, holidays, path):
    answer = heritage.get(f"{path}/revisions/1")

    assert answer.data == document()
    assert f'{path}/revisions/1"' in heritage.get(path).text
    assert heritage.get(f"{path}/revisions/2").status_code == 404
    assert visitor.get(f"{path}/revisions/1").status_code == 303
