from datetime import timedelta

import pytest

from gateway.domain.allowances import extras_of, resets_of
from gateway.domain.limits import from_stored
from gateway.domain.plans import Charge, Window
from gateway.domain.roles import Role
from gateway.services import subscriptions
from gateway.services.actor import utc_now
from gateway.store.applications import Subscription
from tests.portal.browsing import faults_of

WHY = "Census week"


@pytest.fixture
def joined(site, developer, application, holidays):
    with site.database.begin() as session:
        plan_id = holidays.plans[0].id
        return subscriptions.subscribe(session, developer, application.id, api_id=holidays.id, plan_id=plan_id)


@pytest.fixture
def heritage(sign_in, department):
    """A publisher's browser."""
    return sign_in({department: Role.PUBLISHER})


def page_of(joined, language="en", *more):
    return "/".join([{"en": "/en/subscriptions", "fr": "/fr/abonnements"}[language], joined.id,
                     {"en": "limits", "fr": "limites"}[language], *more])  # fmt: skip


def kept(site, joined):
    with site.database.read() as session:
        return session.get_one(Subscription, joined.id)


def test_a_developer_is_led_there_and_sees_what_holds_but_may_change_nothing(baker, application, joined):
    assert page_of(joined) in baker.get(f"/en/applications/{application.id}").text
    page = baker.get(page_of(joined)).text

    assert "60 calls a minute" in page
    assert page.count("<meter") == 2
    assert page_of(joined, "en", "own") not in page
    for what in ("own", "extra", "reset"):
        assert baker.get(page_of(joined, "en", what)).status_code == 404


@pytest.mark.parametrize(("language", "words"), [("en", "Extra calls"), ("fr", "Des appels supplémentaires")])
def test_what_was_granted_is_read_with_its_reason(site, heritage, baker, joined, language, words):
    day = (utc_now() + timedelta(days=5)).date()
    answer = heritage.post(
        page_of(joined, "en", "extra"),
        {"window": "day", "calls": "1 500", "until": day.isoformat(), "reason": WHY, "version": ""},
    )

    assert answer.status_code == 303
    (extra,) = extras_of(kept(site, joined).extras)
    assert (extra.window, extra.calls, extra.reason) == ("day", 1_500, WHY)
    page = baker.get(page_of(joined, language)).text
    assert words in page
    assert WHY in page
    assert {"en": "2,500 calls a day", "fr": "2\u00a0500 appels par jour"}[language] in page


def test_without_a_last_day_it_ends_with_the_window(site, heritage, joined):
    heritage.post(page_of(joined, "en", "extra"), {"window": "day", "calls": "5", "reason": WHY, "version": ""})

    (extra,) = extras_of(kept(site, joined).extras)
    assert extra.until % 86_400 == 0


def test_what_is_used_is_reset_in_one_limit_or_in_all(site, heritage, baker, joined):
    one = heritage.post(page_of(joined, "fr", "remise-a-zero"), {"windows": "day", "reason": WHY, "version": ""})
    first = resets_of(kept(site, joined).resets)
    both = heritage.post(page_of(joined, "en", "reset"), {"windows": "", "reason": WHY, "version": ""})

    assert (one.status_code, both.status_code) == (303, 303)
    assert [reset.window for reset in first] == ["day"]
    assert {reset.window for reset in resets_of(kept(site, joined).resets)} == {"minute", "day"}
    assert "What was used was reset" in baker.get(page_of(joined)).text


def test_limits_of_its_own_are_given_shown_again_and_taken_away(site, heritage, baker, joined):
    given = heritage.post(page_of(joined, "en", "own"), {"per_day": "9000", "reason": WHY, "version": ""})

    assert given.status_code == 303
    assert from_stored(kept(site, joined).limits) == (Window("day", 9_000),)
    form = heritage.get(page_of(joined, "en", "own")).text
    assert 'value="9000"' in form
    assert WHY in form
    assert "its own, not the plan’s" in baker.get(page_of(joined)).text
    heritage.post(page_of(joined, "en", "own"), {"reason": "It is over", "version": ""})
    assert from_stored(kept(site, joined).limits) == ()


@pytest.mark.parametrize(("language", "words"), [("en", "Your applications"), ("fr", "Vos applications")])
def test_the_way_there_begins_where_each_reader_began(baker, heritage, application, joined, language, words):
    developers, publishers = (browser.get(page_of(joined, language)).text for browser in (baker, heritage))

    assert f'<a href="/{language}/applications">{words}</a>' in developers
    assert f'href="/{language}/applications/{application.id}">' in developers
    above = {"en": "/en/publish", "fr": "/fr/publier"}[language]
    for address in (above, f"{above}/{'api' if language == 'fr' else 'apis'}/holidays"):
        assert f'href="{address}">' in publishers


@pytest.mark.parametrize("what", ["own", "extra", "reset"])
def test_a_form_without_a_reason_says_so(heritage, joined, what):
    answer = heritage.post(page_of(joined, "en", what), {"windows": "", "window": "day", "calls": "5", "version": ""})

    assert answer.status_code == 422
    assert "Give a reason." in answer.text


def test_faults_come_in_the_order_of_the_fields(heritage, joined):
    page = heritage.post(page_of(joined, "en", "extra"), {"window": "day", "calls": ""}).text

    assert faults_of(page) == (["calls", "reason"],) * 2


def test_who_sends_a_form_twice_resets_once(site, heritage, joined):
    sent = {"windows": "day", "reason": WHY, "version": str(kept(site, joined).version)}

    answers = [heritage.post(page_of(joined, "en", "reset"), sent) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 422]
    assert len(resets_of(kept(site, joined).resets)) == 1


def test_a_stranger_finds_nothing(sign_in, joined):
    assert sign_in({}).get(page_of(joined)).status_code == 404


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            ["4 calls under way at the same time", "9 calls a day for each end user", "<strong>3</strong> left now"],
        ),
        ("fr", ["4 appels en cours en même temps", "9 appels par jour pour chaque utilisateur final"]),
    ],
)
def test_calls_under_way_and_end_users_are_bound_by_a_form_and_shown(site, heritage, baker, joined, language, words):
    rows = {"limit_1": "4", "within_1": "concurrency/call", "whose_1": "application"}
    rows |= {"limit_2": "9", "within_2": "calendar/day", "whose_2": "user", "reason": WHY}
    heritage.post(page_of(joined, "en", "own"), rows | {"version": ""})
    at_once = Window("call", 4, "concurrency")
    assert from_stored(kept(site, joined).limits) == (at_once, Window("day", 9, per="user"))

    stay = site.house.ledger.enter((Charge(joined.id, (at_once,)),))
    page = baker.get(page_of(joined, language)).text
    site.house.ledger.leave(stay)

    assert all(each in page for each in words)
    assert page.count("<meter") == 3
