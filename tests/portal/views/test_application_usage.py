"""What an application uses, as its developers see it."""

import re
import time
from typing import Any

import pytest

from gateway.domain.plans import Charge
from gateway.pipeline.refusals import LEDGER_AWAY, Failure
from gateway.services import subscriptions
from gateway.services.plans import windows_of
from gateway.services.usage_figures import Lately
from gateway.store.applications import Subscription
from portal.views.application_usage import lines_of
from tests.fixtures.consuming import finished

PATHS = {"en": "/en/applications/{}/usage", "fr": "/fr/applications/{}/utilisation"}


@pytest.fixture
def subscription(database, developer, application, holidays) -> Subscription:
    with database.begin() as session:
        plan = holidays.plans[0].id
        return subscriptions.subscribe(session, developer, application.id, api_id=holidays.id, plan_id=plan)


@pytest.fixture
def called(site, application, holidays):
    """Five calls just now: two answered, one refused, one let down, and one of another API."""
    usual: dict[str, Any] = {
        "application_id": application.id, "api_id": holidays.id, "received_at": time.time(),
    }  # fmt: skip
    ended: list[dict[str, Any]] = [{}, {"latency_ms": 700}, {"refusal": "quota-spent", "status": 429}]
    ended += ({"refusal": "upstream-timeout", "status": 504}, {"api_id": "api_gone", "operation": "GET /gone"})
    for how in ended:
        site.recorder.record(finished(**usual | how))


@pytest.fixture
def path(application):
    return PATHS["en"].format(application.id)


@pytest.mark.usefixtures("called", "subscription")
@pytest.mark.parametrize("language", PATHS)
@pytest.mark.parametrize("span", ["", "?span=week", "?span=month"])
def test_the_page_tells_of_operations_statuses_times_refusals_and_failures(baker, application, language, span):
    page = baker.get(PATHS[language].format(application.id) + span).text

    assert re.findall(r"<dd>([^<]*)</dd>", page)[:4] == ["5", "3", "1", "1"]
    assert all(each in page for each in ("GET /holidays", "2xx", "4xx", "5xx", "quota-spent", "upstream-timeout"))
    # of the three that were answered, two took 7 ms and one 700
    bound = "at most {} ms" if language == "en" else "au plus {}\N{NO-BREAK SPACE}ms"
    thousand = "1,000" if language == "en" else "1\N{NO-BREAK SPACE}000"
    assert re.findall(bound.format(r"(\d+\D?\d*)"), page) == ["10", thousand, thousand]


@pytest.mark.usefixtures("called")
def test_what_is_left_now_is_what_the_ledger_says(site, baker, subscription, path):
    with site.database.read() as session:
        windows = windows_of(session.get(Subscription, subscription.id).plan)
    site.house.ledger.spend((Charge(subscription.id, windows),))

    page = baker.get(path).text

    assert "Calls left today: <strong>999</strong> of 1,000" in page
    assert re.findall(r'data-label="Calls (?:today \(UTC\)|in 30 days)">(\d+)<', page) == ["4", "4"]


@pytest.mark.usefixtures("subscription")
def test_a_ledger_that_is_away_does_not_take_the_page_with_it(site, baker, path, monkeypatch):
    def away(*_arguments):
        raise Failure(LEDGER_AWAY)

    monkeypatch.setattr(site.house.ledger, "left", away)

    page = baker.get(path)

    assert (page.status_code, "cannot be read at the moment" in page.text) == (200, True)


@pytest.mark.usefixtures("called")
def test_one_api_is_looked_at_by_itself(baker, holidays, path):
    page = baker.get(f"{path}?api={holidays.id}").text

    assert re.findall(r"<dd>([^<]*)</dd>", page)[0] == "4"
    assert f'<option value="{holidays.id}" selected>' in page
    assert "GET /gone" not in page


@pytest.mark.usefixtures("called")
def test_every_chart_has_its_table_and_nothing_is_styled_in_place(baker, path):
    page = baker.get(path).text

    chart = page[page.index("<figure") : page.index("</figure>")]
    assert chart.count("<tr>") == 1 + 24
    assert "style=" not in page


@pytest.mark.usefixtures("called")
def test_the_figures_can_be_taken_away(baker, path):
    sheet, whole = (baker.get(f"{path}.{form}?span=week") for form in ("csv", "json"))

    assert sum(int(line.split(",")[-2]) for line in sheet.text.splitlines()[1:]) == 5
    assert (whole.json["calls"], len(whole.json["by_hour"])) == (5, 24 * 7)
    assert f'href="{path}.csv?span=week"' in baker.get(f"{path}?span=week").text


def test_before_the_first_call_the_page_says_so(baker, path):
    assert "No call in this time" in baker.get(path).text


def test_what_was_called_without_a_subscription_has_a_line_too(site):
    with site.app.test_request_context("/en/"):
        (line,) = lines_of([], {}, [Lately("api_1", "holidays", 1, 2)])

    assert (line.name, line.left, line.today, line.month) == ("holidays", None, 1, 2)
