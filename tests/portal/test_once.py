"""Two clicks on any button do what one click does, and show what one click shows."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from gateway.domain.roles import OrganisationKind, Role
from gateway.services import repeats
from gateway.store.answers import KeptAnswer
from gateway.store.audit import AuditEvent
from portal import once
from portal.slugs import SLUGS
from tests.fixtures.publishing import described_api, document, organisation, published_api
from tests.house.sources import ROOT

HIDDEN = re.compile(r'<input (?=[^>]*type="hidden")(?=[^>]*name="([^"]+)")(?=[^>]*value="([^"]*)")[^>]*>')
CHOICES = re.compile(
    r'<input (?=[^>]*type="radio")(?=[^>]*name="(plan_id|application_id)")(?=[^>]*value="([^"]*)")[^>]*>'
)

WORDS = {"title_en": "Bread", "title_fr": "Pain", "description_en": "D", "description_fr": "D", "name": "bread"}
FORMS: dict[str, dict[str, Any]] = {
    "new_application": {"name": "Kettles"},
    "new_credential": {"kind": "secret", "name": "Production"},
    "account_tokens": {"name": "Mine", "scopes": ["application:read"], "days": "30"},
    "subscribe": {"name": "Toasters"},
    "new_api": WORDS,
    "new_plan": {"when_away": "share", "code": "more", "name_en": "More", "name_fr": "Plus", "per_day": "5"},
    "edit_api": WORDS,
    "upload": {"text": document(title="Ovens").decode()},
    "proof": {},
    "new_department": {"name_en": "Ovens", "name_fr": "Fours", "slug": "ovens"},
}
SHOW_A_SECRET = {
    "new_credential": r"gcs_[0-9A-Za-z]{49}",
    "account_tokens": r"gct_[0-9A-Za-z]+",
    "subscribe": r"gcs_[0-9A-Za-z]{49}",
    "proof": r'id="secret"[^>]*value="[^"]{40,}"',
}


@pytest.fixture
def browser(site, sign_in, department, consumer):
    """Someone who may do all of it."""
    office = organisation(site.database, kind=OrganisationKind.OPERATOR, slug="office")
    return sign_in({department: Role.PUBLISHER, consumer: Role.DEVELOPER, office: Role.OPERATOR})


@pytest.fixture
def address(site, publisher, department, application):
    """Where the form of a page is."""
    with site.database.begin() as session:
        drafted = described_api(session, publisher, department)
        served = published_api(session, publisher, department, name="trains")

    def at(page):
        parts = {
            "application_id": application.id,
            "name": (served if page in {"subscribe", "proof"} else drafted).name,
            "major": "1",
        }
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: parts[part[1]], SLUGS[page].rule("en"))

    return at


@pytest.fixture
def form(browser, address, consumer):
    """A form as it stands on its page, filled in."""

    def filled(page):
        shown = browser.get(address(page)).text
        own = {"organisation_id": consumer.id} if page in {"new_application", "subscribe"} else {}
        return dict(HIDDEN.findall(shown)) | dict(CHOICES.findall(shown)) | own | FORMS[page]

    return filled


def deeds(site):
    with site.database.read() as session:
        return session.scalar(select(func.count()).select_from(AuditEvent))


def told(answer):
    return answer.status_code, answer.location, answer.text


def together(site, browser, path, data, times):
    """The answers to a form that is sent so many times at once."""
    barrier = Barrier(times)

    def send(_number):
        client = site.app.test_client()
        client._cookies = dict(browser.client._cookies)
        barrier.wait()
        return client.post(path, data=data)

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(send, range(times)))


@pytest.mark.parametrize("page", FORMS)
def test_a_second_click_shows_what_the_first_one_did_and_does_nothing(site, browser, address, form, page):
    data = form(page)
    first = browser.client.post(address(page), data=data)
    done = deeds(site)

    second = browser.client.post(address(page), data=data)

    assert first.status_code in {200, 303}, first.text
    assert told(second) == told(first)
    assert deeds(site) == done
    if page in SHOW_A_SECRET:
        assert re.search(SHOW_A_SECRET[page], second.text)


@pytest.mark.parametrize("page", ["new_credential", "new_application", "subscribe", "new_plan"])
def test_clicks_at_once_do_one_thing_and_all_show_it(site, browser, address, form, page):
    data, path = form(page), address(page)

    answers = together(site, browser, path, data, 4)

    assert len({told(answer) for answer in answers}) == 1
    assert answers[0].status_code in {200, 303}, answers[0].text


def test_a_message_of_the_next_page_is_shown_to_who_clicked_twice(browser, address, form):
    data, path = form("new_plan"), address("new_plan")
    cookies = dict(browser.client._cookies)
    browser.client.post(path, data=data)
    browser.client._cookies = cookies  # a browser that left before the first answer came knows nothing of it

    second = browser.client.post(path, data=data)

    assert 'role="status"' in browser.get(second.location).text


def test_what_was_refused_is_done_when_it_is_sent_again(browser, address, form):
    path = address("new_plan")
    data = form("new_plan")
    refused = browser.client.post(path, data=data | {"code": ""})

    mended = browser.client.post(path, data=data)

    assert (refused.status_code, mended.status_code) == (422, 303)


def test_a_form_that_was_changed_is_another_one(site, browser, address, form):
    data, path = form("new_application"), address("new_application")
    first = browser.client.post(path, data=data)

    other = browser.client.post(path, data=data | {"name": "Toasters"})

    assert first.location != other.location


def test_nobody_else_gets_the_answer(site, browser, sign_in, consumer, address, form):
    data, path = form("new_credential"), address("new_credential")
    browser.client.post(path, data=data)
    other = sign_in({consumer: Role.DEVELOPER})

    answer = other.client.post(path, data=data)

    assert not re.search(SHOW_A_SECRET["new_credential"], answer.text)


def test_what_is_kept_does_not_tell_the_secret_and_is_not_kept_for_long(site, browser, address, form):
    secret = re.search(
        SHOW_A_SECRET["new_credential"],
        browser.client.post(address("new_credential"), data=form("new_credential")).text,
    )
    with site.database.read() as session:
        (kept,) = session.scalars(select(KeptAnswer)).all()
    assert secret
    assert secret[0].encode() not in kept.sealed

    with site.database.begin() as session:
        session.execute(update(KeptAnswer).values(keep_until=kept.sent_at - timedelta(seconds=1)))
    browser.client.post(address("new_application"), data=form("new_application"))

    with site.database.read() as session:
        assert [answer.digest for answer in session.scalars(select(KeptAnswer))] != [kept.digest]
        assert session.scalar(select(func.count()).select_from(KeptAnswer)) == 1


def test_who_was_killed_while_answering_keeps_nobody_waiting(site, browser, address, form):
    data, path = form("new_application"), address("new_application")
    browser.client.post(path, data=data)
    with site.database.begin() as session:
        kept = session.scalars(select(KeptAnswer)).one()
        kept.sealed, kept.sent_at = None, kept.sent_at - timedelta(seconds=31)

    assert browser.client.post(path, data=data).status_code == 422  # the name is taken: it was done before the kill


def test_so_many_wait_for_another_and_no_more(site, browser, address, form, monkeypatch):
    data, path = form("new_application"), address("new_application")
    browser.client.post(path, data=data)
    with site.database.begin() as session:
        session.scalars(select(KeptAnswer)).one().sealed = None
    monkeypatch.setattr(once, "_WAIT_SECONDS", 0.2)

    answers = together(site, browser, path, data, 6)

    assert {answer.status_code for answer in answers} == {503}


def test_what_was_done_is_shown_though_it_cannot_be_kept(site, browser, address, form, monkeypatch):
    def lose(*_given):
        raise OperationalError("update", {}, Exception("the store went away"))

    monkeypatch.setattr(repeats, "keep", lose)

    answer = browser.client.post(address("new_credential"), data=form("new_credential"))

    assert re.search(SHOW_A_SECRET["new_credential"], answer.text)


def test_every_form_that_acts_carries_a_nonce():
    templates = (ROOT / "portal" / "templates").rglob("*.html")
    tokens = [path.name for path in templates for _ in re.findall(r"csrf_token\(\)", path.read_text(encoding="utf-8"))]

    assert tokens == ["forms.html"]
