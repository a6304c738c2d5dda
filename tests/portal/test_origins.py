"""Where a sign-in comes from: strangers stop themselves, and the owner's browser is known."""

from dataclasses import replace

import pytest
import time_machine

from gateway.services.tries import TRIES
from tests.fixtures.people import NOW, PASSWORD, an_account, outbox, token_in
from tests.portal.browsing import Browser

OWNER = "camille@example.org"
RIGHT = {"email": OWNER, "password": PASSWORD}
WRONG = {"email": OWNER, "password": "not the password at all"}


@pytest.fixture(autouse=True)
def one_minute():
    """All of a test happens in one minute of the ledger."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def account(site):
    with site.database.begin() as session:
        return an_account(session)


def browser_at(site, address):
    client = site.app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return Browser(client)


def guess(browser, times=TRIES[0].limit):
    for _ in range(times):
        browser.post("/en/sign-in", WRONG)


def gets_in(browser):
    answer = browser.post("/en/sign-in", RIGHT)
    assert answer.status_code == 303 or "Wait 60 seconds" in answer.text
    return answer.status_code == 303


def test_a_strangers_guesses_do_not_keep_the_owner_out(site, account):
    stranger = browser_at(site, "203.0.113.9")
    guess(stranger)

    assert not gets_in(stranger)
    assert gets_in(browser_at(site, "192.0.2.7"))


def test_guesses_from_the_owners_own_network_do_not_keep_their_browser_out(site, account):
    own = browser_at(site, "192.0.2.7")
    assert gets_in(own)
    own.post("/en/sign-out", form_at="/en/account")
    guess(browser_at(site, "192.0.2.8"))

    assert not gets_in(browser_at(site, "192.0.2.9"))
    assert gets_in(own)


def test_a_new_password_chosen_by_mail_lets_a_new_browser_in(site, account):
    guess(browser_at(site, "192.0.2.8"))
    new = browser_at(site, "192.0.2.9")
    new.post("/en/sign-in/new-password", {"email": OWNER})
    link = f"/en/sign-in/new-password/{token_in(outbox(site.database)[-1])}"

    new.post(link, {"password": "another one by now"})

    assert new.post("/en/sign-in", {"email": OWNER, "password": "another one by now"}).status_code == 303


def test_a_wrong_password_makes_no_browser_known(site, account):
    browser = browser_at(site, "192.0.2.7")
    guess(browser, 1)

    assert browser.client.get_cookie("guichet-known") is None


def test_behind_a_trusted_proxy_its_clients_are_told_apart(site, account):
    site.app.extensions["guichet"] = replace(site.house, trusted_proxies=1)

    def through_the_proxy(address):
        browser = browser_at(site, "10.0.0.1")
        browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"198.51.100.1, {address}"
        return browser

    guess(through_the_proxy("203.0.113.9"))

    assert not gets_in(through_the_proxy("203.0.113.8"))
    assert gets_in(through_the_proxy("192.0.2.7"))


@pytest.mark.parametrize(
    ("public_url", "name", "more"),
    [("http://guichet.test", "guichet-known", set()), ("https://guichet.test", "__Host-guichet-known", {"Secure"})],
)
def test_the_cookie_is_for_this_host_and_no_script(site, account, public_url, name, more):
    site.app.extensions["guichet"] = replace(site.house, public_url=public_url)
    answer = browser_at(site, "192.0.2.7").post("/en/sign-in", RIGHT)

    (cookie,) = [each for each in answer.headers.getlist("Set-Cookie") if each.startswith(f"{name}=")]
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=15552000"} | more <= set(cookie.split("; "))
    assert OWNER not in cookie
