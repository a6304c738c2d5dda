"""The plans of an API."""

import re

import pytest

from gateway.domain.plans import Window
from gateway.domain.roles import Role
from gateway.services.plans import windows_of
from gateway.store.catalogue import Api, Plan
from tests.fixtures.consuming import refreshed
from tests.fixtures.publishing import keyless_plan, organisation, person, published_api
from tests.portal.browsing import faults_of

NEW = "/en/publish/apis/holidays/plans/new"
NEW_FR = "/fr/publier/api/holidays/forfaits/nouveau"
FORM = {
    "when_away": "share",
    "code": "large",
    "name_en": "Large",
    "name_fr": "Grand",
    "per_minute": "600",
    "per_day": "",
}


@pytest.fixture
def heritage(sign_in, department):
    """A publisher's browser."""
    return sign_in({department: Role.PUBLISHER})


@pytest.fixture
def standard(holidays: Api) -> Plan:
    return holidays.plans[0]


def plans(site, api: Api) -> dict[str, Plan]:
    with site.database.read() as session:
        found = {plan.code: plan for plan in refreshed(session, api).plans}
        assert all(windows_of(plan) for plan in found.values())
        return found


@pytest.mark.parametrize(("path", "words"), [(NEW, "approved automatically"), (NEW_FR, "approuvés automatiquement")])
def test_a_new_plan_begins_with_usual_limits_and_says_how_it_is_approved(heritage, holidays, path, words):
    page = heritage.get(path).text

    assert words in page
    assert 'value="60"' in page
    assert 'value="1000"' in page


@pytest.mark.parametrize("path", [NEW, NEW_FR])
def test_a_plan_is_made_with_the_limits_that_are_given(site, heritage, holidays, path):
    answer = heritage.post(path, FORM | {"per_month": "1 000 000", "allows_api_key": "y"})

    assert answer.status_code == 303
    made = plans(site, holidays)["large"]
    assert windows_of(made) == (Window("minute", 600), Window("month", 1_000_000))
    assert made.allows_api_key
    assert made.when_away == "share"


@pytest.mark.parametrize(
    ("path", "words"), [(NEW, "Serve the few that are in hand"), (NEW_FR, "Servir les quelques appels")]
)
def test_a_new_plan_serves_what_is_leased_unless_its_department_chooses(heritage, holidays, path, words):
    page = heritage.get(path).text

    assert words in page
    assert re.search(r'<input checked[^>]*value="leased"', page)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"code": ""}, "Give the plan a code."),
        ({"code": "É"}, "small letters"),
        ({"code": "standard"}, "already in use"),
        ({"name_fr": ""}, "Name the plan in French."),
        ({"per_minute": ""}, "At least one limit is required."),
        ({"per_minute": "0"}, "Give a number from 1"),
        ({"per_minute": "-5"}, "Write a whole number"),
        ({"per_minute": "many"}, "Write a whole number"),
        ({"per_minute": "9" * 400}, "Write a whole number"),
        ({"per_hour": "1000000001"}, "Give a number from 1"),
    ],
)
def test_a_plan_that_is_not_right_says_why(site, heritage, holidays, wrong, words):
    answer = heritage.post(NEW, FORM | wrong)

    assert answer.status_code == 422
    assert words in answer.text
    assert set(plans(site, holidays)) == {"standard"}


@pytest.mark.parametrize(("path", "names"), [(NEW, ["name_en", "name_fr"]), (NEW_FR, ["name_fr", "name_en"])])
def test_faults_come_in_the_order_of_the_fields_and_the_readers_language_first(heritage, holidays, path, names):
    wrong = {"per_day": "many", "limit_1": "many", "burst_2": "1", "costs": "much", "when_away": "?"}

    page = heritage.post(path, wrong).text.replace('href="#when_away-0"', 'href="#when_away"')

    assert faults_of(page) == (["code", *names, "per_day", "limit_1", "burst_2", "costs", "when_away"],) * 2


@pytest.mark.parametrize("path", ["/en/publish/apis/holidays/plans", "/fr/publier/api/holidays/forfaits"])
def test_a_plan_is_changed_and_a_limit_taken_away(site, heritage, holidays, standard, path):
    path = f"{path}/{standard.id}"
    assert 'value="60"' in heritage.get(path).text

    form = {"name_en": "Standard", "name_fr": "Normal", "per_minute": "", "per_hour": "500", "per_day": "1000"}
    answer = heritage.post(path, form)

    assert answer.status_code == 303
    assert windows_of(plans(site, holidays)["standard"]) == (Window("hour", 500), Window("day", 1_000))


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(site, heritage, holidays, standard):
    path = f"/en/publish/apis/holidays/plans/{standard.id}"
    form = {"name_en": "Standard", "name_fr": "Normal", "per_minute": "70"}
    heritage.post(path, form)

    late = heritage.post(path, form | {"per_minute": "80", "version": "1"})

    assert late.status_code == 422
    assert windows_of(plans(site, holidays)["standard"]) == (Window("minute", 70),)


