"""Finding an API, reading its page, taking its document."""

import re

import pytest
import yaml

from gateway.services import plans, publishing
from gateway.words import LANGUAGES
from tests.fixtures.publishing import described_api, document, keyless_plan, organisation, published_api
from tests.portal.browsing import title_of

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


@pytest.fixture
def shelves(database, publisher, department):
    """Two published APIs of one department."""
    with database.begin() as session:
        return [
            published_api(session, publisher, department),
            published_api(
                session, publisher, department, name="museums", title_en="Museums", title_fr="Musées d’État",
                description_en="Opening hours", description_fr="Les heures d’ouverture",
            ),
        ]  # fmt: skip


@pytest.mark.usefixtures("shelves")
@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/en/apis", {"holidays", "museums"}),
        ("/en/apis?q=HOURS", {"museums"}),
        ("/fr/catalogue?q=musees+etat", {"museums"}),
        ("/en/apis?department=heritage", {"holidays", "museums"}),
        ("/en/apis?department=nobody", set()),
        ("/en/apis?q=hours+nothing", set()),
    ],
)
def test_words_and_departments_narrow_the_list(visitor, path, found):
    page = visitor.get(path).text

    shown = {name for name in ("holidays", "museums") if f'/{name}">' in page}
    assert shown == found


def test_an_empty_catalogue_says_so(visitor):
    assert "No API is published yet" in visitor.get("/en/apis").text


@pytest.mark.usefixtures("shelves")
def test_finding_nothing_offers_a_way_on(visitor):
    page = visitor.get("/fr/catalogue?q=zzz&department=heritage").text

    assert "Aucune API ne correspond" in page
    assert 'href="/fr/catalogue?q=zzz"' in page
    assert 'href="/fr/catalogue"' in page


@pytest.mark.usefixtures("shelves")
def test_a_page_beyond_the_last_leads_back(visitor):
    page = visitor.get("/en/apis?q=days&page=9").text

    assert "There are not that many pages" in page
    assert 'href="/en/apis?q=days"' in page


@pytest.mark.usefixtures("shelves")
@pytest.mark.parametrize("path", ["/en/apis", "/fr/catalogue"])
def test_only_departments_that_have_an_api_can_be_chosen(visitor, database, path):
    organisation(database, slug="finance")

    assert re.findall(r'<option value="([^"]+)"', visitor.get(path).text) == ["heritage"]


def test_the_list_is_read_by_pages(visitor, database, publisher, department):
    with database.begin() as session:
        for number in range(21):
            published_api(session, publisher, department, name=f"api-{number:02}", title_en=f"T{number:02}")

    first, second = visitor.get("/en/apis?q=days"), visitor.get("/en/apis?q=days&page=2")

    assert "21 APIs" in first.text
    assert "T20" not in first.text
    assert 'href="?q=days&amp;page=2"' in first.text
    assert "T20" in second.text
    assert title_of(first) != title_of(second)


@pytest.mark.usefixtures("shelves")
def test_what_is_searched_for_is_shown_as_text(visitor):
    page = visitor.client.get("/en/apis", query_string={"q": HOSTILE, "department": HOSTILE}).text

    assert "<script>alert" not in page
    assert "<img" not in page


@pytest.mark.usefixtures("holidays")
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/en/apis/holidays", ["Public holidays", "Canadian Heritage", "60 calls a minute", "1,000 calls a day"]),
        ("/fr/catalogue/holidays", ["Jours fériés", "Patrimoine canadien", "60 appels par minute", "Normal"]),
    ],
)
def test_the_page_of_an_api_says_where_and_on_what_terms(visitor, path, words):
    page = visitor.get(path).text

    for each in [*words, "http://guichet.test/api/holidays/v1", "holidays:read", "holidays:write"]:
        assert each in page


@pytest.mark.usefixtures("holidays")
def test_the_page_names_the_api_in_the_other_language_too(visitor):
    assert '<span lang="fr">Jours fériés</span>' in visitor.get("/en/apis/holidays").text


