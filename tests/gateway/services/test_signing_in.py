"""Signing in (services/accounts.py): the right person, the wrong one, and who tries too often."""

import unicodedata

import argon2
import pytest
from sqlalchemy import select

from gateway.counters.local import LocalLedger
from gateway.credentials.api_keys import digest
from gateway.credentials.passwords import hash_password
from gateway.domain.errors import BAD_CREDENTIALS, TOO_MANY_TRIES, DomainError
from gateway.services import accounts, sessions
from gateway.services.tries import TRIES, Origin, Tries
from gateway.store.accounts import Account, SignIn
from tests.fixtures.people import NOW, PASSWORD, an_account, stranger, told

ADDRESS = "camille@example.org"


@pytest.fixture
def ledger(tmp_path):
    made = LocalLedger(tmp_path / "ledger.db", NOW.timestamp)
    yield made
    made.close()


@pytest.fixture
def account(database):
    with database.begin() as session:
        return an_account(session)


@pytest.fixture
def hashes(monkeypatch):
    """The passwords that are compared meanwhile, by what each costs."""
    costs = []
    verify = argon2.PasswordHasher.verify

    def counted(hasher, kept, password):
        asked = argon2.extract_parameters(kept)
        costs.append(f"argon2{asked.type.name.lower()} of {asked.memory_cost} KiB, {asked.time_cost} passes")
        return verify(hasher, kept, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counted)
    return costs


def sign_in(database, ledger, email=ADDRESS, password=PASSWORD, browser="Firefox"):
    tries, origin = Tries(ledger, "for tests only"), Origin("192.0.2.1")
    with database.begin() as session:
        return accounts.sign_in(
            session, stranger(), tries, email=email, password=password, origin=origin, browser=browser
        )


def kind_of(deed, *args, **given):
    with pytest.raises(DomainError) as caught:
        deed(*args, **given)
    return caught.value.kind


def rows(database, model):
    with database.read() as session:
        return session.scalars(select(model)).all()


@pytest.mark.parametrize("email", [ADDRESS, " CAMILLE@Example.org "])
def test_signing_in_opens_a_session_and_is_told(database, ledger, account, email):
    signed_in = sign_in(database, ledger, email)

    (row,) = rows(database, SignIn)
    event = told(database, "session.open")
    assert (row.digest, row.account_id, row.browser) == (digest(signed_in.secret), account.id, "Firefox")
    assert signed_in.expires_at == NOW + sessions.LONGEST
    assert (event.actor, event.subject, event.request_id) == (account.id, row.id, "req_1")


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (ADDRESS, "not the password at all"),
        ("nobody@example.org", PASSWORD),
        (ADDRESS, ""),
        (ADDRESS, PASSWORD + "\ud800"),
        (ADDRESS, PASSWORD.upper()),
        (ADDRESS, PASSWORD * 100_000),
        ("\0", PASSWORD),
        (ADDRESS + "\0", PASSWORD),
        ("\ud800", PASSWORD),
        ("x" * 5_000_000, PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_whatever_is_wrong_the_answer_is_the_same(database, ledger, account, email, password):
    assert kind_of(sign_in, database, ledger, email, password) is BAD_CREDENTIALS


def test_a_password_longer_than_any_is_not_cut_to_the_right_one(database, ledger):
    longest = ("plums under seven bridges " * 10)[:256]
    with database.begin() as session:
        accounts.create_verified(session, stranger(), email=ADDRESS, name="Camille", password=longest)

    assert kind_of(sign_in, database, ledger, password=longest + "x") is BAD_CREDENTIALS
    assert sign_in(database, ledger, password=longest)


def test_a_password_typed_on_another_keyboard_is_the_same(database, ledger):
    with database.begin() as session:
        accounts.create_verified(session, stranger(), email=ADDRESS, name="Camille", password="été à Québec en février")

    assert sign_in(database, ledger, password=unicodedata.normalize("NFD", "été à Québec en février"))


@pytest.mark.parametrize("email", [ADDRESS, "nobody@example.org", "\0"])
@pytest.mark.parametrize(
    "password", ["not the password at all", "\ud800", "x" * 5_000_000], ids=["usual", "odd", "long"]
)
def test_an_unknown_account_costs_a_hash_as_a_known_one_does(database, ledger, account, hashes, email, password):
    kind_of(sign_in, database, ledger, "another@example.org", password)
    hashes.clear()

    kind_of(sign_in, database, ledger, email, password)

    assert hashes == ["argon2id of 19456 KiB, 2 passes"]


def test_a_disabled_account_signs_in_nowhere(database, ledger, account):
    with database.begin() as session:
        session.merge(account).disabled_at = NOW

    assert kind_of(sign_in, database, ledger) is BAD_CREDENTIALS


def test_a_password_that_is_replaced_while_it_is_checked_opens_nothing(database, ledger, account, monkeypatch):
    verify = argon2.PasswordHasher.verify

    def replaced_meanwhile(hasher, kept, password):
        with database.begin() as session:
            session.get_one(Account, account.id).password_hash = hash_password("another one by now")
        return verify(hasher, kept, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", replaced_meanwhile)

    assert kind_of(sign_in, database, ledger) is BAD_CREDENTIALS
    assert not rows(database, SignIn)


def test_tries_are_counted_however_the_address_is_typed(database, ledger, account):
    for number in range(TRIES[0].limit):
        kind_of(sign_in, database, ledger, ADDRESS.upper() if number % 2 else ADDRESS, "not the password at all")

    assert kind_of(sign_in, database, ledger) is TOO_MANY_TRIES


def test_too_many_tries_at_no_account_are_refused_as_at_one(database, ledger, account):
    for _ in range(TRIES[0].limit):
        kind_of(sign_in, database, ledger, "nobody@example.org")

    assert kind_of(sign_in, database, ledger, "nobody@example.org") is TOO_MANY_TRIES
    assert sign_in(database, ledger)


def test_a_refused_try_costs_no_hash(database, ledger, account, hashes):
    for email in (ADDRESS, "nobody@example.org"):
        for _ in range(TRIES[0].limit + 5):
            kind_of(sign_in, database, ledger, email, "not the password at all")

    assert len(hashes) == 2 * TRIES[0].limit


def test_a_hash_of_an_older_cost_is_renewed_at_the_next_sign_in(database, ledger, account):
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    with database.begin() as session:
        session.merge(account).password_hash = old

    sign_in(database, ledger)
    (kept,) = rows(database, Account)

    assert kept.password_hash != old
    assert sign_in(database, ledger)
