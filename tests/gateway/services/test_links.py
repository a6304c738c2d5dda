from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from gateway.credentials.api_keys import SecretKind, digest, looks_genuine, mint_secret
from gateway.domain.errors import LINK_SPENT, DomainError
from gateway.services.links import CONFIRMED, LIFETIMES, SPENT, make_link, spend_all, spend_link
from gateway.store.accounts import Link
from tests.fixtures.people import NOW, an_account, stranger


@pytest.fixture
def account(database):
    with database.begin() as session:
        return an_account(session)


def refusal(database, token, purpose, now=NOW):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        spend_link(session, stranger(now), token, purpose)
    assert caught.value.kind is LINK_SPENT
    return caught.value


@pytest.mark.parametrize("purpose", LIFETIMES)
def test_a_link_works_until_its_time_is_over(database, account, purpose):
    end = NOW + LIFETIMES[purpose]
    with database.begin() as session:
        first, second = (make_link(session, stranger(), account, purpose) for _ in range(2))

    with database.begin() as session:
        found = spend_link(session, stranger(end - timedelta(microseconds=1)), first, purpose)

    assert found.id == account.id
    refusal(database, second, purpose, end)


def test_only_the_digest_of_a_link_is_kept(database, account):
    with database.begin() as session:
        token = make_link(session, stranger(), account, "verify")

    with database.read() as session:
        link = session.scalars(select(Link)).one()
    assert looks_genuine(token, SecretKind.LINK)
    assert link.digest == digest(token)


def test_a_link_works_once_also_when_it_is_opened_twice_at_the_same_time(database, account):
    with database.begin() as session:
        token = make_link(session, stranger(), account, "reset")
    together = Barrier(4)

    def open_it(_number):
        together.wait()
        try:
            with database.begin() as session:
                return spend_link(session, stranger(), token, "reset").id
        except DomainError as error:
            return error.kind

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(open_it, range(4)))

    assert sorted(outcomes, key=str) == sorted([account.id, LINK_SPENT, LINK_SPENT, LINK_SPENT], key=str)


def test_a_link_works_for_its_purpose_only(database, account):
    with database.begin() as session:
        token = make_link(session, stranger(), account, "verify")

    assert refusal(database, token, "reset").detail == SPENT


@pytest.mark.parametrize(
    "token",
    [
        "",
        "\0",
        "gcl_" + "0" * 49,
        "gcl_\ud800",
        "x" * 5_000_000,
        mint_secret(SecretKind.LINK, bytes(32)),
        mint_secret(SecretKind.SESSION, bytes(32)),
    ],
)
def test_what_was_never_a_link_is_as_spent_as_one(database, token):
    error = refusal(database, token, "verify")

    assert (error.detail, error.members) == (SPENT, {})


def test_the_second_use_of_a_confirming_link_says_that_all_is_done(database, account):
    with database.begin() as session:
        token = make_link(session, stranger(), account, "verify")
        spend_link(session, stranger(), token, "verify")

    error = refusal(database, token, "verify")

    assert (error.detail, error.members) == (CONFIRMED, {"confirmed": True})


def test_a_confirming_link_that_ran_out_unused_says_to_ask_for_another(database, account):
    with database.begin() as session:
        session.merge(account).verified_at = None
        token = make_link(session, stranger(), account, "verify")

    error = refusal(database, token, "verify", NOW + timedelta(days=2))

    assert (error.detail, error.members) == (SPENT, {"confirmed": False})


def test_all_links_of_a_purpose_can_be_spent_together(database, account):
    with database.begin() as session:
        other = an_account(session, "dominique@example.org")
        resets = [make_link(session, stranger(), account, "reset") for _ in range(2)]
        verify = make_link(session, stranger(), account, "verify")
        theirs = make_link(session, stranger(), other, "reset")

        spend_all(session, replace(stranger(), now=NOW), account, "reset")

    for token in resets:
        refusal(database, token, "reset")
    with database.begin() as session:
        assert spend_link(session, stranger(), verify, "verify").id == account.id
        assert spend_link(session, stranger(), theirs, "reset").id == other.id
