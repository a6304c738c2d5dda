"""A request that is sent again with its key is answered as it was, and does nothing."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.store.answers import KeptAnswer

NEW = {"name": "Kettles"}


@pytest.fixture
def ask(world):
    """Registers an application with a key."""
    organisation = world.get("/v1/organisations", by="developer")["items"][0]["id"]

    def asked(key="7f3c", by="developer", **body):
        given = {"organisation_id": organisation, **NEW, **body}
        return world.ask("POST", "/v1/applications", by=by, json=given, headers={"Idempotency-Key": key})

    return asked


def registered(world):
    return [each["name"] for each in world.get("/v1/applications", by="developer")["items"]].count("Kettles")


@pytest.mark.parametrize(("first", "second"), [("7f3c", '"7f3c"'), ('"a\\"b"', 'a"b')])
def test_the_second_request_gets_the_answer_of_the_first(world, ask, first, second):
    one, other = ask(first), ask(second)

    assert (one.status_code, other.status_code) == (201, 201), one.text
    assert other.json == one.json
    assert (other.headers["Location"], other.headers["ETag"]) == (one.headers["Location"], one.headers["ETag"])
    assert other.headers["X-Request-Id"] != one.headers["X-Request-Id"]
    assert registered(world) == 1


def test_of_many_at_once_one_has_an_effect(world, ask):
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: ask(), range(32)))

    told = {(answer.status_code, answer.json.get("code")) for answer in answers}
    assert told <= {(201, None), (409, "still-answered")}
    assert len({answer.json["id"] for answer in answers if answer.status_code == 201}) == 1
    assert registered(world) == 1


def test_a_key_with_another_body_is_refused(ask):
    ask()

    other = ask(description="Another")

    assert (other.status_code, other.json["code"]) == (422, "idempotency-key-reused")


def test_a_key_is_its_tokens(world, ask):
    ask()

    other = ask(by="stranger")

    assert other.json.get("code") != "idempotency-key-reused"
    assert other.status_code in {403, 404}


def test_what_was_refused_leaves_its_key_free(ask):
    refused = ask(name="")
    mended = ask()

    assert (refused.status_code, mended.status_code) == (422, 201)


def test_while_the_first_is_answered_the_second_is_told_to_wait(world, ask):
    ask()
    with world.house.database.begin() as session:
        session.scalars(select(KeptAnswer)).one().sealed = None

    second = ask()

    assert (second.status_code, second.json["code"], second.headers["Retry-After"]) == (409, "still-answered", "1")


def test_after_a_day_a_key_is_as_new(world, ask):
    first = ask()
    with world.house.database.begin() as session:
        kept = session.scalars(select(KeptAnswer)).one()
        assert kept.keep_until - kept.sent_at == timedelta(days=1)
        kept.keep_until = kept.sent_at - timedelta(seconds=1)

    assert first.status_code == 201
    assert ask().json["code"] == "name-taken"


def test_what_is_kept_does_not_tell_a_secret(world, ask):
    application = ask().json["id"]
    asked = {"by": "developer", "json": {"name": "n"}, "headers": {"Idempotency-Key": "1"}}
    made, again = (world.ask("POST", f"/v1/applications/{application}/credentials", **asked) for _ in range(2))

    assert re.fullmatch(r"gcs_\w+", made.json["secret"])
    assert again.json == made.json
    with world.house.database.read() as session:
        assert all(made.json["secret"].encode() not in kept.sealed for kept in session.scalars(select(KeptAnswer)))
