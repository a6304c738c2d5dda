from datetime import timedelta

import pytest
import time_machine

from gateway.credentials.api_keys import SecretKind, digest, mint_secret
from gateway.domain.errors import NOT_FOUND, NOT_SIGNED_IN, DomainError
from gateway.domain.roles import Role
from gateway.services import sessions
from gateway.store.accounts import Membership, SignIn
from tests.fixtures.people import NOW, acting, an_account, stranger, told
from tests.fixtures.publishing import organisation

SECOND = timedelta(seconds=1)


@pytest.fixture
def account(database):
    with database.begin() as session:
        return an_account(session)


@pytest.fixture
def signed_in(database, account):
    return opened(database, account)


def opened(database, account, browser="Firefox", now=NOW):
    with database.begin() as session:
        return sessions.open_session(session, account, browser=browser, now=now)


def resumed(database, secret, at):
    """Who comes back at a moment, which is noted as the portal notes it."""
    with time_machine.travel(at, tick=False), database.read() as session:
        found = sessions.actor_of_session(session, secret, language="fr", request_id="req_2")
    if found and sessions.use_is_news(found):
        with database.begin() as session:
            sessions.note_use(session, found)
    return found


def kept(database, signed_in):
    with database.read() as session:
        return session.get(SignIn, signed_in.sign_in.id)


def test_the_browser_has_the_secret_and_the_row_its_digest(database, signed_in):
    row = kept(database, signed_in)

    assert row.digest == digest(signed_in.secret)
    assert (row.created_at, row.seen_at, row.expires_at) == (NOW, NOW, NOW + sessions.LONGEST)


def test_who_comes_back_acts_with_the_roles_of_now(database, account, signed_in):
    department = organisation(database)
    with database.begin() as session:
        session.add(Membership(account_id=account.id, organisation_id=department.id, role=Role.PUBLISHER))

    found = resumed(database, signed_in.secret, NOW)

    assert (found.actor.id, found.actor.name, found.actor.now) == (account.id, "Camille Roy", NOW)
    assert (found.actor.language, found.actor.request_id, found.actor.scopes) == ("fr", "req_2", None)
    assert found.actor.roles[department.id] is Role.PUBLISHER
    assert found.sign_in.id == signed_in.sign_in.id


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "\0",
        "\ud800",
        "x" * 5_000_000,
        mint_secret(SecretKind.SESSION, bytes(32)),
        mint_secret(SecretKind.LINK, bytes(32)),
    ],
    ids=lambda text: ascii(text)[:20],
)
def test_any_other_secret_is_nobodys(database, signed_in, secret):
    assert resumed(database, secret, NOW) is None


def test_a_session_ends_when_it_was_idle(database, account):
    first, second = opened(database, account), opened(database, account)

    assert resumed(database, first.secret, NOW + sessions.IDLE - SECOND)
    assert resumed(database, second.secret, NOW + sessions.IDLE) is None


def test_a_session_in_use_lasts_until_its_longest_age(database, signed_in):
    moment = NOW
    while (moment := moment + sessions.IDLE - SECOND) < NOW + sessions.LONGEST:
        assert resumed(database, signed_in.secret, moment)
    assert resumed(database, signed_in.secret, NOW + sessions.LONGEST - SECOND)

    assert resumed(database, signed_in.secret, NOW + sessions.LONGEST) is None


def test_being_seen_is_noted_at_most_once_a_minute(database, signed_in):
    resumed(database, signed_in.secret, NOW + 59 * SECOND)
    early = kept(database, signed_in).seen_at
    resumed(database, signed_in.secret, NOW + 60 * SECOND)

    assert (early, kept(database, signed_in).seen_at) == (NOW, NOW + 60 * SECOND)


def test_an_earlier_moment_that_is_noted_late_takes_nothing_back(database, signed_in):
    with time_machine.travel(NOW + 60 * SECOND, tick=False), database.read() as session:
        slow = sessions.actor_of_session(session, signed_in.secret, language="fr", request_id="req_2")
    assert slow
    resumed(database, signed_in.secret, NOW + 90 * SECOND)

    with database.begin() as session:
        sessions.note_use(session, slow)

    assert kept(database, signed_in).seen_at == NOW + 90 * SECOND


