"""Who is signed in, and where they may be sent."""

from datetime import timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select, text

from gateway.domain.roles import Role
from gateway.services.actor import utc_now
from gateway.services.sessions import IDLE
from gateway.store.accounts import SignIn
from portal.sessions import safe_target

MINUTE = timedelta(minutes=1)


@pytest.fixture
def edits(site):
    """The transactions that took the write lock meanwhile."""
    begun = []

    @event.listens_for(site.database.engine, "before_cursor_execute")
    def count(_connection, _cursor, statement, *_more):
        if statement == "BEGIN IMMEDIATE":
            begun.append(statement)

    return begun


def test_a_visitor_is_sent_to_sign_in_and_back(visitor):
    answer = visitor.get("/fr/applications?page=2")

    assert answer.status_code == 303
    assert answer.location == "/fr/connexion?next=/fr/applications?page%3D2"


def test_a_button_of_somebody_who_was_signed_out_leads_to_sign_in(site, baker):
    page = baker.get("/en/account/tokens").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    baker.client.delete_cookie("guichet")

    answer = baker.client.post("/en/account/sessions", data={"session_id": "any", "csrf_token": token})

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


def test_ten_pages_in_a_minute_write_nothing(baker, edits):
    assert {baker.get("/en/account").status_code for _ in range(10)} == {200}

    assert not edits


def test_of_ten_pages_in_a_later_minute_one_is_noted(site, baker, edits):
    later = utc_now() + MINUTE

    with time_machine.travel(later, tick=False):
        assert {baker.get("/en/account").status_code for _ in range(10)} == {200}

    assert len(edits) == 1
    assert seen_at(site) == later


def test_a_page_does_not_wait_for_whoever_is_editing(site, baker):
    with site.database.begin() as session:
        session.execute(text("SELECT 1"))
        assert baker.get("/en/account").status_code == 200


def test_a_use_that_cannot_be_noted_stops_nobody(site, baker):
    before, later = seen_at(site), utc_now() + MINUTE
    site.database.dispose()
    event.listen(site.database.engine, "connect", lambda made, _record: made.execute("PRAGMA busy_timeout=0"))

    with site.database.begin() as session, time_machine.travel(later, tick=False):
        session.execute(text("SELECT 1"))
        assert baker.get("/en/account").status_code == 200

    assert seen_at(site) == before


def test_a_session_in_use_outlives_idleness_and_an_idle_one_does_not(baker):
    start = utc_now()

    def status_after(idle):
        with time_machine.travel(start + idle, tick=False):
            return baker.get("/en/account").status_code

    assert [status_after(each) for each in (IDLE / 2, IDLE, 2 * IDLE - MINUTE, 3 * IDLE)] == [200, 200, 200, 303]


def seen_at(site):
    with site.database.read() as session:
        return session.scalars(select(SignIn.seen_at)).one()


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
