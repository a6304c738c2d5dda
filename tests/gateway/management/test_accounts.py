"""Opening an account by HTTP, without telling anybody who has one."""

import re
import time

import pytest
from sqlalchemy import select

from gateway.services import sessions
from gateway.services.actor import utc_now
from gateway.services.discretion import BEAT
from gateway.services.sessions import SignedIn
from gateway.store.accounts import Account
from gateway.store.mail import Mail
from tests.gateway.management.world import World

PASSWORD = "three quiet ovens at dawn"
NEW = {"email": "marie@example.org", "name": "Marie Roy", "password": PASSWORD, "language": "fr"}


def mails(world, recipient: str) -> list[Mail]:
    with world.database.read() as session:
        query = select(Mail).where(Mail.recipient == recipient).order_by(Mail.created_at, Mail.id)
        return list(session.scalars(query))


def sent_token(world, recipient: str) -> str:
    """The token in the link of the latest message."""
    found = re.search(r"gcl_\w+", mails(world, recipient)[-1].body)
    assert found
    return found[0]


def token_for(world, email: str, password: str):
    body = {"email": email, "password": password, "name": "mine", "scopes": ["application:read"]}
    return world.ask("POST", "/v1/tokens", json=body)


def confirmation(world):
    return {"token": sent_token(world, NEW["email"]), "password": PASSWORD}


def test_an_account_works_once_its_address_is_confirmed(world):
    opened = world.ask("POST", "/v1/accounts", json=NEW)
    early = token_for(world, NEW["email"], PASSWORD)
    confirmed = world.ask("POST", "/v1/accounts/verify", json=confirmation(world))
    made = token_for(world, NEW["email"], PASSWORD)

    assert (opened.status_code, opened.data) == (202, b"")
    assert (early.status_code, early.json["code"]) == (401, "bad-credentials")
    assert (confirmed.status_code, confirmed.json["language"]) == (200, "fr")
    assert made.status_code == 201
    assert world.get("/v1/account", token=made.json["secret"])["email"] == NEW["email"]


def test_the_answer_is_the_same_for_an_address_that_has_an_account(world):
    fresh = world.ask("POST", "/v1/accounts", json=NEW)
    known = world.ask("POST", "/v1/accounts", json={**NEW, "email": "developer@example.org"})

    assert known.status_code == fresh.status_code == 202
    assert known.data == fresh.data
    assert set(known.headers.keys()) == set(fresh.headers.keys())
    tried = [token_for(world, email, PASSWORD) for email in (NEW["email"], "developer@example.org")]
    assert tried[0].status_code == tried[1].status_code == 401
    assert tried[0].json | {"instance": ""} == tried[1].json | {"instance": ""}
    assert len(mails(world, "developer@example.org")) == 1


def test_a_link_confirms_once(world):
    world.ask("POST", "/v1/accounts", json=NEW)
    body = confirmation(world)
    world.ask("POST", "/v1/accounts/verify", json=body)

    again = world.ask("POST", "/v1/accounts/verify", json=body)

    assert (again.status_code, again.json["code"], again.json["confirmed"]) == (410, "link-spent", True)


def test_the_message_can_be_sent_again(world):
    world.ask("POST", "/v1/accounts", json=NEW)

    again = world.ask("POST", "/v1/accounts/verification-mails", json={"email": NEW["email"]})
    nobody = world.ask("POST", "/v1/accounts/verification-mails", json={"email": "nobody@example.org"})

    assert again.status_code == nobody.status_code == 202
    assert (len(mails(world, NEW["email"])), len(mails(world, "nobody@example.org"))) == (2, 0)


def test_a_forgotten_password_is_chosen_anew(world):
    asked = world.ask("POST", "/v1/accounts/password-mails", json={"email": "developer@example.org"})
    body = {"token": sent_token(world, "developer@example.org"), "password": PASSWORD}

    chosen = world.ask("POST", "/v1/accounts/password", json=body)

    assert (asked.status_code, chosen.status_code) == (202, 200)
    assert token_for(world, "developer@example.org", PASSWORD).status_code == 201


def test_a_weak_password_is_refused_in_words(world):
    reply = world.ask("POST", "/v1/accounts", json={**NEW, "password": "short"}, headers={"Accept-Language": "fr"})

    (fault,) = reply.json["errors"]
    assert (reply.status_code, fault["pointer"]) == (422, "/password")
    assert not mails(world, NEW["email"])


def test_a_pipeline_is_nobody(world):
    body = {
        "name": "CI", "scopes": ["api:edit"], "days": 1, "organisation_id": world.id("heritage"), "pipeline": True,
    }  # fmt: skip
    made = world.ask("POST", "/v1/tokens", by="publisher", json=body).json

    assert world.ask("GET", "/v1/account", token=made["secret"]).status_code == 404


def signed_in(world: World, who: str) -> SignedIn:
    with world.database.begin() as session:
        account = session.get_one(Account, world.id(who))
        return sessions.open_session(session, account, browser="Firefox", now=utc_now())


def test_a_browser_is_listed_and_signed_out_from_elsewhere(world):
    opened = signed_in(world, "developer")
    listed = world.get("/v1/account/sessions", by="developer")["items"]

    ended = world.ask("DELETE", f"/v1/account/sessions/{opened.sign_in.id}", by="developer")

    assert [(row["id"], row["browser"]) for row in listed] == [(opened.sign_in.id, "Firefox")]
    assert (ended.status_code, world.get("/v1/account/sessions", by="developer")["items"]) == (204, [])
    with world.database.read() as session:
        assert sessions.actor_of_session(session, opened.secret, language="en", request_id="") is None


def test_a_token_that_keeps_to_one_organisation_reaches_no_session(world):
    opened = signed_in(world, "developer")
    pipeline = world.pipeline("developer", "bakery")

    listed = world.ask("GET", "/v1/account/sessions", token=pipeline)
    ended = world.ask("DELETE", f"/v1/account/sessions/{opened.sign_in.id}", token=pipeline)

    assert (listed.status_code, ended.status_code) == (404, 404)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/accounts", NEW),
        ("/v1/accounts/verification-mails", {"email": NEW["email"]}),
        ("/v1/accounts/password-mails", {"email": NEW["email"]}),
    ],
)
def test_one_network_cannot_have_letters_written_without_end(world, path, body):
    for _ in range(20):
        assert world.ask("POST", "/v1/accounts/password-mails", json={"email": "x@example.org"}).status_code == 202

    refused = world.ask("POST", path, json=body)

    assert (refused.status_code, refused.json["code"]) == (429, "too-many-tries")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert not mails(world, NEW["email"])


def test_a_person_chooses_which_messages_about_quotas_come(world):
    before = world.get("/v1/account", by="developer")
    chosen = world.ask("POST", "/v1/account/messages", by="developer", json={"hears_near": False})

    assert (before["hears_near"], before["hears_spent"]) == (True, True)
    assert (chosen.status_code, chosen.json["hears_near"], chosen.json["hears_spent"]) == (200, False, True)


@pytest.mark.parametrize("email", ["developer@example.org", "nobody@example.org"])
@pytest.mark.parametrize("path", ["/v1/accounts", "/v1/accounts/verification-mails", "/v1/accounts/password-mails"])
def test_the_time_of_an_answer_does_not_tell_whether_an_address_has_an_account(world, path, email):
    body = NEW | {"email": email} if path == "/v1/accounts" else {"email": email}

    began = time.monotonic()
    answer = world.ask("POST", path, json=body)

    assert answer.status_code == 202
    assert time.monotonic() - began >= BEAT