def test_a_disabled_account_has_no_session_left(database, account, signed_in):
    with database.begin() as session:
        session.merge(account).disabled_at = NOW

    assert resumed(database, signed_in.secret, NOW) is None


def test_signing_out_ends_this_session_only_and_is_told_once(database, account, signed_in):
    other = opened(database, account)
    for _ in range(2):
        with database.begin() as session:
            sessions.sign_out(session, acting(session, account, now=NOW), signed_in.secret)

    assert resumed(database, signed_in.secret, NOW) is None
    assert resumed(database, other.secret, NOW)
    assert told(database, "session.close").subject == signed_in.sign_in.id


@pytest.mark.parametrize("secret", ["", "\ud800", "gse_nonsense"])
def test_signing_out_of_nothing_does_nothing(database, account, signed_in, secret):
    with database.begin() as session:
        sessions.sign_out(session, acting(session, account, now=NOW), secret)

    assert resumed(database, signed_in.secret, NOW)


def test_nobody_signs_another_out_with_a_secret_they_found(database, signed_in):
    with database.begin() as session:
        other = an_account(session, "dominique@example.org")
        sessions.sign_out(session, acting(session, other, now=NOW), signed_in.secret)

    assert resumed(database, signed_in.secret, NOW)


def test_the_list_shows_ones_own_running_sessions_the_latest_seen_first(database, account, signed_in):
    later = opened(database, account, now=NOW + SECOND)
    ended = opened(database, account)
    opened(database, account, now=NOW - sessions.IDLE)
    with database.begin() as session:
        opened_by_other = sessions.open_session(
            session, an_account(session, "dominique@example.org"), browser="Chrome", now=NOW
        )
        me = acting(session, account, now=NOW + 2 * SECOND)
        sessions.revoke_session(session, me, ended.sign_in.id)

        listed = [row.id for row in sessions.list_sessions(session, me)]

    assert listed == [later.sign_in.id, signed_in.sign_in.id]
    assert opened_by_other.sign_in.id not in listed


def test_a_session_is_revoked_from_elsewhere_and_twice_is_no_error(database, account, signed_in):
    for _ in range(2):
        with database.begin() as session:
            sessions.revoke_session(session, acting(session, account, now=NOW), signed_in.sign_in.id)

    assert resumed(database, signed_in.secret, NOW) is None
    assert told(database, "session.revoke").subject == signed_in.sign_in.id


def test_the_sessions_of_others_do_not_exist(database, signed_in):
    with database.begin() as session:
        other = acting(session, an_account(session, "dominique@example.org"))
        for session_id in (signed_in.sign_in.id, "ses_none", "", "\0", "x" * 1_000_000):
            with pytest.raises(DomainError) as caught:
                sessions.revoke_session(session, other, session_id)
            assert caught.value.kind is NOT_FOUND

    assert resumed(database, signed_in.secret, NOW)


def test_a_visitor_revokes_nothing(database, signed_in):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        sessions.revoke_session(session, stranger(), signed_in.sign_in.id)

    assert caught.value.kind is NOT_SIGNED_IN


def test_all_sessions_of_an_account_can_be_ended_together(database, account, signed_in):
    other = opened(database, account)
    with database.begin() as session:
        sessions.revoke_all(session, account, NOW)

    assert resumed(database, signed_in.secret, NOW) is None
    assert resumed(database, other.secret, NOW) is None


def test_what_a_browser_calls_itself_is_cut_and_cleaned(database, account):
    row = kept(database, opened(database, account, browser="Fire\0fox\n" + "x" * 5_000_000))

    assert row.browser.startswith("Firefoxxx")
    assert len(row.browser) <= 200


def test_scopes_narrow_who_acts(database, account):
    with database.read() as session:
        actor = sessions.actor_for(session, account, scopes=frozenset({"token:edit"}), now=NOW)

    assert actor.scopes == frozenset({"token:edit"})
    assert list(actor.roles.values()) == [Role.DEVELOPER]
