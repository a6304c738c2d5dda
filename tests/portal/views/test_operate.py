"""The operations desk."""

import re
import time

import pytest

from gateway.domain.lifecycle import ApplicationState
from gateway.domain.roles import Role
from gateway.services import applications, subscriptions
from tests.fixtures.consuming import finished, refreshed

DESK = [("/en/operate", "en"), ("/fr/exploiter", "fr")]
LIST, LIST_FR = "/en/operate/applications", "/fr/exploiter/applications"


@pytest.fixture
def called(site, developer, holidays, application):
    """A subscription, a call under it, one that was refused, and one of nobody's."""
    with site.database.begin() as session:
        subscriptions.subscribe(session, developer, application.id, api_id=holidays.id, plan_id=holidays.plans[0].id)
    known = {"api_id": holidays.id, "application_id": application.id, "received_at": time.time()}
    site.recorder.record(finished(**known))
    site.recorder.record(finished(**known, refusal="quota-spent", status=429))
    site.recorder.record(finished(**known | {"application_id": ""}, refusal="no-credentials", status=401))


def state(site, application) -> tuple[str, str]:
    with site.database.read() as session:
        found = refreshed(session, application)
        return found.state, found.state_reason


@pytest.mark.parametrize(("path", "language"), DESK)
def test_a_desk_without_calls_opens(odile, path, language):
    answer = odile.get(path)

    assert answer.status_code == 200
    assert {"en": "No call in this time", "fr": "Aucun appel durant cette période"}[language] in answer.text


@pytest.mark.usefixtures("called")
@pytest.mark.parametrize(("path", "language"), DESK)
def test_the_desk_shows_everything_and_what_nobody_can_be_named_for(odile, application, path, language):
    page = odile.get(path).text

    assert re.findall(r"<dd>([^<]*)</dd>", page)[:3] == ["3", "1", "2"]
    assert "holidays" in page
    assert f'href="{LIST if language == "en" else LIST_FR}/{application.id}"' in page
    heading = {"en": "Refused before anybody was known", "fr": "Refusés sans que l’on sache de qui ils venaient"}
    unidentified = page[
        page.index(heading[language]) : page.index({"en": "All refusals", "fr": "Tous les refus"}[language])
    ]
    assert "no-credentials" in unidentified
    assert "quota-spent" not in unidentified


@pytest.mark.parametrize(("path", "words"), [(LIST, "No application yet"), (LIST_FR, "Aucune application")])
def test_without_applications_the_list_says_so(odile, path, words):
    assert words in odile.get(path).text


def test_applications_are_found_by_their_words(odile, application):
    assert "Ovens" in odile.get(f"{LIST}?q=oven+bakery").text
    assert application.id in odile.get(f"{LIST_FR}?q={application.id}").text
    nothing = odile.get(f"{LIST}?q=zeppelin").text
    assert "No application with these words" in nothing
    assert "Ovens" not in nothing


def test_a_long_list_has_pages_that_keep_the_search(site, odile, developer, consumer):
    with site.database.begin() as session:
        for number in range(21):
            applications.register(session, developer, organisation_id=consumer.id, name=f"Oven {number}")

    first, second = odile.get(f"{LIST}?q=oven").text, odile.get(f"{LIST}?q=oven&page=2").text

    assert 'href="?q=oven&amp;page=2"' in first
    assert "Page 1 of 2" in first
    assert first.count('scope="row"') == 20
    assert second.count('scope="row"') == 1


@pytest.mark.usefixtures("called")
@pytest.mark.parametrize("path", [LIST, LIST_FR])
def test_the_page_of_an_application_says_whose_it_is_and_what_it_has_left(odile, application, path):
    answer = odile.get(f"{path}/{application.id}")

    assert answer.status_code == 200
    assert ("Bakery" if path == LIST else "Boulangerie") in answer.text
    assert answer.text.count("<meter") == 2
    assert "quota-spent" in answer.text


@pytest.mark.parametrize(
    ("path", "suspend", "resume"), [(LIST, "suspend", "resume"), (LIST_FR, "suspendre", "retablir")]
)
def test_an_application_is_suspended_and_resumed_and_a_second_click_is_harmless(
    site, odile, baker, application, path, suspend, resume
):
    page = f"{path}/{application.id}"

    assert odile.get(f"{page}/{suspend}").status_code == 200
    assert [odile.post(f"{page}/{suspend}", {"reason": "Runaway"}).status_code for _ in range(2)] == [303, 303]
    assert state(site, application) == (ApplicationState.SUSPENDED, "Runaway")
    assert "Runaway" in odile.get(page).text
    assert "Runaway" in baker.get(f"/en/applications/{application.id}").text
    assert [odile.post(f"{page}/{resume}", {"reason": ""}).status_code for _ in range(2)] == [303, 303]

    assert state(site, application) == (ApplicationState.ACTIVE, "")


@pytest.mark.parametrize("reason", ["", "x" * 2_001])
def test_a_suspension_needs_a_reason(site, odile, application, reason):
    answer = odile.post(f"{LIST}/{application.id}/suspend", {"reason": reason})

    assert answer.status_code == 422
    assert 'id="reason-error"' in answer.text
    assert state(site, application)[0] == ApplicationState.ACTIVE


def test_an_application_that_does_not_exist_is_not_found(odile):
    assert odile.get(f"{LIST}/app_none").status_code == 404


def test_none_of_this_is_for_anybody_else(site, sign_in, baker, department, application):
    publisher = sign_in({department: Role.PUBLISHER})
    pages = ["/en/operate", LIST, f"{LIST}/{application.id}", f"{LIST}/{application.id}/suspend"]

    for page in pages:
        assert baker.get(page).status_code in {403, 404}
        assert publisher.get(page).status_code == 404
    refused = baker.post(f"{LIST}/{application.id}/suspend", {"reason": "x"}, form_at="/en/applications/new")
    assert refused.status_code == 403
    assert state(site, application)[0] == ApplicationState.ACTIVE
