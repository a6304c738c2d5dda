import pytest
from sqlalchemy import event, select, text

from gateway.credentials.api_keys import digest
from gateway.domain.roles import Permission
from gateway.services.actor import utc_now
from gateway.store.accounts import AccessToken, Account


def test_a_token_makes_its_owner_the_one_who_asks(world):
    assert world.get("/v1/account", by="publisher")["email"] == "publisher@example.org"


def test_the_scheme_may_be_written_in_any_case(world):
    reply = world.ask("GET", "/v1/account", headers={"Authorization": f"bEARER  {world.built.tokens['developer']} "})

    assert reply.status_code == 200


@pytest.mark.parametrize(
    "field", ["Bearer", "Basic eDp5", "gct_x", "Bearer \xe9", "Bearer a b", "Bearer gct_" + "0" * 49]
)
def test_what_is_no_token_is_refused_with_a_challenge(world, field):
    reply = world.ask("GET", "/v1/account", headers={"Authorization": field})

    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"] == 'Bearer realm="http://guichet.test/v1", error="invalid_token"'


def test_a_token_is_refused_from_the_moment_it_expires(world):
    token = world.token("developer", Permission.READ_APPLICATION)
    with world.database.begin() as session:
        session.query(AccessToken).filter_by(id=_row(world, token).id).update({"expires_at": utc_now()})

    assert world.ask("GET", "/v1/account", token=token).status_code == 401


def test_a_token_is_refused_once_revoked(world):
    token = world.token("developer", Permission.MANAGE_TOKENS)
    made = world.get("/v1/tokens", token=token)["items"][0]

    assert world.ask("DELETE", f"/v1/tokens/{made['id']}", token=token).status_code == 204
    assert world.ask("GET", "/v1/account", token=token).status_code == 401


def test_a_token_of_a_disabled_account_is_refused(world):
    with world.database.begin() as session:
        session.get_one(Account, world.id("developer")).disabled_at = utc_now()

    assert world.ask("GET", "/v1/account", by="developer").status_code == 401


def test_a_reader_does_not_wait_for_whoever_is_editing(world):
    world.get("/v1/account", by="developer")

    # On SQLite one edit at a time holds the database; a reader that asked to write would wait for seconds.
    with world.database.begin() as session:
        session.execute(text("SELECT 1"))
        assert world.ask("GET", "/v1/account", by="developer").status_code == 200


def test_a_use_that_cannot_be_noted_stops_nobody(world):
    token = world.token("developer", Permission.MANAGE_TOKENS)
    world.database.dispose()
    event.listen(world.database.engine, "connect", lambda made, _record: made.execute("PRAGMA busy_timeout=0"))

    with world.database.begin() as session:
        session.execute(text("SELECT 1"))
        assert world.ask("GET", "/v1/account", token=token).status_code == 200

    assert not _row(world, token).last_used_at


def test_the_use_of_a_token_is_noted(world):
    token = world.token("developer", Permission.MANAGE_TOKENS)

    world.get("/v1/account", token=token)

    assert _row(world, token).last_used_at


def test_a_secret_of_another_kind_is_no_token(world):
    made = world.ask(
        "POST", f"/v1/applications/{world.id('application')}/credentials", by="developer", json={"name": "x"}
    )

    assert world.ask("GET", "/v1/account", token=made.json["secret"]).status_code == 401


def test_the_audit_trail_names_the_request_as_its_answer_does(world):
    reply = world.ask(
        "POST",
        "/v1/apis",
        by="publisher",
        json={"organisation_id": world.id("heritage"), "name": "traced", "title_en": "T"},
    )

    trail = world.get(f"/v1/organisations/{world.id('heritage')}/audit", by="publisher")["items"]
    assert reply.headers["X-Request-Id"] == next(
        each["request_id"] for each in trail if each["command"] == "api.create"
    )


def _row(world, token: str) -> AccessToken:
    with world.database.read() as session:
        row: AccessToken = session.scalars(select(AccessToken).where(AccessToken.digest == digest(token))).one()
        return row
