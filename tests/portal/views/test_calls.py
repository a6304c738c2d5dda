"""An application's calls one by one, and why one was refused."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.roles import Role
from tests.fixtures.consuming import finished

LOG = {"en": "/en/applications/{}/calls", "fr": "/fr/applications/{}/appels"}


@pytest.fixture
def called(site, application, holidays):
    """Four calls of a minute ago; their ids."""
    ids = []
    for status, refusal in ((200, ""), (404, ""), (429, "quota-spent"), (504, "upstream-timeout")):
        usual = {"application_id": application.id, "api_id": holidays.id, "received_at": time.time() - 60}
        done = finished(status=status, refusal=refusal, **usual)
        site.recorder.record(done)
        ids.append(done.event.request_id)
    return ids


@pytest.fixture
def path(application):
    return LOG["en"].format(application.id)


def shown(page):
    return re.findall(r'href="/en/calls/(\w+)"', page.text)


@pytest.mark.parametrize("language", LOG)
def test_the_log_says_what_is_kept_and_leads_to_each_call(baker, application, called, language):
    page = baker.get(LOG[language].format(application.id))

    assert set(re.findall(r"/(?:calls|appels)/(req_\w+)", page.text)) == set(called)
    assert re.search("1.000", page.text)
    assert {"en": "Public holidays", "fr": "Jours fériés"}[language] in page.text
    assert ">holidays<" not in page.text


def test_it_is_narrowed_down_by_status_refusal_api_and_time(baker, path, holidays, called):
    now = datetime.now(UTC)
    earlier, later = ((now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M") for hours in (-1, 1))

    assert set(shown(baker.get(f"{path}?status=4"))) == {called[1], called[2]}
    assert shown(baker.get(f"{path}?refusal=quota-spent")) == [called[2]]
    assert set(shown(baker.get(f"{path}?refusal=any"))) == {called[2], called[3]}
    assert set(shown(baker.get(f"{path}?refusal=none&api={holidays.id}"))) == {called[0], called[1]}
    assert len(shown(baker.get(f"{path}?since={earlier}&until={later}"))) == 4
    assert "No call fits" in baker.get(f"{path}?since={later}").text


@pytest.mark.usefixtures("called")
def test_what_was_asked_for_stays_in_the_form_and_in_the_links(baker, path):
    page = baker.get(f"{path}?status=4&since=2026-01-02T03:04&page=1").text

    assert re.search(r'<option value="4" selected>', page)
    assert 'value="2026-01-02T03:04:00"' in page
    assert f'{path}.csv?status=4&amp;since=2026-01-02T03%3A04"' in page


def test_what_cannot_be_read_asks_for_nothing(baker, path, called):
    assert len(shown(baker.get(f"{path}?status=nine&since=soon&until=%00&_scheme=ftp"))) == len(called)


def test_before_the_first_call_the_log_says_so(baker, path):
    assert "No call yet" in baker.get(path).text


def test_the_log_can_be_taken_away(baker, path, called):
    sheet, whole = (baker.get(f"{path}.{form}?refusal=any") for form in ("csv", "json"))

    assert sheet.mimetype == "text/csv"
    assert sheet.text.splitlines()[1].split(",")[1] == called[3]
    assert [call["request_id"] for call in whole.json["items"]] == [called[3], called[2]]
    assert baker.get(f"{path}.xml").status_code == 404


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, ["It was answered", "was not refused"]),
        (2, ["The plan’s limit is reached", "What to do", "Retry-After", 'href="/en/errors/quota-spent"']),
        (3, ["The department’s service took too long", "This call was in order", 'href="/en/errors/upstream-timeout"']),
    ],
)
def test_a_call_is_explained_in_words_with_what_to_do(baker, application, called, number, words):
    page = baker.get(f"/en/calls/{called[number]}").text

    assert all(each in page for each in [*words, "Ovens", f"/en/applications/{application.id}"])


def test_the_same_in_french(baker, called):
    page = baker.get(f"/fr/appels/{called[2]}").text

    assert "Pourquoi mon appel a-t-il été refusé?" in page
    assert "La limite du forfait est atteinte" in page


def test_a_department_sees_why_and_is_not_led_to_what_is_not_its_own(sign_in, department, application, called):
    page = sign_in({department: Role.PUBLISHER}).get(f"/en/calls/{called[2]}")

    assert (page.status_code, "The plan’s limit is reached" in page.text) == (200, True)
    assert f"/en/applications/{application.id}" not in page.text


def test_a_number_is_looked_up_by_a_form(baker, called):
    asked = baker.get("/en/calls")
    found = baker.client.get(f"/en/calls?request_id=+{called[0]}+")

    assert "Request number" in asked.text
    assert (found.status_code, found.headers["Location"]) == (303, f"/en/calls/{called[0]}")


def test_an_unknown_number_says_what_is_kept_and_for_how_long(baker):
    page = baker.get("/en/calls/req_<b>")

    assert page.status_code == 404
    assert "last 1,000 calls of each application are kept, for 90 days" in page.text
    assert "req_&lt;b&gt;" in page.text


def test_a_visitor_signs_in_first(visitor):
    for path in ("/en/calls", "/en/calls/req_1"):
        assert visitor.get(path).headers["Location"].startswith("/en/sign-in")


def test_the_page_of_a_code_leads_here(visitor):
    assert 'href="/en/calls"' in visitor.get("/en/errors/quota-spent").text
