"""Subscribing: one form, one answer, a secret shown once."""

import re
import shlex

import pytest
from sqlalchemy import func, select

from gateway.domain.plans import Window
from gateway.domain.roles import OrganisationKind, Role
from gateway.services import credentials, plans, publishing, subscriptions
from gateway.store.applications import Application, Credential, Subscription
from tests.fixtures.consuming import refreshed
from tests.fixtures.publishing import organisation
from tests.portal.browsing import title_of

ENGLISH, FRENCH = "/en/apis/holidays/v1/subscribe", "/fr/catalogue/holidays/v1/abonnement"
SECRET = re.compile(r"gcs_[0-9A-Za-z]{49}")


@pytest.fixture
def plan_id(holidays) -> str:
    return str(holidays.plans[0].id)


def counted(site) -> tuple[int, ...]:
    """How many applications, subscriptions and credentials there are."""
    with site.database.read() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(table)) for table in (Application, Subscription, Credential)
        )


def wanted(plan_id: str, application_id: str = "new", name: str = "Ovens") -> dict[str, str]:
    return {"plan_id": plan_id, "application_id": application_id, "name": name}


@pytest.mark.usefixtures("holidays")
@pytest.mark.parametrize("path", [ENGLISH, FRENCH])
def test_a_visitor_signs_in_first_and_comes_back(visitor, path):
    answer = visitor.get(path)

    assert answer.status_code == 303
    assert answer.location.endswith(f"?next={path}")


@pytest.mark.parametrize(
    ("path", "words"), [(ENGLISH, "60 calls a minute, 1,000 calls a day"), (FRENCH, "60 appels par minute")]
)
def test_the_form_says_the_limits_and_chooses_what_is_alone(baker, plan_id, path, words):
    page = baker.get(path).text

    assert words in page
    assert re.search(rf'checked[^>]*value="{plan_id}"', page)
    assert re.search(r'checked[^>]*value="new"', page)


@pytest.mark.parametrize(("path", "words"), [(ENGLISH, "Your first call"), (FRENCH, "Votre premier appel")])
def test_one_form_makes_the_application_the_subscription_and_a_secret(site, baker, plan_id, path, words):
    answer = baker.post(path, wanted(plan_id))

    secrets = set(SECRET.findall(answer.text))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert words in answer.text
    assert len(secrets) == 1
    assert "Set-Cookie" not in answer.headers or not SECRET.search(answer.headers["Set-Cookie"])
    assert counted(site) == (1, 1, 1)


def test_the_line_to_paste_holds_all_that_it_needs(site, baker, plan_id):
    page = baker.post(ENGLISH, wanted(plan_id)).text

    code = re.findall(r'<code id="first-call"[^>]*>(.*?)</code>', page, re.DOTALL)[0]
    line = code.replace("&#34;", '"').replace("&#39;", "'").replace("&amp;", "&")
    with site.database.read() as session:
        client_id = session.scalars(select(Application.id)).one()
    words = shlex.split(line.replace("\\\n", " "))
    assert f"{client_id}:{SECRET.findall(page)[0]}" in words
    assert "scope=holidays:read" in words
    assert words[-1] == "http://guichet.test/api/holidays/v1/holidays"


def test_a_second_click_makes_nothing_and_shows_no_secret(site, baker, plan_id):
    page = baker.get(ENGLISH).text
    form = dict(re.findall(r'name="(csrf_token|nonce)"[^>]*value="([^"]*)"', page)) | wanted(plan_id)

    first, second = (baker.client.post(ENGLISH, data=form) for _ in range(2))

    assert SECRET.search(first.text)
    assert second.status_code == 200
    assert "The secret was shown already" in second.text
    assert "/credentials/new" in second.text
    assert not SECRET.search(second.text)
    assert counted(site) == (1, 1, 1)


def test_an_application_that_has_a_secret_keeps_it(site, baker, application, developer, plan_id):
    with site.database.begin() as session:
        credentials.add_secret(session, developer, application.id, name="Old")

    page = baker.post(ENGLISH, wanted(plan_id, application.id, "")).text

    assert "Use the secret you have" in page
    assert "YOUR_SECRET" in page
    assert not SECRET.search(page)
    assert counted(site) == (1, 1, 1)


