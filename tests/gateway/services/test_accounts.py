from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import argon2
import pytest
import time_machine
from sqlalchemy import select

from gateway.counters.local import LocalLedger
from gateway.credentials.api_keys import digest
from gateway.domain.errors import (
    BAD_CREDENTIALS,
    INVALID,
    LINK_SPENT,
    NOT_FOUND,
    NOT_SIGNED_IN,
    NOT_VERIFIED,
    REQUIRED,
    TOO_MANY_TRIES,
    DomainError,
)
from gateway.domain.roles import OrganisationKind, Role
from gateway.services import accounts, links, mail, sessions
from gateway.services.actor import Actor
from gateway.services.tries import Origin, Tries
from gateway.store.accounts import Account, Link, Membership, Organisation
from tests.fixtures.people import NOW, PASSWORD, acting, an_account, link_to, outbox, stranger, token_in, told

ADDRESS = "camille@example.org"
ANOTHER = "a boat, a lake and no wind"


@pytest.fixture
def ledger(tmp_path):
    made = LocalLedger(tmp_path / "ledger.db", NOW.timestamp)
    yield made
    made.close()


@pytest.fixture
def account(database):
    with database.begin() as session:
        return an_account(session)


def sign_up(database, email=ADDRESS, *, now=NOW, **given):
    usual: dict[str, Any] = {"name": "Camille Roy", "password": PASSWORD, "language": "en", "link_to": link_to}
    with database.begin() as session:
        return accounts.sign_up(session, stranger(now), email=email, **usual | given)


def confirm(database, ledger, token, password=PASSWORD):
    tries, origin = Tries(ledger, "for tests only"), Origin("192.0.2.1")
    with database.begin() as session:
        return accounts.verify_email(session, stranger(), tries, token=token, password=password, origin=origin)


def sign_in(database, ledger, email=ADDRESS, password=PASSWORD):
    tries, origin = Tries(ledger, "for tests only"), Origin("192.0.2.1")
    with database.begin() as session:
        return accounts.sign_in(
            session, stranger(), tries, email=email, password=password, origin=origin, browser="Firefox"
        )


def kind_of(deed, *args, **given):
    with pytest.raises(DomainError) as caught:
        deed(*args, **given)
    return caught.value.kind


def rows(database, model):
    with database.read() as session:
        return session.scalars(select(model)).all()


def test_signing_up_opens_an_account_with_an_organisation_of_its_own(database):
    account = sign_up(database, " Camille@Example.ORG ", name=" Camille Roy ")

    (own,), (membership,) = rows(database, Organisation), rows(database, Membership)
    assert (account.email, account.name, account.verified_at) == (ADDRESS, "Camille Roy", None)
    assert (own.kind, own.name_en, own.name_fr) == (OrganisationKind.CONSUMER, "Camille Roy", "Camille Roy")
    assert (membership.account_id, membership.organisation_id, membership.role) == (account.id, own.id, Role.DEVELOPER)
    assert told(database, "account.open").subject == account.id


def test_a_password_is_kept_as_argon2id_and_told_to_nobody(database):
    account = sign_up(database)

    assert account.password_hash.startswith("$argon2id$")
    assert account.password_hash not in str(told(database, "account.open").after)
    assert PASSWORD not in outbox(database)[0].body


@pytest.mark.parametrize(("language", "subject"), [("en", mail.CONFIRM_SUBJECT.en), ("fr", mail.CONFIRM_SUBJECT.fr)])
def test_the_message_that_asks_to_confirm_is_in_the_persons_language(database, language, subject):
    sign_up(database, language=language)

    (message,) = outbox(database)
    assert (message.recipient, message.language, message.subject) == (ADDRESS, language, subject)
    assert link_to("verify", language, token_in(message)) in message.body


def test_the_link_confirms_the_address_and_then_one_may_sign_in(database, ledger):
    account = sign_up(database)
    assert kind_of(sign_in, database, ledger) is NOT_VERIFIED

    confirm(database, ledger, token_in(outbox(database)[0]))
    signed_in = sign_in(database, ledger)

    assert signed_in.account.id == account.id
    assert told(database, "account.verify").subject == account.id


def test_confirming_a_second_time_is_a_friendly_refusal(database, ledger):
    sign_up(database)
    token = token_in(outbox(database)[0])
    confirm(database, ledger, token)

    with pytest.raises(DomainError) as caught:
        confirm(database, ledger, token)

    assert caught.value.kind is LINK_SPENT
    assert caught.value.detail == links.CONFIRMED


