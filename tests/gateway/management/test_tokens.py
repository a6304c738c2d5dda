"""Access tokens: made with a password or with another token, never reaching further than their maker."""

from datetime import datetime

import pytest

from gateway.domain.permission_words import MEANINGS
from gateway.domain.roles import Permission
from gateway.services import tokens

WANTED = {"name": "laptop", "scopes": ["application:read"], "days": 1}


def test_the_secret_is_shown_once(world):
    made = world.ask("POST", "/v1/tokens", by="developer", json=WANTED)

    token = made.json["token"]
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    assert made.json["secret"].startswith("gct_")
    assert token["scopes"] == ["application:read"]
    read = world.ask("GET", made.headers["Location"], by="developer")
    assert read.json == token
    assert made.json["secret"] not in read.text


def test_a_token_that_ended_is_not_found(world):
    made = world.ask("POST", "/v1/tokens", by="developer", json=WANTED)
    address = made.headers["Location"]

    assert world.ask("DELETE", address, by="developer").status_code == 204
    assert world.ask("GET", address, by="developer").status_code == 404
    assert world.ask("DELETE", address, by="developer").status_code == 204


def test_a_token_cannot_make_one_that_does_more(world):
    narrow = world.token("developer", Permission.MANAGE_TOKENS)

    reply = world.ask("POST", "/v1/tokens", token=narrow, json=WANTED)

    assert (reply.status_code, reply.json["errors"][0]["field"]) == (422, "scopes")


def test_a_scope_that_cannot_be_given_is_refused_with_those_that_can(world):
    body = {"name": "t", "scopes": ["apis:write"]}

    reply = world.ask("POST", "/v1/tokens", token=world.token("developer", "token:edit", "usage:read"), json=body)

    told = reply.json["errors"][0]["message"]
    assert told["en"] == "You cannot give: apis:write. What you can give: usage:read, token:edit."
    assert told["fr"].endswith("Ce que vous pouvez donner\u00a0: usage:read, token:edit.")


def test_the_document_lists_every_scope_with_its_meaning_in_both_languages(world):
    told = world.get("/v1/openapi.json")["components"]["schemas"]["NewToken"]["properties"]["scopes"]

    assert told["items"]["enum"] == [str(scope) for scope in Permission]
    for scope, meaning in MEANINGS.items():
        assert f"`{scope}`: {meaning.en}" in told["description"]
        assert f"`{scope}`\u00a0: {meaning.fr}" in told["x-description-fr"]
    assert set(told["examples"][0]) <= set(Permission)


def test_the_document_says_which_member_of_the_answer_is_the_token(world):
    told = world.get("/v1/openapi.json")["components"]["schemas"]["TokenMade"]["properties"]

    assert "Bearer <secret>" in told["secret"]["description"]
    assert "`secret`" in told["token"]["description"]


def test_a_token_lasts_as_long_as_one_made_in_the_portal_unless_its_maker_says_otherwise(world):
    made = world.ask("POST", "/v1/tokens", by="developer", json={"name": "t", "scopes": ["usage:read"]}).json["token"]

    created, expires = (datetime.fromisoformat(made[key]) for key in ("created_at", "expires_at"))
    assert (expires - created).days == tokens.USUAL_DAYS


def test_a_pipelines_token_is_its_departments_alone(world):
    body = {"name": "CI", "scopes": ["api:read", "api:edit"], "organisation_id": world.id("heritage"), "pipeline": True}
    secret = world.ask("POST", "/v1/tokens", by="publisher", json=body).json["secret"]

    listed = world.get("/v1/apis", token=secret)["items"]
    refused = world.ask(
        "POST",
        "/v1/apis",
        token=secret,
        json={"organisation_id": world.id("transport"), "name": "not-theirs", "title_en": "N"},
    )

    assert [each["name"] for each in listed] == ["holidays", "secret-plans"]
    assert refused.status_code == 404


@pytest.mark.parametrize(
    "proof",
    [
        {"email": "developer@example.org", "password": "not the password"},
        {"email": "nobody@example.org", "password": "not the password"},
        {"email": "developer@example.org"},
        {"password": "not the password"},
        {"email": "", "password": ""},
    ],
)
def test_every_wrong_proof_is_refused_alike(world, proof):
    reply = world.ask("POST", "/v1/tokens", json=WANTED | proof, headers={"Accept-Language": "en"})

    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"] == 'Bearer realm="http://guichet.test/v1"'
    assert {key: value for key, value in reply.json.items() if key != "instance"} == {
        "type": "http://guichet.test/errors/bad-credentials",
        "status": 401,
        "code": "bad-credentials",
        "title": "Sign-in failed",
        "detail": "The e-mail address or the password is not right, or the address is not confirmed yet.",
    }


def test_a_wrong_password_is_refused_whatever_token_is_shown(world):
    body = WANTED | {"email": "operator@example.org", "password": "not the password"}

    assert world.ask("POST", "/v1/tokens", by="developer", json=body).status_code == 401


def test_without_any_proof_there_is_no_token(world):
    reply = world.ask("POST", "/v1/tokens", json=WANTED)

    assert (reply.status_code, reply.json["code"]) == (401, "not-signed-in")
