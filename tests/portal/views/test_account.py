"""A person's own account."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from gateway.domain.permission_words import MEANINGS
from gateway.domain.roles import PERMISSIONS, Role
from gateway.services import sessions
from gateway.services import tokens as services
from gateway.services.actor import utc_now
from gateway.store.accounts import AccessToken, Account, SignIn
from tests.portal.browsing import Browser

SECRET = re.compile(r"gct_[0-9A-Za-z]{49}")


def tokens(site) -> list[AccessToken]:
    with site.database.read() as session:
        return list(session.scalars(select(AccessToken)))


@pytest.mark.parametrize("path", ["/en/account", "/fr/compte", "/en/account/tokens", "/fr/compte/messages"])
def test_a_page_of_the_account_opens(baker, path):
    answer = baker.get(path)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_token_is_shown_once(site, baker):
    made = baker.post("/en/account/tokens", {"name": "Nightly", "scopes": ["application:read"], "days": "30"})
    secret = SECRET.search(made.text)

    assert made.status_code == 200
    assert secret
    assert secret[0] not in baker.get("/en/account").text
    assert "Nightly" in baker.get("/en/account").text
    assert tokens(site)[0].scopes == "application:read"


@pytest.mark.parametrize(("path", "language"), [("/en/account/tokens", "en"), ("/fr/compte/jetons", "fr")])
def test_each_scope_that_can_be_chosen_is_explained_and_no_other_is_there(baker, path, language):
    page = baker.get(path).text

    for scope, meaning in MEANINGS.items():
        is_offered = scope in PERMISSIONS[Role.DEVELOPER]
        assert (f'value="{scope}"' in page) is is_offered
        assert (meaning.of(language) in unescape(page)) is is_offered
    assert f'value="{services.USUAL_DAYS}"' in page


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"days": "366"}, {"days": "soon"}, {"scopes": []}, {"scopes": ["api:publish"]}]
)
def test_a_token_that_asks_too_much_is_refused(site, baker, wrong):
    refused = baker.post("/en/account/tokens", {"name": "Nightly", "scopes": ["usage:read"], "days": "30"} | wrong)

    assert refused.status_code == 422
    assert not tokens(site)


def test_a_token_may_keep_to_one_organisation_and_belong_to_it(site, baker, consumer):
    asked = {"name": "CI", "scopes": ["usage:read"], "days": "30", "organisation_id": consumer.id, "pipeline": "y"}

    assert baker.post("/en/account/tokens", asked).status_code == 200

    (made,) = tokens(site)
    assert (made.organisation_id, made.role) == (consumer.id, Role.DEVELOPER)
    assert "pipeline" in baker.get("/en/account").text


def test_a_token_of_a_pipeline_asks_for_its_organisation_beside_the_field(site, baker):
    asked = {"name": "CI", "scopes": ["usage:read"], "days": "30", "pipeline": "y"}

    refused = baker.post("/en/account/tokens", asked)

    assert refused.status_code == 422
    assert 'id="organisation_id-error"' in refused.text
    assert not tokens(site)


def test_a_token_is_revoked_by_its_owner_alone(site, baker, sign_in, consumer):
    baker.post("/en/account/tokens", {"name": "Nightly", "scopes": ["usage:read"], "days": "30"})
    path = f"/en/account/tokens/{tokens(site)[0].id}/revoke"

    stranger = sign_in({consumer: Role.DEVELOPER}).post(path, form_at="/en/account")
    owner = baker.post(path, form_at="/en/account")

    assert stranger.status_code == 404
    assert owner.status_code == 303
    assert tokens(site)[0].revoked_at


def test_another_browser_is_signed_out_from_here(site, sign_in, consumer):
    here = sign_in({consumer: Role.DEVELOPER})
    with site.database.begin() as session:
        account = session.scalars(select(Account)).one()
        opened = sessions.open_session(session, account, browser="Firefox on Linux", now=utc_now())
    there = Browser(site.app.test_client())
    there.client.set_cookie("guichet", opened.secret, domain="localhost")
    shown = here.get("/en/account").text
    assert there.get("/en/account").status_code == 200

    answer = here.post("/en/account/sessions", {"session_id": opened.sign_in.id}, form_at="/en/account")

    assert "Firefox, Linux" in shown
    assert "this one" in shown
    assert answer.status_code == 303
    assert there.get("/en/account").status_code == 303


def test_nobody_signs_out_a_stranger(baker, sign_in, site):
    sign_in()
    with site.database.read() as session:
        strangers = session.scalars(select(SignIn).join(SignIn.account).order_by(SignIn.id.desc())).first()

    answer = baker.post("/en/account/sessions", {"session_id": strangers.id}, form_at="/en/account")

    assert answer.status_code == 404


def test_the_account_page_tells_the_address_that_an_operator_asks_for(site, baker):
    with site.database.read() as session:
        (account,) = session.scalars(select(Account))

    assert account.email in baker.get("/en/account").text
    assert "Adresse courriel" in baker.get("/fr/compte").text


def test_messages_about_quotas_come_until_they_are_turned_off(site, baker):
    page = baker.get("/en/account/messages").text
    assert page.count("checked") == 2

    kept = baker.post("/en/account/messages", {"hears_spent": "y"})
    assert kept.status_code == 303
    with site.database.read() as session:
        assert [(row.hears_near, row.hears_spent) for row in session.scalars(select(Account))] == [(False, True)]
    assert baker.get("/fr/compte/messages").text.count("checked") == 1
