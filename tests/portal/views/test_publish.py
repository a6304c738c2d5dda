"""A department's own APIs: the list, making one, the words about it."""

import pytest
from sqlalchemy import select

from gateway.domain.roles import OrganisationKind, Role
from gateway.services import versions
from gateway.store.catalogue import Api
from tests.fixtures.publishing import described_api, document, organisation, published_api
from tests.portal.browsing import faults_of

WORDS = {
    "title_en": "Public holidays",
    "title_fr": "Jours fériés",
    "description_en": "Days off.",
    "description_fr": "Les congés.",
}


@pytest.fixture
def heritage(sign_in, department):
    """A publisher's browser."""
    return sign_in({department: Role.PUBLISHER})


@pytest.fixture
def outsider(site, sign_in):
    """A publisher of another department."""
    return sign_in({organisation(site.database, slug="finance"): Role.PUBLISHER})


def apis(site) -> list[Api]:
    with site.database.read() as session:
        return list(session.scalars(select(Api).order_by(Api.name)))


@pytest.mark.parametrize(
    ("path", "words"), [("/en/publish", "No API yet"), ("/fr/publier", "Aucune API pour l’instant")]
)
def test_a_department_without_apis_is_told_how_to_begin(heritage, path, words):
    assert words in heritage.get(path).text


def test_somebody_without_a_department_is_told_whom_to_ask(baker):
    assert "You publish for no department" in baker.get("/en/publish").text
    assert baker.get("/en/publish/new").status_code == 303


def test_a_visitor_signs_in_first(visitor):
    answer = visitor.get("/fr/publier")

    assert answer.status_code == 303
    assert answer.location == "/fr/connexion?next=/fr/publier"


def test_the_list_shows_the_departments_own_apis_and_no_others(site, heritage, outsider, publisher, department):
    with site.database.begin() as session:
        described_api(session, publisher, department)

    assert "Public holidays" in heritage.get("/en/publish").text
    assert "Jours fériés" in heritage.get("/fr/publier").text
    assert "Public holidays" not in outsider.get("/en/publish").text


@pytest.mark.parametrize(
    ("path", "address"), [("/en/publish/new", "/api/name/v1"), ("/fr/publier/nouvelle", "/api/nom/v1")]
)
def test_the_form_shows_where_the_api_will_answer(heritage, path, address):
    assert f"http://guichet.test{address}" in heritage.get(path).text


def test_an_api_is_made_as_a_draft(site, heritage, department):
    answer = heritage.post("/fr/publier/nouvelle", {"name": "holidays", **WORDS})

    assert answer.status_code == 303
    assert answer.location == "/fr/publier/api/holidays"
    (made,) = apis(site)
    assert made.organisation_id == department.id
    assert (made.title_en, made.description_fr) == ("Public holidays", "Les congés.")


def test_who_publishes_for_two_departments_chooses_one(site, sign_in, department):
    other = organisation(site.database, slug="finance", name_en="Finance", name_fr="Finances")
    browser = sign_in({department: Role.PUBLISHER, other: Role.PUBLISHER})

    assert 'name="organisation_id"' in browser.get("/en/publish/new").text
    assert browser.post("/en/publish/new", {"name": "budget", "title_en": "Budget"}).status_code == 422
    answer = browser.post("/en/publish/new", {"name": "budget", "title_en": "Budget", "organisation_id": other.id})

    assert answer.status_code == 303
    assert apis(site)[0].organisation_id == other.id


def test_an_operator_may_make_one_for_any_department(site, sign_in, department):
    office = organisation(site.database, kind=OrganisationKind.OPERATOR, slug="office")

    answer = sign_in({office: Role.OPERATOR}).post("/en/publish/new", {"name": "holidays", **WORDS})

    assert answer.status_code == 303
    assert apis(site)[0].organisation_id == department.id


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Hé"}, "name"),
        ({"name": "oauth"}, "name"),
        ({"title_en": "x" * 201}, "title_en"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(site, heritage, wrong, field):
    answer = heritage.post("/en/publish/new", {"name": "holidays", **WORDS, **wrong})

    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    assert f'id="{field}-error"' in answer.text
    assert not apis(site)


@pytest.mark.parametrize(
    ("path", "own", "other"), [("/en/publish/new", "en", "fr"), ("/fr/publier/nouvelle", "fr", "en")]
)
def test_the_readers_language_is_asked_first_and_faults_come_in_the_order_of_the_fields(heritage, path, own, other):
    page = heritage.post(path, {f"description_{own}": "x" * 10_001, f"title_{other}": "x" * 201}).text
    untitled = heritage.post(path, {}).text

    assert faults_of(page) == (["name", f"description_{own}", f"title_{other}"],) * 2
    assert faults_of(untitled) == (["name", f"title_{own}"],) * 2


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/en/publish/new", "Give a title, in English or in French."),
        ("/fr/publier/nouvelle", "Donnez un titre, en français ou en anglais."),
    ],
)
def test_all_faults_are_named_at_once_and_a_wrong_name_is_no_address(heritage, path, words):
    answer = heritage.post(path, {"name": "Fishing Permits"})

    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text
    assert words in answer.text
    assert "/api/Fishing Permits" not in answer.text