def test_an_api_that_is_not_published_does_not_exist(visitor, database, publisher, department):
    with database.begin() as session:
        described_api(session, publisher, department)

    assert visitor.get("/en/apis/holidays").status_code == 404
    assert visitor.get("/en/apis/nothing").status_code == 404


def test_a_plan_that_takes_keys_says_so(visitor, database, publisher, holidays):
    with database.begin() as session:
        plans.update_plan(session, publisher, holidays.plans[0].id, allows_api_key=True)

    assert "Access token or API key" in visitor.get("/en/apis/holidays").text


def test_an_api_without_an_open_plan_takes_no_subscription(visitor, database, publisher, holidays):
    with database.begin() as session:
        plans.close_plan(session, publisher, holidays.plans[0].id)

    page = visitor.get("/en/apis/holidays").text

    assert "takes no new subscriptions" in page
    assert "/subscribe" not in page


def test_a_deprecated_api_warns(visitor, database, publisher, holidays):
    with database.begin() as session:
        publishing.deprecate(session, publisher, holidays.versions[0].id)

    assert "This API is on its way out" in visitor.get("/en/apis/holidays").text


def test_a_description_never_becomes_script(visitor, database, publisher, department):
    with database.begin() as session:
        published_api(
            session, publisher, department, title_en=HOSTILE, description_en=f"{HOSTILE} [x](javascript:alert(1))"
        )

    for path in ("/en/apis", "/en/apis/holidays", "/en/"):
        page = visitor.get(path).text
        assert "<script>alert" not in page
        assert "<img" not in page
        assert 'href="javascript' not in page


@pytest.mark.usefixtures("holidays")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", ["yaml", "json"])
def test_the_document_leads_tools_to_the_gateway(visitor, language, form):
    section = "apis" if language == "en" else "catalogue"

    answer = visitor.get(f"/{language}/{section}/holidays/v1/openapi.{form}")

    given = yaml.safe_load(answer.data)
    assert given["servers"] == [{"url": "http://guichet.test/api/holidays/v1"}]
    assert given["info"] == yaml.safe_load(document())["info"]
    assert answer.content_type.startswith(f"application/{form}")
    assert "attachment" in answer.headers["Content-Disposition"]


@pytest.mark.usefixtures("holidays")
def test_a_document_that_has_not_changed_is_not_sent_again(visitor):
    path = "/en/apis/holidays/v1/openapi.yaml"
    tag = visitor.get(path).headers["ETag"]

    assert visitor.client.get(path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.usefixtures("holidays")
@pytest.mark.parametrize("path", ["v1/openapi.txt", "v2/openapi.yaml", "v1/openapi.html"])
def test_no_other_form_or_version_is_there(visitor, path):
    assert visitor.get(f"/en/apis/holidays/{path}").status_code == 404


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/en/apis/holidays", ["No key needed", "30 calls a minute for each IP address"]),
        ("/fr/catalogue/holidays", ["Aucune clé nécessaire", "30 appels par minute pour chaque adresse IP"]),
    ],
)
def test_an_api_that_needs_no_key_to_be_read_says_so_with_a_call_to_paste(
    visitor, database, publisher, holidays, path, words
):
    assert words[0] not in visitor.get(path).text
    with database.begin() as session:
        keyless_plan(session, publisher, holidays)

    page = visitor.get(path).text

    assert all(each in page for each in words)
    assert "curl -s \\\n  http://guichet.test/api/holidays/v1/holidays" in page
    assert "/v1/subscribe" in page or "/v1/abonnement" in page


def test_an_api_with_no_other_plan_offers_no_subscription(visitor, database, publisher, holidays):
    with database.begin() as session:
        keyless_plan(session, publisher, holidays)
        plans.close_plan(session, publisher, next(plan.id for plan in holidays.plans if not plan.keyless))

    page = visitor.get("/en/apis/holidays").text

    assert "/subscribe" not in page
    assert "nobody needs a subscription" in page
    assert "/subscribe" not in visitor.get("/en/apis/holidays/v1").text