@pytest.mark.parametrize("again", [ADDRESS, "CAMILLE@example.org", " camille@EXAMPLE.org\t"])
def test_a_known_address_gets_a_message_and_the_stranger_learns_nothing(database, account, again):
    assert sign_up(database, again, name="Somebody Else", password=ANOTHER) is None

    (message,) = outbox(database)
    (kept,) = rows(database, Account)
    assert (message.recipient, message.subject) == (ADDRESS, mail.EXISTS_SUBJECT.en)
    assert "Somebody Else" not in message.body
    assert (kept.name, kept.password_hash) == (account.name, account.password_hash)


def test_a_known_address_costs_a_hash_as_a_new_one_does(database, account, monkeypatch):
    hashed = []
    make = argon2.PasswordHasher.hash

    def counted(hasher, password):
        hashed.append(password)
        return make(hasher, password)

    monkeypatch.setattr(argon2.PasswordHasher, "hash", counted)
    for email in ("new@example.org", ADDRESS):
        sign_up(database, email, password=ANOTHER)

    assert hashed == [ANOTHER] * 2


SIGN_UPS = {"the owner": ("Camille Roy", PASSWORD), "a stranger": ("Somebody Else", ANOTHER)}


@pytest.mark.parametrize("order", [("the owner", "a stranger"), ("a stranger", "the owner")])
def test_an_account_is_of_who_reads_its_mail_and_chose_its_password_whoever_signed_up_first(database, ledger, order):
    for who in order:
        name, password = SIGN_UPS[who]
        sign_up(database, name=name, password=password)
    tokens = dict(zip(order, map(token_in, outbox(database)), strict=True))

    assert kind_of(confirm, database, ledger, tokens["a stranger"], PASSWORD) is INVALID
    account = confirm(database, ledger, tokens["the owner"], PASSWORD)

    assert (account.name, account.verified_at) == ("Camille Roy", NOW)
    assert rows(database, Organisation)[0].name_fr == "Camille Roy"
    assert sign_in(database, ledger).account.id == account.id
    assert kind_of(sign_in, database, ledger, password=ANOTHER) is BAD_CREDENTIALS
    assert kind_of(confirm, database, ledger, tokens["a stranger"], ANOTHER) is LINK_SPENT


def test_an_owner_who_never_signed_up_takes_the_account_by_choosing_a_password(database, ledger):
    sign_up(database, name="Somebody Else", password=ANOTHER)
    theirs = token_in(outbox(database)[0])
    with database.begin() as session:
        accounts.reset_password(session, stranger(), token=reset_link(database), password=PASSWORD)

    assert sign_in(database, ledger).account.verified_at == NOW
    assert kind_of(confirm, database, ledger, theirs, ANOTHER) is LINK_SPENT


def test_who_signs_up_again_hears_that_it_is_too_early_by_the_password_they_chose_last(database, ledger):
    sign_up(database)
    sign_up(database, password=ANOTHER)

    assert kind_of(sign_in, database, ledger, password=ANOTHER) is NOT_VERIFIED


def test_the_password_of_a_link_cannot_be_guessed(database, ledger):
    sign_up(database)
    token = token_in(outbox(database)[0])

    kinds = [kind_of(confirm, database, ledger, token, ANOTHER) for _ in range(11)]

    assert kinds == [INVALID] * 10 + [TOO_MANY_TRIES]


def test_a_strangers_words_are_sent_to_nobody(database):
    sign_up(database, name="Buy at http://spam.example now")
    sign_up(database)

    assert not [message for message in outbox(database) if "spam.example" in message.body]


def test_a_mailbox_cannot_be_filled_through_us(database):
    for _ in range(mail.MOST_AN_HOUR + 3):
        sign_up(database)
        with database.begin() as session:
            accounts.resend_verification(session, stranger(), email=ADDRESS, link_to=link_to)
            accounts.request_password_reset(session, stranger(), email=ADDRESS, link_to=link_to)
    assert len(outbox(database)) == 2 * mail.MOST_AN_HOUR

    sign_up(database, "dominique@example.org")
    sign_up(database, now=NOW + timedelta(hours=1, minutes=1))
    assert len(outbox(database)) == 2 * mail.MOST_AN_HOUR + 2


def test_whatever_strangers_ask_for_the_owner_has_a_link_that_works(database, account):
    for _ in range(mail.MOST_AN_HOUR + 3):
        sign_up(database)
    for _ in range(mail.MOST_AN_HOUR + 3):
        link = reset_link(database)

    with database.begin() as session:
        changed = accounts.reset_password(session, stranger(NOW + timedelta(minutes=59)), token=link, password=ANOTHER)

    assert changed.id == account.id


