"""Going on under another plan."""

import re

import pytest

from gateway.domain.plans import Window
from gateway.services import plans, subscriptions
from gateway.store.applications import Subscription
from gateway.store.catalogue import Plan
from tests.fixtures.consuming import refreshed
from tests.fixtures.publishing import keyless_plan
from tests.portal.browsing import title_of


@pytest.fixture
def subscription(database, developer, application, holidays) -> Subscription:
    with database.begin() as session:
        return subscriptions.subscribe(
            session, developer, application.id, api_id=holidays.id, plan_id=holidays.plans[0].id
        )


@pytest.fixture
def large(database, publisher, holidays) -> Plan:
    with database.begin() as session:
        return plans.create_plan(
            session, publisher, holidays.id, code="large", name_en="Large", name_fr="Grand", allows_api_key=False,
            windows=(Window("minute", 600),),
        )  # fmt: skip


def plan_of(site, subscription) -> str:
    with site.database.read() as session:
        return str(refreshed(session, subscription).plan_id)


@pytest.mark.parametrize(
    ("path", "back", "words"),
    [
        (
            "/en/subscriptions/{id}/plan",
            "/en/applications/",
            ["“Standard”", "600 calls a minute", "is changed"],
        ),
        ("/fr/abonnements/{id}/forfait", "/fr/applications/", ["« Normal »", "600 appels par minute", "a changé"]),
    ],
)
def test_another_plan_is_chosen_and_holds(site, baker, subscription, large, path, back, words):
    path = path.format(id=subscription.id)
    form = baker.get(path)

    answer = baker.post(path, {"plan_id": large.id})

    assert answer.location == back + subscription.application_id
    text = (form.text + baker.get(answer.location).text).replace("\u00a0", " ")
    for each in words:
        assert each in text
    assert "Change the plan" in title_of(form) or "Changer le forfait" in title_of(form)
    assert plan_of(site, subscription) == large.id


def test_the_page_of_the_application_leads_there(baker, subscription):
    page = baker.get(f"/en/applications/{subscription.application_id}").text

    assert f'href="/en/subscriptions/{subscription.id}/plan"' in page


def test_a_second_click_finds_it_done(baker, subscription, large):
    path = f"/en/subscriptions/{subscription.id}/plan"
    baker.post(path, {"plan_id": large.id})

    assert baker.post(path, {"plan_id": large.id}).status_code == 303


def test_the_plan_that_was_asked_for_is_chosen_beforehand(database, baker, publisher, holidays, subscription, large):
    with database.begin() as session:
        plans.create_plan(
            session, publisher, holidays.id, code="huge", name_en="Huge", name_fr="Immense", allows_api_key=False,
            windows=(Window("minute", 6_000),),
        )  # fmt: skip

    page = baker.get(f"/en/subscriptions/{subscription.id}/plan?plan_id={large.id}").text

    (chosen,) = re.findall(r"<input[^>]*\bchecked\b[^>]*>", page)
    assert f'value="{large.id}"' in chosen


def test_a_form_without_a_plan_says_so(site, baker, subscription, large):
    answer = baker.post(f"/en/subscriptions/{subscription.id}/plan", {})

    assert (answer.status_code, "Choose a plan." in answer.text) == (422, True)
    assert plan_of(site, subscription) != large.id


def test_a_plan_that_was_closed_meanwhile_is_refused_beside_the_field(site, baker, publisher, subscription, large):
    with site.database.begin() as session:
        plans.close_plan(session, publisher, large.id)

    answer = baker.post(f"/en/subscriptions/{subscription.id}/plan", {"plan_id": large.id})

    assert answer.status_code == 422
    assert "takes no new subscriptions" in answer.text
    assert plan_of(site, subscription) != large.id


def test_without_another_plan_the_page_says_so(baker, subscription):
    page = baker.get(f"/fr/abonnements/{subscription.id}/forfait").text

    assert "Aucun autre forfait n’est ouvert" in page


def test_the_subscription_of_others_is_not_there(site, sign_in, subscription, large):
    path = f"/en/subscriptions/{subscription.id}/plan"
    stranger = sign_in()

    assert stranger.get(path).status_code == 404
    assert stranger.post(path, {"plan_id": large.id}, form_at="/en/account").status_code == 404
    assert plan_of(site, subscription) != large.id


def test_a_plan_without_a_key_is_none_to_change_to(site, baker, publisher, holidays, subscription):
    with site.database.begin() as session:
        keyless_plan(session, publisher, holidays)

    assert "Aucun autre forfait n’est ouvert" in baker.get(f"/fr/abonnements/{subscription.id}/forfait").text
