"""Accounts (services/accounts.py) when several people ask at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from sqlalchemy import event, select

from gateway.counters.local import LocalLedger
from gateway.credentials.passwords import verify_password
from gateway.domain.errors import LINK_SPENT, DomainError
from gateway.services import accounts, mail
from gateway.services.tries import Origin, Tries
from gateway.store.accounts import Account
from tests.fixtures.people import NOW, PASSWORD, link_to, outbox, stranger, token_in

ADDRESS = "camille@example.org"
ANOTHER = "a boat, a lake and no wind"


@pytest.fixture
def ledger(tmp_path):
    made = LocalLedger(tmp_path / "ledger.db", NOW.timestamp)
    yield made
    made.close()


def sign_up(database, password=PASSWORD):
    with database.begin() as session:
        return accounts.sign_up(
            session, stranger(), email=ADDRESS, name="Camille", password=password, language="en", link_to=link_to
        )


def reset_link(database):
    with database.begin() as session:
        accounts.request_password_reset(session, stranger(), email=ADDRESS, link_to=link_to)
    return token_in(outbox(database)[-1])


def only_account(database):
    with database.read() as session:
        return session.scalars(select(Account)).one()


def test_of_two_who_sign_up_with_one_address_at_the_same_time_both_get_the_same_answer(database):
    together = Barrier(4)

    def ask(_number):
        together.wait()
        return sign_up(database)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))

    assert [answer.id for answer in answers if answer] == [only_account(database).id] * 4
    assert [message.subject for message in outbox(database)] == [mail.CONFIRM_SUBJECT.en] * 4


def test_a_stranger_who_signs_up_while_the_owner_confirms_changes_nothing(database, ledger):
    sign_up(database)
    tries, token, asked = Tries(ledger, "for tests only"), token_in(outbox(database)[0]), Event()

    def hear(_connection, _cursor, statement, *_others):
        # Waiting for what the owner holds, or about to write without having waited.
        if "FOR UPDATE" in statement or statement.startswith(("BEGIN IMMEDIATE", "UPDATE accounts")):
            asked.set()

    with ThreadPoolExecutor(1) as pool:
        with database.begin() as session:
            accounts.verify_email(
                session, stranger(), tries, token=token, password=PASSWORD, origin=Origin("192.0.2.1")
            )
            session.flush()
            event.listen(database.engine, "before_cursor_execute", hear)
            answer = pool.submit(sign_up, database, ANOTHER)
            assert asked.wait(20)
        assert answer.result() is None

    assert verify_password(PASSWORD, only_account(database).password_hash)


def test_of_several_links_that_are_opened_at_the_same_time_one_works_and_the_others_are_spent(database):
    sign_up(database)
    tokens = [reset_link(database) for _ in range(4)]
    together = Barrier(4)

    def open_it(token):
        together.wait()
        try:
            with database.begin() as session:
                return accounts.reset_password(session, stranger(), token=token, password=ANOTHER).email
        except DomainError as error:
            return error.kind

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(open_it, tokens))

    assert sorted(outcomes, key=str) == sorted([ADDRESS, *[LINK_SPENT] * 3], key=str)
