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
from gateway.store.accounts import Account, SignIn
from tests.fixtures.people import NOW, PASSWORD, an_account, stranger, told

ADDRESS = "camille@example.org"


class Clock:
    def __init__(self) -> None:
        self.now = NOW.timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(tmp_path, clock):
    made = LocalLedger(tmp_path / "ledger.db", clock)
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
    with database.begin() as session:
        return accounts.sign_in(session, stranger(), ledger, email=email, password=password, browser=browser)


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


def test_tries_at_one_account_are_counted_whoever_tries_and_however_it_is_typed(database, ledger, clock, account):
    for number in range(accounts.TRIES[0].limit):
        kind_of(sign_in, database, ledger, ADDRESS.upper() if number % 2 else ADDRESS, "not the password at all")

    with pytest.raises(DomainError) as caught:
        sign_in(database, ledger)
    assert caught.value.kind is TOO_MANY_TRIES
    assert caught.value.members == {"retry_after": 60}
    assert "60" in caught.value.detail.fr
    clock.now += 60
    assert sign_in(database, ledger)


def test_after_an_hours_tries_the_wait_is_to_the_end_of_the_hour(database, ledger, clock, account):
    for number in range(accounts.TRIES[1].limit):
        clock.now = NOW.timestamp() + number * 6
        kind_of(sign_in, database, ledger, password="not the password at all")

    clock.now = NOW.timestamp() + 600
    with pytest.raises(DomainError) as caught:
        sign_in(database, ledger)

    assert caught.value.members == {"retry_after": 3_000}


def test_tries_at_one_account_do_not_count_against_another(database, ledger, account):
    for _ in range(accounts.TRIES[0].limit + 1):
        kind_of(sign_in, database, ledger, "nobody@example.org")

    assert sign_in(database, ledger)


def test_a_hash_of_an_older_cost_is_renewed_at_the_next_sign_in(database, ledger, account):
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    with database.begin() as session:
        session.merge(account).password_hash = old

    sign_in(database, ledger)
    (kept,) = rows(database, Account)

    assert kept.password_hash != old
    assert sign_in(database, ledger)
