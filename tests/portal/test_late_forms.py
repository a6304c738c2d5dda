"""Forms that arrive too late: nothing is done, nothing typed is lost."""

import re

import pytest
from sqlalchemy import func, select

from gateway.store.applications import Application

TYPED = {"name": "Ovens <b>", "description": "Bakes\r\nbread."}


def applications(site) -> int:
    with site.database.read() as session:
        return session.scalar(select(func.count()).select_from(Application)) or 0


@pytest.mark.parametrize(
    ("path", "words"),
    [("/en/applications/new", "This page had expired"), ("/fr/applications/nouvelle", "Cette page avait expiré")],
)
def test_a_form_whose_cookie_is_lost_shows_again_what_was_typed_and_does_nothing(site, baker, path, words):
    baker.get(path)
    baker.client.delete_cookie("guichet-form")

    answer = baker.client.post(path, data={**TYPED, "csrf_token": "stale"})

    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="Ovens &lt;b&gt;"' in answer.text
    assert "bread.</textarea>" in answer.text
    assert applications(site) == 0


def test_sending_it_again_from_there_does_it(site, baker):
    page = baker.client.post("/en/applications/new", data=TYPED).text
    fresh = re.findall(r'name="csrf_token" value="([^"]+)"', page)[-1]

    answer = baker.client.post("/en/applications/new", data={**TYPED, "csrf_token": fresh})

    assert answer.status_code == 303
    assert applications(site) == 1


@pytest.mark.parametrize(
    ("path", "words", "leads_to"),
    [
        ("/en/applications/new", "You are signed out", "/en/sign-in?next=/en/applications/new"),
        ("/fr/applications/nouvelle", "Votre session est terminée", "/fr/connexion?next=/fr/applications/nouvelle"),
    ],
)
def test_who_was_signed_out_meanwhile_signs_in_and_takes_up_what_was_typed(site, baker, path, words, leads_to):
    secret = baker.client.get_cookie("guichet").value
    baker.client.delete_cookie("guichet")

    kept = baker.client.post(path, data={**TYPED, "csrf_token": "stale"})
    baker.client.set_cookie("guichet", secret, domain="localhost")
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', kept.text))
    taken_up = baker.client.post(path, data={"name": hidden["name"].replace("&lt;", "<").replace("&gt;", ">")})

    assert kept.status_code == 403
    assert words in kept.text
    assert f'href="{leads_to}"' in kept.text
    assert "csrf_token" not in hidden
    assert 'value="Ovens &lt;b&gt;"' in taken_up.text
    assert applications(site) == 0


def test_a_button_whose_page_had_expired_leads_back_to_that_page(baker):
    answer = baker.client.post("/en/account/sessions", headers={"Referer": "http://localhost/en/account"})

    assert answer.status_code == 400
    assert "This page had expired" in answer.text
    assert 'href="/en/account"' in answer.text


def test_a_button_of_somebody_signed_out_leads_to_sign_in_and_to_no_other_site(visitor):
    answer = visitor.client.post("/en/account/sessions", headers={"Referer": "http://evil.example//evil"})

    assert answer.status_code == 400
    assert "You are signed out" in answer.text
    assert 'href="/en/sign-in?next=/en/"' in answer.text


def test_a_password_is_never_shown_again(visitor):
    answer = visitor.client.post("/en/sign-in", data={"email": "a@example.org", "password": "opensesame"})

    assert answer.status_code == 422
    assert "opensesame" not in answer.text
    assert 'value="a@example.org"' in answer.text