def test_nothing_that_publishing_asks_for_is_called_optional(heritage, holidays):
    assert "(optional)" not in heritage.get("/en/publish/new").text
    assert "It can wait until you publish." in heritage.get("/en/publish/new").text
    assert "(optional)" not in heritage.get("/en/publish/apis/holidays/edit").text


def test_a_second_click_makes_no_second_api(site, heritage):
    heritage.post("/en/publish/new", {"name": "holidays", **WORDS})

    again = heritage.post("/en/publish/new", {"name": "holidays", **WORDS})

    assert again.status_code == 422
    assert "already in use" in again.text
    assert len(apis(site)) == 1


def test_another_departments_form_is_refused(site, heritage):
    other = organisation(site.database, slug="finance")
    form = {"name": "budget", "title_en": "Budget", "organisation_id": other.id}

    heritage.post("/en/publish/new", form)

    assert other.id not in {api.organisation_id for api in apis(site)}


@pytest.mark.parametrize("path", ["/en/publish/apis/holidays/edit", "/fr/publier/api/holidays/modifier"])
def test_the_words_are_changed(site, heritage, holidays, path):
    assert "Jours fériés" in heritage.get(path).text

    answer = heritage.post(path, {**WORDS, "title_fr": "Congés"})

    assert answer.status_code == 303
    assert apis(site)[0].title_fr == "Congés"


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(site, heritage, holidays):
    heritage.post("/en/publish/apis/holidays/edit", {**WORDS, "title_fr": "Congés"})

    late = heritage.post("/en/publish/apis/holidays/edit", {**WORDS, "version": "1"})

    assert late.status_code == 422
    assert "Somebody changed this" in late.text
    assert apis(site)[0].title_fr == "Congés"


def test_a_served_api_keeps_both_languages(site, heritage, holidays):
    answer = heritage.post("/en/publish/apis/holidays/edit", {**WORDS, "description_fr": ""})

    assert answer.status_code == 422
    assert 'id="description_fr-error"' in answer.text


def test_a_published_api_is_managed_by_its_own_department_alone(site, outsider, publisher, department):
    with site.database.begin() as session:
        published_api(session, publisher, department)

    assert outsider.get("/en/apis/holidays").status_code == 200
    assert outsider.get("/en/publish/apis/holidays/edit").status_code == 404
    assert outsider.post("/en/publish/apis/holidays/edit", WORDS, form_at="/en/publish/new").status_code == 404


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/en/publish/apis/holidays/edit", ("Filled in from your document", "Not saved yet: Title in English.")),
        ("/fr/publier/api/holidays/modifier", ("Rempli d’après votre document", "Titre en anglais")),
    ],
)
def test_what_the_document_says_is_offered_where_nothing_is_written_yet(
    site, heritage, publisher, department, path, words
):
    with site.database.begin() as session:
        api = described_api(session, publisher, department, title_en="")
        versions.upload_document(session, publisher, api.versions[0].id, content=document(title="All the days off"))

    page = heritage.get(path).text

    assert 'value="All the days off"' in page
    assert all(each in page for each in words)
    assert apis(site)[0].title_en == ""
    heritage.post(path, WORDS | {"title_en": "All the days off"})
    assert apis(site)[0].title_en == "All the days off"
    assert words[0] not in heritage.get(path).text


def test_what_was_emptied_on_purpose_stays_empty_in_the_form_that_comes_back(site, heritage, publisher, department):
    with site.database.begin() as session:
        api = described_api(session, publisher, department, title_en="")
        versions.upload_document(session, publisher, api.versions[0].id, content=document(title="All the days off"))

    refused = heritage.post("/en/publish/apis/holidays/edit", WORDS | {"title_en": "", "title_fr": ""})

    assert refused.status_code == 422
    assert "All the days off" not in refused.text
