import pytest

from gateway.domain.plans import Window
from gateway.domain.roles import OrganisationKind, Role
from gateway.services.limits import caps_of, defaults_of
from gateway.store.catalogue import Api
from tests.fixtures.publishing import organisation

PAGES = [
    ("/en/publish/apis/holidays/default-limits", "Usual limits of"),
    ("/fr/publier/api/holidays/limites-par-defaut", "Limites habituelles"),
    ("/en/publish/apis/holidays/caps", "Caps of"),
    ("/fr/publier/api/holidays/plafonds", "Plafonds"),
]
DEFAULTS, _, CAPS, CAPS_FR = (path for path, _words in PAGES)
RATE = {"limit_1": "10", "within_1": "rate/second", "burst_1": "25"}


@pytest.fixture
def heritage(sign_in, department):
    """A publisher's browser."""
    return sign_in({department: Role.PUBLISHER})


def kept(site, api, what):
    with site.database.read() as session:
        return what(session.get(Api, api.id))


@pytest.mark.parametrize(("path", "words"), PAGES)
def test_the_pages_are_led_to_and_say_what_they_are(heritage, holidays, path, words):
    home = "/en/publish/apis/holidays" if path.startswith("/en") else "/fr/publier/api/holidays"

    assert path in heritage.get(home).text
    assert words in heritage.get(path).text


def test_what_holds_where_a_plan_says_nothing_is_set_and_shown_again(site, heritage, holidays):
    answer = heritage.post(DEFAULTS, RATE | {"whose_1": "credential", "per_day": "5 000"})

    assert answer.status_code == 303
    assert kept(site, holidays, defaults_of) == (
        Window("day", 5_000), Window("second", 10, "rate", burst=25, per="credential"),
    )  # fmt: skip
    page = heritage.get(DEFAULTS).text
    assert 'value="5000"' in page
    assert 'value="25"' in page


def test_caps_bind_everybody_and_are_nobodys_own(site, heritage, holidays):
    answer = heritage.post(CAPS, RATE)

    assert answer.status_code == 303
    assert kept(site, holidays, caps_of) == (Window("second", 10, "rate", burst=25, per="api"),)
    page = heritage.get(CAPS).text
    assert 'value="25"' in page
    assert "whose_1" not in page


@pytest.mark.parametrize(
    ("language", "desk", "words"),
    [
        ("en", "operate_caps", ("/en/operate/caps", "Caps of all APIs")),
        ("fr", "operate_quotas", ("/fr/exploiter/quotas", "Quotas")),
    ],
)
def test_an_operator_goes_back_to_the_page_of_the_desk_that_led_there(sign_in, site, holidays, language, desk, words):
    office = organisation(site.database, kind=OrganisationKind.OPERATOR, slug="office")
    odile = sign_in({office: Role.OPERATOR})
    path = {"en": CAPS, "fr": CAPS_FR}[language]
    above, title = words

    page = odile.get(f"{path}?from={desk}").text
    done = odile.post(f"{path}?from={desk}", {"per_day": "5000", "reason": "The service is small"})

    assert page.count(f'href="{above}"') >= 2
    assert f">{title}</a>" in page
    assert done.location == above


@pytest.mark.parametrize("desk", ["operate_caps", "nowhere", ""])
def test_whoever_else_goes_back_to_the_api(heritage, holidays, desk):
    assert heritage.post(f"{CAPS}?from={desk}", RATE).location == "/en/publish/apis/holidays"


def test_limits_that_are_not_right_change_nothing(site, heritage, holidays):
    refused = heritage.post(CAPS, {"per_day": "0"})

    assert refused.status_code == 422
    assert kept(site, holidays, caps_of) == ()
