"""The page of one application."""

import re
import time
from datetime import timedelta

import pytest
from flask import g

from gateway.domain.plans import Charge
from gateway.pipeline.refusals import LEDGER_AWAY, Failure
from gateway.services import applications, credentials, subscriptions
from gateway.services.plans import windows_of
from gateway.store.applications import Subscription
from portal.views.application_overview import state_of
from tests.fixtures.consuming import finished


@pytest.fixture
def subscription(database, developer, application, holidays) -> Subscription:
    with database.begin() as session:
        return subscriptions.subscribe(
            session, developer, application.id, api_id=holidays.id, plan_id=holidays.plans[0].id
        )


@pytest.fixture
def path(application) -> str:
    return f"/en/applications/{application.id}"


def test_a_suspended_application_says_why(site, baker, operator, application, path):
    with site.database.begin() as session:
        applications.suspend(session, operator, application.id, reason="It calls <b>too often</b>")

    page = baker.get(path).text

    assert "This application is suspended" in page
    assert "It calls &lt;b&gt;too often&lt;/b&gt;" in page


def test_a_suspended_subscription_says_why(site, baker, publisher, subscription, path):
    with site.database.begin() as session:
        subscriptions.suspend(session, publisher, subscription.id, reason="Unpaid attention")

    assert "Unpaid attention" in baker.get(path).text


def test_what_is_left_comes_from_the_ledger(site, baker, subscription, path):
    with site.database.read() as session:
        windows = windows_of(session.get(Subscription, subscription.id).plan)
    for _ in range(3):
        site.house.ledger.spend((Charge(subscription.id, windows),))

    assert "Calls left today: <strong>997</strong> of 1,000" in baker.get(path).text


def test_a_ledger_that_is_away_does_not_take_the_page_with_it(site, baker, subscription, path, monkeypatch):
    def away(*_arguments):
        raise Failure(LEDGER_AWAY)

    monkeypatch.setattr(site.house.ledger, "left", away)

    page = baker.get(path)

    assert page.status_code == 200
    assert "cannot be read at the moment" in page.text


def test_each_credential_shows_its_beginning_and_never_itself(site, baker, developer, application, path):
    with site.database.begin() as session:
        kept = credentials.add_secret(session, developer, application.id, name="Production", days=30)
        gone = credentials.add_key(session, developer, application.id, name="Nightly")
        credentials.revoke(session, developer, gone.credential.id)

    page = baker.get(path).text

    assert kept.credential.display in page
    assert kept.secret not in page
    assert f"/credentials/{kept.credential.id}/revoke" in page
    assert "Revoked and expired" in page
    assert f"/credentials/{gone.credential.id}/revoke" not in page


def test_a_credential_is_in_force_expired_or_revoked(site, developer, application):
    with site.database.begin() as session:
        made = credentials.add_secret(session, developer, application.id, name="Short", days=1).credential
    with site.app.test_request_context("/en/"):
        g.actor = developer
        assert state_of(made) == "active"
        made.expires_at = developer.now - timedelta(days=1)
        assert state_of(made) == "expired"
        made.revoked_at = developer.now
        assert state_of(made) == "revoked"


def test_usage_is_counted_charted_and_explained(site, baker, application, holidays, subscription, path):
    who = {"application_id": application.id, "api_id": holidays.id, "subscription_id": subscription.id}
    refused = (
        ("quota-spent", 429),
        ("body-too-large", 413),
        ("of-a-plugin-that-is-gone", 403),
        ("upstream-broken", 502),
    )
    for refusal, status in (("", 200), *refused):
        site.recorder.record(finished(received_at=time.time(), refusal=refusal, status=status, **who))

    page = baker.get(path).text

    figures = re.findall(r"<dt>(\w+)</dt><dd>(\d+)</dd>", page)
    assert figures == [("Calls", "5"), ("Answered", "1"), ("Refused", "3"), ("Failed", "1")]
    assert "Calls by hour" in page
    assert page.count('<rect class="series-2"') >= 2  # in the key and in the chart
    assert 'href="/en/errors/quota-spent"' in page
    assert 'href="/en/errors/body-too-large"' in page
    assert "of-a-plugin-that-is-gone" in page
    assert 'href="/en/errors/of-a-plugin-that-is-gone"' not in page
    assert "Refused by a rule of the API" in page
    assert len(re.findall(r">req_\d{26}<", page)) == 5


def test_before_its_first_call_an_application_shows_no_chart(baker, path):
    page = baker.get(path).text

    assert "No call yet." in page
    assert "Calls by hour" not in page


def test_a_closed_application_is_for_reading_only(site, baker, developer, application, path):
    with site.database.begin() as session:
        applications.close(session, developer, application.id)

    page = baker.get(path).text

    assert "This application is closed" in page
    assert f"{path}/edit" not in page
    assert f"{path}/credentials/new" not in page


def test_an_ended_subscription_keeps_its_reason(site, baker, developer, subscription, path):
    with site.database.begin() as session:
        subscriptions.cancel(session, developer, subscription.id, reason="No more bread")

    page = baker.get(path).text

    assert "Ended subscriptions" in page
    assert "No more bread" in page


@pytest.mark.parametrize(("language", "title"), [("en", "Public holidays"), ("fr", "Jours fériés")])
def test_a_call_to_an_api_that_is_not_subscribed_to_says_which_it_was(
    site, baker, application, holidays, language, title
):
    known = {"application_id": application.id, "api_id": holidays.id, "received_at": time.time()}
    site.recorder.record(finished(status=403, refusal="not-subscribed", **known))

    pages = [
        baker.get(f"/{language}/applications/{application.id}{more}").text
        for more in ("", "/usage" if language == "en" else "/utilisation")
    ]

    assert title in pages[0]
    assert title in pages[1]
    assert ">holidays<" not in "".join(pages)
