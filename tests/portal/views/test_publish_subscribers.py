"""Who subscribes to an API, and what its department may do about it."""

import pytest

from gateway.domain.lifecycle import SubscriptionState
from gateway.domain.roles import Role
from gateway.services import subscriptions
from gateway.store.applications import Subscription
from tests.fixtures.consuming import refreshed
from tests.fixtures.publishing import organisation, published_api

LIST = "/en/publish/apis/holidays/subscribers"
LIST_FR = "/fr/publier/api/holidays/abonnes"
MOVES = {
    LIST: {"suspend": "suspend", "resume": "resume", "revoke": "revoke"},
    LIST_FR: {"suspend": "suspendre", "resume": "retablir", "revoke": "revoquer"},
}


@pytest.fixture
def heritage(sign_in, department):
    """A publisher's browser."""
    return sign_in({department: Role.PUBLISHER})


@pytest.fixture
def subscription(site, developer, application, holidays) -> Subscription:
    with site.database.begin() as session:
        return subscriptions.subscribe(
            session, developer, application.id, api_id=holidays.id, plan_id=holidays.plans[0].id
        )


def state(site, subscription) -> tuple[str, str]:
    with site.database.read() as session:
        found = refreshed(session, subscription)
        return found.state, found.reason


@pytest.mark.parametrize(("path", "words"), [(LIST, "No subscriber yet"), (LIST_FR, "Aucun abonné pour l’instant")])
def test_without_subscribers_the_page_says_so(heritage, holidays, path, words):
    assert words in heritage.get(path).text


@pytest.mark.parametrize(("path", "organisation_name"), [(LIST, "Bakery"), (LIST_FR, "Boulangerie")])
def test_the_list_shows_who_and_what_can_be_done(heritage, subscription, path, organisation_name):
    page = heritage.get(path).text

    assert "Ovens" in page
    assert organisation_name in page
    assert f'href="{path}/{subscription.id}/{MOVES[path]["suspend"]}"' in page
    assert f'href="{path}/{subscription.id}/{MOVES[path]["revoke"]}"' in page
    assert f"/{MOVES[path]['resume']}" not in page


@pytest.mark.parametrize("path", [LIST, LIST_FR])
def test_a_subscription_is_suspended_resumed_and_revoked_and_a_second_click_is_harmless(
    site, heritage, subscription, path
):
    seen = []
    for move in ("suspend", "resume", "revoke"):
        page = f"{path}/{subscription.id}/{MOVES[path][move]}"
        assert heritage.get(page).status_code == 200
        answers = [heritage.post(page, {"reason": f"Because of {move}"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [303, 303]
        assert answers[0].location == path
        seen.append(state(site, subscription))

    assert seen == [
        (SubscriptionState.SUSPENDED, "Because of suspend"),
        (SubscriptionState.ACTIVE, "Because of resume"),
        (SubscriptionState.REVOKED, "Because of revoke"),
    ]


@pytest.mark.parametrize("move", ["suspend", "revoke"])
@pytest.mark.parametrize("reason", ["", "   ", "x" * 2_001])
def test_a_reason_must_be_given_and_be_short(site, heritage, subscription, move, reason):
    answer = heritage.post(f"{LIST}/{subscription.id}/{move}", {"reason": reason})

    assert answer.status_code == 422
    assert 'id="reason-error"' in answer.text
    assert state(site, subscription)[0] == SubscriptionState.ACTIVE


def test_a_revoked_subscription_is_not_resumed(site, heritage, subscription):
    heritage.post(f"{LIST}/{subscription.id}/revoke", {"reason": "Over"})

    answer = heritage.post(f"{LIST}/{subscription.id}/resume", {"reason": ""})

    assert answer.status_code == 422
    assert state(site, subscription)[0] == SubscriptionState.REVOKED


def test_a_subscription_is_found_under_its_own_api_alone(site, heritage, publisher, department, subscription):
    with site.database.begin() as session:
        published_api(session, publisher, department, name="museums")

    assert heritage.get(f"/en/publish/apis/museums/subscribers/{subscription.id}/suspend").status_code == 404


@pytest.mark.parametrize("whose", ["another department", "the application's own"])
def test_nobody_else_decides(site, sign_in, baker, subscription, whose):
    finance = organisation(site.database, slug="finance")
    browser = baker if whose == "the application's own" else sign_in({finance: Role.PUBLISHER})
    form_at = "/en/applications/new" if browser is baker else "/en/publish/new"
    page = f"{LIST}/{subscription.id}/suspend"

    assert browser.get(LIST).status_code == 404
    assert browser.get(page).status_code == 404
    assert browser.post(page, {"reason": "Why not"}, form_at=form_at).status_code == 404
    assert state(site, subscription)[0] == SubscriptionState.ACTIVE
