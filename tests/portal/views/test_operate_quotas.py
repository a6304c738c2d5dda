import re
import time

import pytest

from gateway.domain.plans import Charge, Window
from gateway.pipeline.refusals import LEDGER_AWAY, Failure
from gateway.services import limits, subscriptions
from tests.fixtures.consuming import finished

PAGE, PAGE_FR = "/en/operate/quotas", "/fr/exploiter/quotas"
CAPS, CAPS_FR = "/en/operate/caps", "/fr/exploiter/plafonds"


@pytest.fixture
def called(site, developer, holidays, application):
    """A subscription that has used nine hundred of the thousand calls of its day."""
    with site.database.begin() as session:
        joined = subscriptions.subscribe(
            session, developer, application.id, api_id=holidays.id, plan_id=holidays.plans[0].id
        )
    known = {"api_id": holidays.id, "application_id": application.id, "subscription_id": joined.id}
    for _ in range(900):
        site.recorder.record(finished(**known, received_at=time.time()))
    site.house.ledger.spend((Charge(joined.id, (Window("day", 1_000),), 900),))
    return joined


@pytest.mark.parametrize(("path", "words"), [(PAGE, "Nobody is near a limit"), (PAGE_FR, "Personne n’approche")])
def test_where_nobody_is_near_a_limit_the_page_says_so(odile, path, words):
    assert words in odile.get(path).text


@pytest.mark.parametrize(
    ("path", "words", "used"),
    [(PAGE, "Near its limit", "900 (90%)"), (PAGE_FR, "Près de sa limite", "900 (90\u00a0%)")],
)
def test_who_is_near_a_limit_is_shown_with_the_way_to_what_can_be_done(odile, called, path, words, used):
    page = odile.get(path).text

    assert words in page
    assert used in page
    assert f"/{called.id}/" in page


@pytest.mark.usefixtures("called")
def test_the_page_is_filtered(odile, department, holidays):
    for query in ("q=ovens", f"department={department.id}", f"api={holidays.id}", "state=near", "state=nonsense"):
        assert "900 (90%)" in odile.get(f"{PAGE}?{query}").text
    for query in ("q=zeppelin", "department=x", "api=x", "state=at"):
        assert "Nobody like this" in odile.get(f"{PAGE}?{query}").text


@pytest.mark.parametrize("path", [PAGE, CAPS])
def test_only_operators_see_it(baker, path):
    assert baker.get(path).status_code in {403, 404}


def test_caps_are_listed_while_the_ledger_is_away(site, odile, holidays, monkeypatch):
    odile.post("/en/publish/apis/holidays/caps", {"per_day": "5000", "reason": "The service is small"})

    def away(*_asked):
        raise Failure(LEDGER_AWAY)

    monkeypatch.setattr(site.house.ledger, "left", away)

    page = odile.get(CAPS).text

    assert "5,000 calls a day" in page
    assert "What is left cannot be read" in page


def test_caps_are_listed_with_what_is_left_and_set_with_a_reason(site, odile, holidays):
    form = "/en/publish/apis/holidays/caps?from=operate_caps"
    assert form in odile.get(CAPS).text

    without = odile.post(form, {"per_day": "5000"})
    answer = odile.post(form, {"per_day": "5000", "reason": "The service is small"})

    assert (without.status_code, answer.status_code) == (422, 303)
    assert answer.location == CAPS
    with site.database.read() as session:
        assert limits.caps_of(session.get_one(type(holidays), holidays.id)) == (Window("day", 5_000, per="api"),)
    page = odile.get(CAPS_FR).text
    assert re.sub(r'aria-label="[^"]*"', "", page).count("5\u00a0000 appels par jour") == 1
    assert "<meter" in page