def test_of_two_who_sign_up_with_one_address_at_the_same_time_both_get_the_same_answer(database):
    together = Barrier(4)

    def ask(_number):
        together.wait()
        return sign_up(database)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))

    (kept,) = rows(database, Account)
    assert [answer.id for answer in answers if answer] == [kept.id] * 4
    assert [message.subject for message in outbox(database)] == [mail.CONFIRM_SUBJECT.en] * 4


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"name": ""}, REQUIRED),
        ({"name": "\u200b"}, REQUIRED),
        ({"name": "x" * 5_000_000}, INVALID),
        ({"name": "Camille\0Roy"}, INVALID),
        ({"name": "Camille\r\nRoy"}, INVALID),
        ({"name": "\u202eyoR ellimaC"}, INVALID),
        ({"email": ""}, REQUIRED),
        ({"email": "c\u0430mille@example.org"}, INVALID),
        ({"email": "x" * 5_000_000}, INVALID),
        ({"password": "short"}, INVALID),
        ({"password": "x7#mQ2!vLp9" * 500_000}, INVALID),
        ({"password": "camille in a boat"}, INVALID),
    ],
    ids=str,
)
def test_what_cannot_be_kept_leaves_nothing_behind(database, given, kind):
    assert kind_of(sign_up, database, **{"email": ADDRESS} | given) is kind

    assert not rows(database, Account)
    assert not outbox(database)


def test_a_name_with_emoji_and_accents_is_kept(database):
    assert sign_up(database, name="Zoë 👩‍🌾 Lévesque").name == "Zoë 👩‍🌾 Lévesque"


def test_a_new_confirming_message_goes_only_to_who_waits_for_one(database, ledger, account):
    sign_up(database, "waiting@example.org")
    for email in (ADDRESS, "nobody@example.org", "Waiting@example.org"):
        with database.begin() as session:
            accounts.resend_verification(session, stranger(), email=email, link_to=link_to)

    assert [message.recipient for message in outbox(database)] == ["waiting@example.org"] * 2
    assert confirm(database, ledger, token_in(outbox(database)[1])).verified_at == NOW


def resumed(database, secret):
    with time_machine.travel(NOW, tick=False), database.begin() as session:
        return sessions.actor_of_session(session, secret, language="en", request_id="")


def reset_link(database, email=ADDRESS):
    with database.begin() as session:
        accounts.request_password_reset(session, stranger(), email=email, link_to=link_to)
    return token_in(outbox(database)[-1])


def test_a_new_password_replaces_the_old_one_and_ends_every_session(database, ledger, account):
    secret = sign_in(database, ledger).secret
    token = reset_link(database)
    before = resumed(database, secret)

    with database.begin() as session:
        accounts.reset_password(session, stranger(), token=token, password=ANOTHER)

    assert before
    assert resumed(database, secret) is None
    assert kind_of(sign_in, database, ledger) is BAD_CREDENTIALS
    assert sign_in(database, ledger, password=ANOTHER).account.id == account.id
    assert outbox(database)[-1].subject == mail.CHANGED_SUBJECT.en


def test_a_used_reset_spends_the_other_resets_of_the_account(database, account):
    first, second = reset_link(database), reset_link(database)
    with database.begin() as session:
        accounts.reset_password(session, stranger(), token=first, password=ANOTHER)

    with database.begin() as session:
        assert kind_of(accounts.reset_password, session, stranger(), token=second, password=PASSWORD) is LINK_SPENT


def test_a_reset_confirms_the_address_too(database, ledger):
    sign_up(database)
    token = reset_link(database)

    with database.begin() as session:
        accounts.reset_password(session, stranger(), token=token, password=ANOTHER)

    assert sign_in(database, ledger, password=ANOTHER).account.verified_at == NOW


def test_a_bad_new_password_does_not_spend_the_link(database, account):
    token = reset_link(database)

    with pytest.raises(DomainError) as caught, database.begin() as session:
        accounts.reset_password(session, stranger(), token=token, password="short")

    assert caught.value.kind is INVALID
    (link,) = rows(database, Link)
    assert (link.digest, link.used_at) == (digest(token), None)


def test_a_reset_for_nobody_and_for_a_disabled_account_sends_nothing(database, account):
    with database.begin() as session:
        session.merge(account).disabled_at = NOW
    for email in (ADDRESS, "nobody@example.org"):
        with database.begin() as session:
            accounts.request_password_reset(session, stranger(), email=email, link_to=link_to)

    assert not outbox(database)


def test_an_account_made_by_hand_needs_no_confirming_and_is_made_once(database, account):
    with database.begin() as session:
        assert kind_of(an_account, session) is INVALID

    assert account.verified_at == NOW
    assert not outbox(database)


def test_ones_own_account_is_ones_own(database, account):
    with database.read() as session:
        assert accounts.own_account(session, acting(session, account)).email == ADDRESS
        assert kind_of(accounts.own_account, session, stranger()) is NOT_SIGNED_IN
        assert kind_of(accounts.own_account, session, Actor("tok_1", "pipeline", NOW)) is NOT_FOUND
