"""What an API is used for, as its department sees it."""

import re
import time

import pytest

from gateway.domain.roles import Role
from gateway.services.usage_figures import Hour, Totals
from portal.views import publish_usage
from portal.views.publish_usage import points_of
from tests.fixtures.consuming import finished
from tests.fixtures.publishing import NOW, organisation

PATHS = [("/en/publish/apis/holidays/usage", "en"), ("/fr/publier/api/holidays/utilisation", "fr")]


@pytest.fixture
def heritage(sign_in, department):
    """A publisher's browser."""
    return sign_in({department: Role.PUBLISHER})


@pytest.fixture
def called(site, holidays, application):
    """Four calls just now, of which one was refused and one let down; and one of nobody's."""
    known = {"api_id": holidays.id, "application_id": application.id, "received_at": time.time()}
    site.recorder.record(finished(**known))
    site.recorder.record(finished(**known))
    site.recorder.record(finished(**known, refusal="quota-spent", status=429))
    site.recorder.record(finished(**known, refusal="upstream-timeout", status=504))
    site.recorder.record(finished(**known | {"application_id": ""}, refusal="by-a-plugin", status=403))


@pytest.mark.parametrize(
    ("path", "words"), [(PATHS[0][0], "No call in this time"), (PATHS[1][0], "Aucun appel durant cette période")]
)
def test_without_calls_the_page_says_so(heritage, holidays, path, words):
    assert words in heritage.get(path).text


@pytest.mark.usefixtures("called")
@pytest.mark.parametrize(("path", "language"), PATHS)
@pytest.mark.parametrize("span", ["", "?span=week", "?span=month", "?span=century"])
def test_calls_are_shown_by_application_by_operation_and_by_refusal(heritage, path, language, span):
    page = heritage.get(path + span).text

    figures = re.findall(r"<dd>([^<]*)</dd>", page)
    assert figures[:4] == ["5", "2", "2", "1"]
    assert figures[4] == ("40%" if language == "en" else "40\N{NO-BREAK SPACE}%")
    assert ("Failed calls by reason" if language == "en" else "Appels en échec par raison") in page
    assert "Ovens" in page
    assert "GET /holidays" in page
    assert f'href="/{language}/{"errors" if language == "en" else "erreurs"}/quota-spent"' in page
    assert "by-a-plugin" in page
    assert f"/{'errors' if language == 'en' else 'erreurs'}/by-a-plugin" not in page


@pytest.mark.usefixtures("called")
@pytest.mark.parametrize(("path", "language"), PATHS)
def test_statuses_and_times_are_shown(heritage, path, language):
    page = heritage.get(path).text

    assert all(f"{each}xx" in page for each in (2, 4, 5))
    assert ("at most 10 ms" if language == "en" else "au plus 10\N{NO-BREAK SPACE}ms") in page


@pytest.mark.parametrize("path", [path for path, _ in PATHS])
def test_what_nobody_called_is_shown_until_somebody_does(site, heritage, holidays, path):
    unused = re.compile(r'<th scope="row"><code translate="no">(\w+ /[^<]*)</code></th>')
    before = unused.findall(heritage.get(path).text)
    done = finished(
        api_id=holidays.id, version_id=holidays.versions[0].id, operation=before[0], received_at=time.time()
    )
    site.recorder.record(done)

    assert unused.findall(heritage.get(path).text) == before[1:]


@pytest.mark.usefixtures("called")
def test_a_page_that_cannot_show_all_who_called_says_so(heritage, monkeypatch):
    monkeypatch.setattr(publish_usage, "MOST_SHARES", 1)

    assert "the spreadsheet has all of them" in heritage.get(PATHS[0][0]).text


@pytest.mark.usefixtures("called")
def test_the_figures_can_be_taken_away(heritage):
    sheet, whole = (heritage.get(f"{PATHS[0][0]}.{form}") for form in ("csv", "json"))

    assert sum(int(line.split(",")[-2]) for line in sheet.text.splitlines()[1:]) == 5
    assert (whole.json["calls"], whole.json["by_application"][0]["name"]) == (5, "Ovens")
    assert sheet.headers["Content-Disposition"] == 'attachment; filename="usage-holidays.csv"'


@pytest.mark.usefixtures("called")
def test_every_chart_has_its_table(heritage):
    page = heritage.get(PATHS[0][0]).text

    chart = page[page.index("<figure") : page.index("</figure>")]
    assert chart.count("<tr>") == 1 + 24


def test_a_longer_span_has_a_bar_for_each_day(site):
    hours = tuple(Hour(NOW.replace(day=20 + hour // 24, hour=hour % 24), 10, 3, 1) for hour in range(12, 60))
    totals = Totals(hours[0].start, 480, 144, 48, hours, (), (), (), ())

    with site.app.test_request_context("/en/publish"):
        by_hour, by_day = points_of(totals, "day"), points_of(totals, "week")

    assert len(by_hour) == 48
    assert by_hour[0] == ("12:00\N{NO-BREAK SPACE}UTC", [6, 3, 1])
    assert [values for _, values in by_day] == [[72, 36, 12], [144, 72, 24], [72, 36, 12]]
    assert by_day[0][0] == "November\N{NO-BREAK SPACE}20, 2026"


@pytest.mark.usefixtures("called")
def test_for_another_department_it_is_not_there(site, sign_in):
    outsider = sign_in({organisation(site.database, slug="finance"): Role.PUBLISHER})

    assert outsider.get(PATHS[0][0]).status_code == 404


@pytest.mark.parametrize(("path", "words"), [(PATHS[0][0], "Without a key"), (PATHS[1][0], "Sans clé")])
def test_calls_without_a_key_have_a_row_of_their_own(site, heritage, holidays, path, words):
    assert words not in heritage.get(path).text
    known = {"api_id": holidays.id, "application_id": "", "subscription_id": "", "received_at": time.time()}
    site.recorder.record(finished(**known, plan_id="pln_open"))
    site.recorder.record(finished(**known, plan_id="", refusal="no-credentials", status=401))

    page = heritage.get(path).text

    assert words in page
    assert "anonymous" not in page
    assert len(re.findall("Not identified|Non identifiés?", page)) >= 1
