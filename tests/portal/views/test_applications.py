"""Applications: listing, registering, editing, closing, and leaving an API."""

import re

import pytest
from sqlalchemy import func, select

from gateway.domain.roles import Role
from gateway.services import applications, subscriptions
from gateway.store.applications import Application, Subscription
from tests.fixtures.consuming import refreshed
from tests.portal.browsing import title_of


@pytest.fixture
def subscription(database, developer, application, holidays) -> Subscription:
    with database.begin() as session:
        return subscriptions.subscribe(
            session, developer, application.id, api_id=holidays.id, plan_id=holidays.plans[0].id
        )


def state(site, row) -> str:
    with site.database.read() as session:
        return str(refreshed(session, row).state)


PAGES = {
    "/en/applications/{id}": "/fr/applications/{id}",
    "/en/applications/{id}/edit": "/fr/applications/{id}/modifier",
    "/en/applications/{id}/close": "/fr/applications/{id}/fermer",
    "/en/applications/{id}/credentials/new": "/fr/applications/{id}/justificatifs/nouveau",
}


@pytest.mark.parametrize("path", [*PAGES, *PAGES.values()])
def test_each_page_of_an_application_opens_for_its_people_and_for_nobody_else(baker, sign_in, application, path):
    path = path.format(id=application.id)

    assert baker.get(path).status_code == 200
    assert "Ovens" in title_of(baker.get(path))
    assert sign_in().get(path).status_code == 404


def test_no_two_pages_of_an_application_share_a_title(baker, application):
    titles = [title_of(baker.get(path.format(id=application.id))) for path in PAGES]

    assert len(set(titles)) == len(titles)


def test_without_applications_the_list_shows_the_way(baker):
    page = baker.get("/fr/applications").text

    assert "Aucune application pour l’instant" in page
    assert 'href="/fr/catalogue"' in page
    assert 'href="/fr/applications/nouvelle"' in page


def test_the_list_holds_ones_own_and_no_others(baker, sign_in, application):
    assert application.id in baker.get("/en/applications").text
    assert application.id not in sign_in().get("/en/applications").text


def test_an_application_is_registered(site, baker):
    answer = baker.post("/fr/applications/nouvelle", {"name": "Pain <b>chaud</b>", "description": "Deux\r\nlignes"})
    page = baker.get(answer.location).text

    assert answer.status_code == 303
    assert "Pain &lt;b&gt;chaud&lt;/b&gt;" in page
    assert "L’application est inscrite" in page


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": " "}, "Name the application."),
        ({"name": "Ovens"}, "already in use"),
        ({"name": "a\0b"}, "cannot be stored"),
    ],
)
def test_a_name_that_cannot_be_is_refused(site, baker, application, given, words):
    refused = baker.post("/en/applications/new", given)

    assert refused.status_code == 422
    assert words in refused.text
    with site.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Application)) == 1


def test_a_publisher_has_nowhere_to_put_an_application(sign_in, department):
    publisher = sign_in({department: Role.PUBLISHER})

    assert "Your account cannot hold applications" in publisher.get("/en/applications/new").text


def test_a_change_is_kept(site, baker, application):
    answer = baker.post(f"/en/applications/{application.id}/edit", {"name": "Kilns", "description": "Hot"})

    assert answer.status_code == 303
    assert "Kilns" in baker.get(answer.location).text


def test_what_somebody_else_changed_meanwhile_is_not_lost(site, baker, developer, application):
    path = f"/en/applications/{application.id}/edit"
    page = baker.get(path).text
    form = dict(re.findall(r'name="(csrf_token|version)"[^>]*value="([^"]*)"', page))
    with site.database.begin() as session:
        applications.update(session, developer, application.id, name="Theirs")

    refused = baker.client.post(path, data=form | {"name": "Mine"})

    assert refused.status_code == 422
    assert "Somebody changed this" in refused.text
    assert "Theirs" in baker.get(f"/en/applications/{application.id}").text


def test_closing_asks_first_and_ends_the_subscriptions(site, baker, application, subscription):
    path = f"/en/applications/{application.id}/close"
    baker.get(path)
    assert state(site, application) == "active"

    answer = baker.post(path, {"reason": "Enough bread"})

    assert answer.status_code == 303
    assert state(site, application) == "closed"
    assert state(site, subscription) == "cancelled"
    assert "Enough bread" in baker.get(answer.location).text


def test_closing_twice_is_closing_once(baker, application):
    path = f"/en/applications/{application.id}/close"
    baker.post(path)

    assert baker.post(path).status_code == 303


@pytest.mark.parametrize(
    ("path", "reason"), [("/en/subscriptions/{id}/cancel", "Too hot"), ("/fr/abonnements/{id}/annuler", "")]
)
def test_leaving_an_api_needs_no_reason_and_nobodys_consent(site, baker, subscription, path, reason):
    path = path.format(id=subscription.id)
    assert baker.get(path).status_code == 200
    assert state(site, subscription) == "active"

    answer = baker.post(path, {"reason": reason})

    assert answer.status_code == 303
    assert state(site, subscription) == "cancelled"
    assert reason in baker.get(answer.location).text


def test_leaving_twice_is_leaving_once(baker, subscription):
    path = f"/en/subscriptions/{subscription.id}/cancel"
    baker.post(path)

    assert baker.post(path).status_code == 303


def test_a_suspended_application_may_still_leave(site, baker, operator, application, subscription):
    with site.database.begin() as session:
        applications.suspend(session, operator, application.id, reason="Too loud")

    answer = baker.post(f"/en/subscriptions/{subscription.id}/cancel")

    assert answer.status_code == 303
    assert state(site, subscription) == "cancelled"


def test_nobody_else_cancels_it(site, sign_in, department, subscription):
    path = f"/en/subscriptions/{subscription.id}/cancel"

    assert sign_in().get(path).status_code == 404
    assert sign_in({department: Role.PUBLISHER}).get(path).status_code == 404
    assert state(site, subscription) == "active"