def test_an_application_whose_secrets_are_all_revoked_gets_one(site, baker, application, developer, plan_id):
    with site.database.begin() as session:
        made = credentials.add_secret(session, developer, application.id, name="Old")
        credentials.revoke(session, developer, made.credential.id)

    page = baker.post(ENGLISH, wanted(plan_id, application.id, "")).text

    assert SECRET.search(page)
    assert counted(site) == (1, 1, 2)


def test_a_plan_that_takes_keys_shows_how(site, baker, publisher, plan_id):
    with site.database.begin() as session:
        plans.update_plan(session, publisher, plan_id, allows_api_key=True)

    page = baker.post(ENGLISH, wanted(plan_id)).text

    assert "X-API-Key: YOUR_API_KEY" in page


def test_a_plan_that_takes_none_does_not(baker, plan_id):
    assert "X-API-Key" not in baker.post(ENGLISH, wanted(plan_id)).text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"plan_id": ""}, "Choose a plan."),
        ({"plan_id": "pln_other"}, "Not a valid choice"),
        ({"application_id": ""}, "Choose an application, or a new one."),
        ({"name": " "}, "Name the new application."),
        ({"name": "x" * 121}, "Use at most 120 characters."),
    ],
)
def test_a_form_that_lacks_something_changes_nothing(site, baker, plan_id, wrong, words):
    refused = baker.post(ENGLISH, wanted(plan_id) | wrong)

    assert refused.status_code == 422
    assert words in refused.text
    assert title_of(refused).startswith("Error: ")
    assert counted(site) == (0, 0, 0)


def test_a_name_that_is_taken_is_said_beside_the_name(site, baker, application, plan_id):
    refused = baker.post(ENGLISH, wanted(plan_id, name=application.name))

    assert refused.status_code == 422
    assert "“Ovens” is already in use" in refused.text
    assert counted(site) == (1, 0, 0)


def test_asking_for_another_plan_leads_to_the_change_of_plan(site, baker, application, publisher, developer, holidays):
    with site.database.begin() as session:
        large = plans.create_plan(
            session,
            publisher,
            holidays.id,
            code="large",
            name_en="Large",
            name_fr="Grand",
            windows=(Window("minute", 600),),
            allows_api_key=False,
        )
        present = subscriptions.subscribe(
            session, developer, application.id, api_id=holidays.id, plan_id=holidays.plans[0].id
        )

    answer = baker.post(ENGLISH, wanted(large.id, application.id, ""))

    assert answer.status_code == 303
    assert answer.location == f"/en/subscriptions/{present.id}/plan?plan_id={large.id}"
    assert "subscribed already, under the plan “Standard”" in baker.get(answer.location).text
    assert counted(site) == (1, 1, 0)


def test_somebody_elses_application_is_not_offered_nor_taken(site, sign_in, application, plan_id):
    stranger = sign_in()

    page = stranger.get(ENGLISH).text
    refused = stranger.client.post(
        ENGLISH,
        data=wanted(plan_id, application.id, "")
        | {"csrf_token": re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]},
    )

    assert application.id not in page
    assert "There is no application to subscribe" in page
    assert refused.status_code == 422
    assert counted(site) == (1, 0, 0)


def test_an_api_that_takes_nobody_says_so(site, baker, publisher, plan_id):
    with site.database.begin() as session:
        plans.close_plan(session, publisher, plan_id)

    assert "No plan is open" in baker.get(ENGLISH).text


def test_a_retired_version_is_not_there(site, baker, publisher, holidays):
    with site.database.begin() as session:
        publishing.deprecate(session, publisher, holidays.versions[0].id)
        publishing.retire(session, publisher, refreshed(session, holidays).versions[0].id)

    assert baker.get(ENGLISH).status_code == 404


def test_who_belongs_to_two_organisations_says_which(site, sign_in, database, consumer, plan_id):
    mill = organisation(database, kind=OrganisationKind.CONSUMER, slug="mill", name_en="Mill", name_fr="Moulin")
    browser = sign_in({consumer: Role.DEVELOPER, mill: Role.DEVELOPER})

    page = browser.get(ENGLISH).text
    browser.post(ENGLISH, wanted(plan_id) | {"organisation_id": mill.id})

    assert "Mill" in page
    with site.database.read() as session:
        assert session.scalars(select(Application.organisation_id)).one() == mill.id
