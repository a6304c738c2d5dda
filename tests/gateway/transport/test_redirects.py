"""Whatever Host a request names, no answer leads there."""

import re

import pytest

from gateway.services import sessions
from gateway.services.actor import utc_now
from gateway.store.accounts import Account
from gateway.store.applications import Application

HOSTILE = "evil.example"


def ask(client, path, method="GET"):
    # As the path of the environ: a test client would take the first part of //en for a host.
    given = {"Host": HOSTILE, "X-Forwarded-Host": HOSTILE, "Forwarded": f"host={HOSTILE}", "Accept-Language": "fr"}
    path, _, query = path.partition("?")
    return client.open("/", method=method, headers=given, query_string=query, environ_overrides={"PATH_INFO": path})


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/en", "/en/"),
        ("/fr", "/fr/"),
        ("/fr?page=2&q=%C3%A9", "/fr/?page=2&q=%C3%A9"),
        ("//en", "/en/"),
        ("/en//apis", "/en/apis"),
        ("/en//sign-in?next=//evil.example/", "/en/sign-in?next=//evil.example/"),
        ("/v1//catalogue", "/v1/catalogue"),
        ("/oauth//jwks", "/oauth/jwks"),
    ],
)
def test_a_slash_too_few_or_too_many_leads_on_to_a_path_and_no_host(seeded, path, target):
    answer = ask(seeded.app.test_client(), path)

    assert (answer.status_code, answer.headers["Location"]) == (308, target)
    assert "://" not in answer.text


def test_a_form_sent_with_a_slash_too_many_stays_a_form(seeded):
    answer = ask(seeded.app.test_client(), "/en//sign-in", "POST")

    assert (answer.status_code, answer.headers["Location"]) == (308, "/en/sign-in")


def test_what_the_pages_promise_holds_for_a_redirect_too(seeded):
    assert ask(seeded.app.test_client(), "/en").headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("signed_in", [False, True], ids=["visitor", "developer"])
def test_no_answer_anywhere_repeats_the_host_that_was_sent(seeded, signed_in):
    client = _developer(seeded) if signed_in else seeded.app.test_client()
    values = {"application_id": seeded.client.client_id, "name": "air-quality", "major": "1", "code": "quota-spent"}
    assert ask(client, "/en/account").status_code == (200 if signed_in else 303)

    for rule in seeded.app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values.get(found[1], "x"), rule.rule)
        for method in rule.methods & {"GET", "POST", "PUT", "PATCH", "DELETE"}:
            answer = ask(client, path, method)
            assert HOSTILE not in f"{answer.headers}{answer.text}", (method, path)


def test_a_refused_call_does_not_repeat_it_either(seeded):
    answer = seeded.app.test_client().get("/api/air-quality/v1/stations", headers={"Host": HOSTILE})

    assert answer.status_code == 401
    assert HOSTILE not in f"{answer.headers}{answer.text}"


def _developer(seeded):
    with seeded.house.database.begin() as session:
        application = session.get_one(Application, seeded.client.client_id)
        owner = session.get_one(Account, application.created_by)
        secret = sessions.open_session(session, owner, browser="test", now=utc_now()).secret
    client = seeded.app.test_client()
    client.set_cookie("guichet", secret, domain=HOSTILE)
    return client
