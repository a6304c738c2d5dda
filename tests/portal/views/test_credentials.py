"""Secrets and keys: made once, shown once, revoked after asking."""

import re

import pytest
from sqlalchemy import select

from gateway.services import credentials, plans, subscriptions
from gateway.store.applications import Credential
from tests.portal.browsing import title_of

SECRET, KEY = re.compile(r"gcs_[0-9A-Za-z]{49}"), re.compile(r"gck_[0-9A-Za-z]{49}")


@pytest.fixture
def path(application) -> str:
    return f"/en/applications/{application.id}/credentials/new"


def kept(site) -> list[Credential]:
    with site.database.read() as session:
        return list(session.scalars(select(Credential)))


@pytest.mark.parametrize(("kind", "title"), [("secret", "New secret of"), ("key", "New key of")])
def test_the_window_is_called_after_what_was_made(baker, path, kind, title):
    assert title_of(baker.post(path, {"kind": kind, "name": "Production"})).startswith(title)


@pytest.mark.parametrize(("kind", "pattern"), [("secret", SECRET), ("key", KEY)])
def test_a_credential_is_shown_once_and_kept_by_no_cache(site, baker, path, application, kind, pattern):
    answer = baker.post(path, {"kind": kind, "name": "Production", "days": "30"})

    secret = pattern.search(answer.text)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert secret
    assert secret[0] not in baker.get(f"/en/applications/{application.id}").text
    assert kept(site)[0].expires_at


def test_the_french_page_speaks_french(baker, application):
    path = f"/fr/applications/{application.id}/justificatifs/nouveau"

    answer = baker.post(path, {"kind": "secret", "name": "Production"})

    assert "Votre nouveau secret client" in answer.text
    assert "À conserver maintenant" in answer.text


def test_the_link_to_a_kind_has_chosen_it(baker, path):
    assert re.search(r'checked[^>]*value="key"', baker.get(f"{path}?kind=key").text)


def test_a_second_click_makes_no_second_secret(site, baker, path):
    page = baker.get(path).text
    form = dict(re.findall(r'name="(csrf_token|nonce)"[^>]*value="([^"]*)"', page)) | {"kind": "secret", "name": "P"}

    first, second = (baker.client.post(path, data=form) for _ in range(2))

    assert SECRET.search(first.text)
    assert second.status_code == 200
    assert "Shown already" in second.text
    assert not SECRET.search(second.text)
    assert len(kept(site)) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"kind": ""}, "Choose a kind."),
        ({"name": ""}, "Say what it is for."),
        ({"days": "0"}, "Give a number of days"),
        ({"days": "3651"}, "Give a number of days"),
        ({"nonce": "x" * 65}, "Use at most 64 characters."),
    ],
)
def test_a_form_that_is_wrong_makes_nothing(site, baker, path, wrong, words):
    refused = baker.post(path, {"kind": "secret", "name": "Production"} | wrong)

    assert refused.status_code == 422
    assert words in refused.text
    assert not kept(site)


def test_there_is_an_end_to_how_many_there_are(site, baker, developer, application, path):
    with site.database.begin() as session:
        for number in range(credentials.MOST_AT_ONCE):
            credentials.add_secret(session, developer, application.id, name=f"{number}")

    refused = baker.post(path, {"kind": "secret", "name": "One more"})

    assert refused.status_code == 422
    assert "There can be at most 5" in refused.text


def test_a_key_comes_with_a_call_where_a_plan_takes_it(site, baker, developer, publisher, application, holidays, path):
    plan = holidays.plans[0]
    with site.database.begin() as session:
        subscriptions.subscribe(session, developer, application.id, api_id=holidays.id, plan_id=plan.id)
    assert "None of the plans" in baker.get(path).text
    assert "X-API-Key" not in baker.post(path, {"kind": "key", "name": "Too early"}).text
    with site.database.begin() as session:
        plans.update_plan(session, publisher, plan.id, allows_api_key=True)

    page = baker.post(path, {"kind": "key", "name": "Nightly"}).text

    assert f"X-API-Key: {KEY.findall(page)[0]}" in page
    assert "http://guichet.test/api/holidays/v1/holidays" in page


def test_a_secret_comes_with_a_call_that_gets_a_token(site, baker, developer, application, holidays, path):
    with site.database.begin() as session:
        subscriptions.subscribe(session, developer, application.id, api_id=holidays.id, plan_id=holidays.plans[0].id)

    page = baker.post(path, {"kind": "secret", "name": "Production"}).text

    assert f"{application.id}:{SECRET.findall(page)[0]}" in page
    assert "/oauth/token" in page


def test_revoking_asks_first(site, baker, developer, application):
    with site.database.begin() as session:
        made = credentials.add_secret(session, developer, application.id, name="Old").credential
    path = f"/fr/applications/{application.id}/justificatifs/{made.id}/revoquer"
    asked = baker.get(path)
    assert kept(site)[0].revoked_at is None

    answers = [baker.post(path), baker.post(path)]

    assert "Révoquer «\N{NO-BREAK SPACE}Old\N{NO-BREAK SPACE}»?" in asked.text
    assert [answer.status_code for answer in answers] == [303, 303]
    assert kept(site)[0].revoked_at


def test_a_credential_of_another_application_is_not_there(site, baker, sign_in, developer, application, consumer):
    with site.database.begin() as session:
        made = credentials.add_secret(session, developer, application.id, name="Old").credential

    assert baker.get(f"/en/applications/app_other/credentials/{made.id}/revoke").status_code == 404
    assert baker.get(f"/en/applications/{application.id}/credentials/crd_other/revoke").status_code == 404
    assert sign_in().get(f"/en/applications/{application.id}/credentials/{made.id}/revoke").status_code == 404
