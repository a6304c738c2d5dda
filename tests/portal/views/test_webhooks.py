"""Webhooks of an application, as its developer sees them."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from gateway.services import webhooks
from gateway.store.webhooks import Webhook, WebhookMessage
from gateway.upstream.addresses import AddressPolicy
from tests.portal.browsing import title_of

SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")
URL = "https://hooks.example.org/a"


@pytest.fixture
def list_page(application):
    return f"/en/applications/{application.id}/webhooks"


@pytest.fixture
def hook(site, developer, application):
    with site.database.begin() as session:
        return webhooks.add(session, developer, application.id, url=URL, sealer=site.house.sealer).webhook


def of(site, model):
    with site.database.read() as session:
        return session.scalars(select(model)).all()


def test_a_webhook_is_added_and_its_secret_is_shown_once(site, baker, list_page):
    made = baker.post(list_page, {"url": URL})

    assert made.status_code == 200
    assert SECRET.search(made.text)
    assert made.headers["Cache-Control"] == "no-store"
    assert URL in baker.get(list_page).text
    assert not SECRET.search(baker.get(list_page).text)
    assert [each.url for each in of(site, Webhook)] == [URL]


@pytest.mark.parametrize("url", ["", "http://hooks.example.org", "https://user@hooks.example.org"])
def test_an_address_that_cannot_be_used_is_refused_beside_its_field(site, baker, list_page, url):
    refused = baker.post(list_page, {"url": url})

    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text
    assert of(site, Webhook) == []


def test_the_form_says_what_this_installation_takes(site, baker, list_page):
    usual = baker.get(list_page).text
    site.app.extensions["guichet"] = replace(site.house, receivers=AddressPolicy.of(["127.0.0.0/8"]))
    opened = baker.get(list_page).text

    assert "everyone can reach it." in usual
    assert "own machine" not in usual
    assert "the gateway’s own machine, and then begin with http://" in opened
    assert baker.post(list_page, {"url": "http://127.0.0.1:9/"}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/en/webhooks/{}", "/fr/webhooks/{}", "/fr/webhooks/{}/secret", "/fr/webhooks/{}/retirer"]
)
def test_each_of_its_pages_opens_for_its_people_only(baker, sign_in, hook, path):
    assert baker.get(path.format(hook.id)).status_code == 200
    assert sign_in().get(path.format(hook.id)).status_code == 404


def test_a_test_and_a_message_again_are_one_click_each(site, baker, hook):
    page = f"/en/webhooks/{hook.id}"
    assert baker.post(f"{page}/test", form_at=page).status_code == 303
    assert baker.post(f"{page}/test", form_at=page).status_code == 303  # a second click
    (message,) = of(site, WebhookMessage)
    assert "on its way" in baker.get(page).text

    assert baker.post(f"{page}/messages", {"message_id": message.id}, form_at=page).status_code == 303
    assert len(of(site, WebhookMessage)) == 1


def test_one_that_was_turned_off_says_so_and_is_turned_on_again(site, baker, developer, hook, list_page):
    with site.database.begin() as session:
        webhooks.turn_off(session, session.get_one(Webhook, hook.id), developer)
    page = f"/en/webhooks/{hook.id}"

    assert "This webhook is off" in baker.get(page).text
    assert ">off<" in baker.get(list_page).text
    assert baker.post(f"{page}/enable", form_at=page).status_code == 303
    assert of(site, Webhook)[0].disabled_at is None
    assert "This webhook is off" not in baker.get(page).text


def test_a_new_secret_is_shown_once(site, baker, hook):
    page = f"/en/webhooks/{hook.id}/secret"
    made = baker.post(page)

    assert SECRET.search(made.text)
    assert made.headers["Cache-Control"] == "no-store"
    assert of(site, Webhook)[0].sealed_before is not None
    assert title_of(made).startswith("The secret of your webhook")


def test_one_is_removed_after_asking(site, baker, hook, list_page):
    page = f"/en/webhooks/{hook.id}/remove"
    assert "cannot be undone" in baker.get(page).text
    gone = baker.post(page)

    assert (gone.status_code, gone.headers["Location"].endswith(list_page)) == (303, True)
    assert of(site, Webhook) == []


def test_the_page_of_the_application_leads_there(baker, application, list_page):
    assert list_page in baker.get(f"/en/applications/{application.id}").text