@pytest.mark.parametrize(
    ("path", "close"), [("/en/publish/apis/holidays/plans", "close"), ("/fr/publier/api/holidays/forfaits", "fermer")]
)
def test_a_plan_is_closed_after_asking_and_a_second_click_is_harmless(site, heritage, holidays, standard, path, close):
    path = f"{path}/{standard.id}/{close}"

    assert heritage.get(path).status_code == 200
    assert plans(site, holidays)["standard"].closed_at is None
    assert heritage.post(path).status_code == 303
    closed = plans(site, holidays)["standard"].closed_at
    assert heritage.post(path).status_code == 303

    assert closed
    assert plans(site, holidays)["standard"].closed_at == closed


def test_for_another_department_they_are_not_there(site, sign_in, holidays, standard):
    other = organisation(site.database, slug="finance")
    outsider = sign_in({other: Role.PUBLISHER})
    paths = [NEW, NEW.replace("new", standard.id), NEW.replace("new", f"{standard.id}/close")]

    assert [outsider.get(path).status_code for path in paths] == [404, 404, 404]
    assert [outsider.post(path, FORM, form_at="/en/publish/new").status_code for path in paths] == [404, 404, 404]
    assert plans(site, holidays)["standard"].closed_at is None


def test_the_plan_of_another_api_is_not_found_under_this_one(site, heritage, department, holidays):
    with site.database.begin() as session:
        other = published_api(session, person(Role.PUBLISHER, department), department, name="museums").plans[0]

    assert heritage.get(f"/en/publish/apis/museums/plans/{other.id}").status_code == 200
    assert heritage.get(f"/en/publish/apis/holidays/plans/{other.id}").status_code == 404


@pytest.mark.parametrize(
    ("path", "edit", "words"),
    [
        (NEW, "/en/publish/apis/holidays/plans", ["It needs no key", "each /64 network"]),
        (NEW_FR, "/fr/publier/api/holidays/forfaits", ["Il ne demande pas de clé", "chaque réseau /64"]),
    ],
)
def test_a_plan_without_a_key_counts_each_address_and_is_changed_in_the_same_fields(
    site, heritage, holidays, path, edit, words
):
    row = {"limit_1": "5", "within_1": "rate/second", "whose_1": "application", "burst_1": "9"}
    answer = heritage.post(path, FORM | row | {"keyless": "y"})
    assert answer.status_code == 303
    made = plans(site, holidays)["large"]
    rate = Window("second", 5, "rate", 9, per="address")
    assert (made.keyless, set(windows_of(made))) == (True, {Window("minute", 600, per="address"), rate})

    page = heritage.get(f"{edit}/{made.id}").text
    assert words[1] in page
    assert 'value="600"' in page
    assert "allows_api_key" not in page
    assert "whose_1" not in page
    form = {"name_en": "Large", "name_fr": "Grand", "per_minute": "7", "when_away": "leased"}
    assert heritage.post(f"{edit}/{made.id}", form).status_code == 303
    assert windows_of(plans(site, holidays)["large"]) == (Window("minute", 7, per="address"),)


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"per_week": "9"}, "per_minute", "of a day or shorter"),
        ({"limit_1": "5", "within_1": "rate/second", "whose_1": "credential"}, "per_minute", "for each IP address"),
        ({"allows_api_key": "y"}, "allows_api_key", "no key to allow"),
    ],
)
def test_a_plan_without_a_key_that_is_not_right_says_why(site, heritage, holidays, wrong, field, words):
    answer = heritage.post(NEW, FORM | {"keyless": "y"} | wrong)

    assert (answer.status_code, words in answer.text) == (422, True)
    assert set(plans(site, holidays)) == {"standard"}


def test_a_second_plan_without_a_key_is_refused_beside_the_box(site, heritage, holidays, publisher):
    with site.database.begin() as session:
        keyless_plan(session, publisher, holidays)

    answer = heritage.post(NEW, FORM | {"keyless": "y"})

    assert answer.status_code == 422
    assert faults_of(answer.text)[0] == ["keyless"]


@pytest.mark.parametrize(
    ("path", "asked", "told"),
    [
        (
            "/en/publish/apis/holidays/plans/{}/close",
            "Nobody can call without a key any more",
            "are refused from now on",
        ),
        ("/fr/publier/api/holidays/forfaits/{}/fermer", "nul ne peut plus appeler sans clé", "sont désormais refusés"),
    ],
)
def test_who_closes_a_plan_without_a_key_is_told_what_that_ends(site, heritage, holidays, publisher, path, asked, told):
    with site.database.begin() as session:
        plan = keyless_plan(session, publisher, holidays)
    path = path.format(plan.id)

    assert asked in heritage.get(path).text
    assert told in heritage.get(heritage.post(path).location).text
