"""The audit trail of an organisation, in words."""

import re

import pytest

from gateway.domain.lifecycle import APPLICATION_MOVES, SUBSCRIPTION_MOVES, VERSION_MOVES
from gateway.domain.roles import OrganisationKind, Role
from gateway.services import applications, plans, subscriptions
from gateway.store.audit import AuditEvent
from portal.views.audit_trail import COMMANDS, Change, changes_of
from tests.fixtures.publishing import described_api, organisation, published_api
from tests.house import sources

ABOUT = (
    "account|api|application|credential|department|member|organisation|plan|session|subscription|token|version|webhook"
)
TOLD = re.compile(rf'"((?:{ABOUT})\.[a-z-]+)"')


@pytest.fixture
def heritage(sign_in, department):
    """A publisher's browser."""
    return sign_in({department: Role.PUBLISHER})


@pytest.fixture
def subscribed(site, publisher, developer, department, consumer):
    """An application that is subscribed to an API."""
    with site.database.begin() as session:
        api = published_api(session, publisher, department)
        plan = plans.plans_of(session, publisher, api.id)[0]
        ovens = applications.register(session, developer, organisation_id=consumer.id, name="Ovens")
        subscriptions.subscribe(session, developer, ovens.id, api_id=api.id, plan_id=plan.id)
        return ovens


def test_every_command_that_services_tell_has_its_words():
    services = [name for name in sources.python_files("gateway") if name.startswith("gateway/services/")]
    told = {command for name in services for command in TOLD.findall((sources.ROOT / name).read_text())}
    told |= {f"application.{move}" for _, move in APPLICATION_MOVES}
    told |= {f"subscription.{move}" for _, move in SUBSCRIPTION_MOVES} | {"subscription.request"}
    told |= {f"version.{move}" for _, move in VERSION_MOVES} - {"version.check"}

    assert len(told) > 20
    assert told == set(COMMANDS)


@pytest.mark.parametrize(("path", "words"), [("/en/audit", "created an API"), ("/fr/journal", "a créé une API")])
def test_the_trail_tells_what_was_done_by_whom(site, heritage, publisher, department, path, words):
    with site.database.begin() as session:
        api = described_api(session, publisher, department)

    answer = heritage.get(f"{path}/{department.id}")

    assert answer.status_code == 200
    assert words in answer.text
    assert api.id in answer.text
    assert "Jours fériés" in answer.text
    assert "Camille Roy" in answer.text


def test_a_trail_without_events_says_so(heritage, department):
    assert "Nothing was changed yet" in heritage.get(f"/en/audit/{department.id}").text


def test_an_operator_reads_the_trail_of_any_organisation(site, sign_in, developer, consumer):
    with site.database.begin() as session:
        applications.register(session, developer, organisation_id=consumer.id, name="<b>Ovens</b>")
    office = organisation(site.database, kind=OrganisationKind.OPERATOR, slug="office")

    page = sign_in({office: Role.OPERATOR}).get(f"/en/audit/{consumer.id}").text

    assert "registered an application" in page
    assert "&lt;b&gt;Ovens&lt;/b&gt;" in page


@pytest.mark.parametrize(
    ("path", "link", "words"),
    [
        (
            "/en/operate",
            "/en/operate/audit",
            ("asked for a subscription", "Ovens → Public holidays", "Canadian Heritage"),
        ),
        (
            "/fr/exploiter",
            "/fr/exploiter/journal",
            ("a demandé un abonnement", "Ovens → Jours fériés", "Patrimoine"),
        ),
    ],
)
def test_an_operator_reads_what_was_done_everywhere_by_name(site, sign_in, subscribed, path, link, words):
    operator = sign_in({organisation(site.database, kind=OrganisationKind.OPERATOR, slug="office"): Role.OPERATOR})

    page = operator.get(link).text

    assert f'href="{link}"' in operator.get(path).text
    assert all(each in page.replace("\N{NO-BREAK SPACE}:", ":") for each in words)
    assert f"/{subscribed.organisation_id}" in page
    assert "Application: Ovens" in page.replace("\N{NO-BREAK SPACE}:", ":")


def test_the_whole_trail_is_not_there_for_a_department(heritage, visitor):
    assert heritage.get("/en/operate/audit").status_code == 404
    assert visitor.get("/en/operate/audit").status_code == 303


def test_who_opened_an_account_is_its_owner(site, sign_in, visitor):
    visitor.post(
        "/en/sign-up", {"name": "Léa", "email": "lea@example.org", "password": "assez de mots ici", "terms": "y"}
    )
    operator = sign_in({organisation(site.database, kind=OrganisationKind.OPERATOR, slug="office"): Role.OPERATOR})

    page = operator.get("/en/operate/audit").text

    assert re.search(r'data-label="Who">Léa</td>\s*<td role="cell" data-label="What">opened an account', page)


def test_for_another_department_it_is_not_there(site, heritage):
    other = organisation(site.database, slug="finance")

    assert heritage.get(f"/en/audit/{other.id}").status_code == 404
    assert heritage.get("/en/audit/org_none").status_code == 404


def test_a_change_is_told_with_what_was_before_and_nothing_that_stayed(site):
    event = AuditEvent(
        before={"name": "Ovens", "description": "", "state": "active"},
        after={"name": "Ovens", "description": "x" * 500, "windows": {"minute": 60}, "closed": False, "state": None},
    )

    with site.app.test_request_context("/en/"):
        told = changes_of(event, {})

    assert told == [
        Change("description", "", "x" * 119 + "…"),
        Change("State", "active", ""),
        Change("Limits", "", "60 a minute"),
        Change("closed", "", "no"),
    ]
