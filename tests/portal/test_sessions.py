"""Who is signed in, and where they may be sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.roles import Role
from portal.sessions import safe_target


def test_a_visitor_is_sent_to_sign_in_and_back(visitor):
    answer = visitor.get("/fr/applications?page=2")

    assert answer.status_code == 303
    assert answer.location == "/fr/connexion?next=/fr/applications?page%3D2"


def test_a_form_of_somebody_who_was_signed_out_leads_to_sign_in_alone(site, baker):
    page = baker.get("/en/applications/new").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    baker.client.delete_cookie("guichet")

    answer = baker.client.post("/en/applications/new", data={"name": "Ovens", "csrf_token": token})

    assert answer.status_code == 303
    assert answer.location == "/en/sign-in"


def test_a_page_made_for_one_person_is_kept_by_nobody(baker, visitor):
    assert baker.get("/en/apis").headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in visitor.get("/en/apis").headers


def test_signing_out_ends_the_session_itself(baker):
    secret = baker.client.get_cookie("guichet")
    answer = baker.post("/en/sign-out", form_at="/en/account")
    baker.client.set_cookie("guichet", secret.value, domain="localhost")

    assert answer.status_code == 303
    assert baker.get("/en/account").status_code == 303


def test_a_cookie_that_opens_nothing_is_a_visitors(visitor):
    visitor.client.set_cookie("guichet", "gse_" + "0" * 49, domain="localhost")

    assert visitor.get("/en/account").status_code == 303


def test_a_page_that_is_not_there_still_knows_who_asks(sign_in, consumer):
    browser = sign_in({consumer: Role.DEVELOPER}, name="Camille <Roy>")

    assert "Camille &lt;Roy&gt;" in browser.get("/en/nowhere").text


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example/", "https://evil.example/", "/\\evil.example", "/en/\\evil", "/en/\nLocation: x", "/v1/", "",
        None,
    ],
)  # fmt: skip
def test_what_could_lead_elsewhere_is_dropped(wanted):
    assert safe_target(wanted, "/en/") == "/en/"


@given(st.text())
def test_a_target_is_always_a_path_of_ours(wanted):
    assert safe_target(wanted, "/en/").startswith(("/en/", "/fr/"))


def test_a_page_of_ours_is_gone_on_to():
    assert safe_target("/fr/applications?page=2", "/en/") == "/fr/applications?page=2"
