from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from gateway.credentials.api_keys import SecretKind, digest, looks_genuine
from gateway.domain.errors import (
    ALREADY_DONE,
    INVALID,
    NOT_FOUND,
    REQUIRED,
    TOKEN_SCOPE,
    TOO_MANY,
    WRONG_STATE,
    DomainError,
)
from gateway.domain.roles import Permission, Role
from gateway.services import applications, credentials
from gateway.store.applications import Credential, CredentialKind
from gateway.store.audit import AuditEvent
from gateway.store.changes import changes_since
from tests.fixtures.consuming import refreshed
from tests.fixtures.publishing import NOW, organisation, person

ADDING = [
    ("add_secret", CredentialKind.SECRET, SecretKind.CLIENT_SECRET),
    ("add_key", CredentialKind.KEY, SecretKind.API_KEY),
]


@pytest.mark.parametrize(("add", "kind", "prefix"), ADDING)
def test_a_new_credential_is_shown_once_and_kept_as_a_digest(database, developer, application, add, kind, prefix):
    with database.begin() as session:
        made = getattr(credentials, add)(session, developer, application.id, name="Laptop", days=30)

    with database.read() as session:
        kept = refreshed(session, made.credential)
        trail = session.scalars(select(AuditEvent).where(AuditEvent.subject == kept.id)).one()
    assert looks_genuine(made.secret, prefix)
    assert (kept.kind, kept.digest, kept.expires_at) == (kind, digest(made.secret), NOW + timedelta(days=30))
    assert made.secret not in str(trail.after) + kept.display


def test_a_nonce_makes_one_credential_and_the_second_click_is_told_so(database, developer, application):
    with database.begin() as session:
        credentials.add_secret(session, developer, application.id, name="Laptop", nonce="n1")
    with database.begin() as session, pytest.raises(DomainError) as caught:
        credentials.add_secret(session, developer, application.id, name="Laptop", nonce="n1")

    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Credential)) == 1
    assert caught.value.kind is ALREADY_DONE


def test_clicks_that_arrive_at_the_very_same_time_make_one_credential(database, developer, application):
    clicks = 6
    together = Barrier(clicks)

    def click(_number):
        together.wait()
        try:
            with database.begin() as session:
                return credentials.add_secret(session, developer, application.id, name="Laptop", nonce="n1").secret
        except DomainError as error:
            return error.kind

    with ThreadPoolExecutor(clicks) as pool:
        outcomes = list(pool.map(click, range(clicks)))

    with database.read() as session:
        kept = session.scalars(select(Credential)).one()
    shown = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert [digest(secret) for secret in shown] == [kept.digest]
    assert outcomes.count(ALREADY_DONE) == clicks - 1


def test_without_a_nonce_every_request_makes_its_own(database, developer, application):
    with database.begin() as session:
        first = credentials.add_secret(session, developer, application.id, name="Laptop")
        second = credentials.add_secret(session, developer, application.id, name="Laptop")

    assert first.secret != second.secret


@pytest.mark.parametrize(("add", "kind", "prefix"), ADDING)
def test_at_most_five_of_a_kind_are_in_force_at_once(database, developer, application, add, kind, prefix):
    with database.begin() as session:
        made = [
            getattr(credentials, add)(session, developer, application.id, name="n")
            for _ in range(credentials.MOST_AT_ONCE)
        ]
        with pytest.raises(DomainError) as caught:
            getattr(credentials, add)(session, developer, application.id, name="n")
        credentials.revoke(session, developer, made[0].credential.id)
        getattr(credentials, add)(session, developer, application.id, name="n")

    assert (caught.value.kind, caught.value.members) == (TOO_MANY, {"limit": 5})


def test_an_expired_credential_leaves_its_place(database, developer, application):
    later = replace(developer, now=NOW + timedelta(days=2))
    with database.begin() as session:
        for _ in range(credentials.MOST_AT_ONCE):
            credentials.add_key(session, developer, application.id, name="n", days=1)

        made = credentials.add_key(session, later, application.id, name="n")

    assert credentials.is_in_force(made.credential, later.now)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"name": ""}, REQUIRED),
        ({"name": "x" * 121}, INVALID),
        ({"days": 0}, INVALID),
        ({"days": 3_651}, INVALID),
        ({"nonce": "x" * 65}, INVALID),
    ],
)
def test_what_cannot_be_kept_is_refused(database, developer, application, given, kind):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        credentials.add_secret(session, developer, application.id, **{"name": "Laptop"} | given)

    assert caught.value.kind is kind


def test_a_closed_application_gets_no_credentials(database, developer, application):
    with database.begin() as session:
        applications.close(session, developer, application.id)
        with pytest.raises(DomainError) as caught:
            credentials.add_secret(session, developer, application.id, name="Laptop")

    assert caught.value.kind is WRONG_STATE


def test_credentials_of_others_do_not_exist(database, developer, application):
    stranger = person(Role.DEVELOPER, organisation(database, slug="other"))
    with database.begin() as session:
        made = credentials.add_secret(session, developer, application.id, name="Laptop")

    with database.begin() as session:
        for deed in (
            lambda: credentials.add_key(session, stranger, application.id, name="Mine now"),
            lambda: credentials.revoke(session, stranger, made.credential.id),
            lambda: credentials.of_application(session, stranger, application.id),
        ):
            with pytest.raises(DomainError) as caught:
                deed()
            assert caught.value.kind is NOT_FOUND


def test_a_token_without_the_scope_adds_nothing(database, consumer, application):
    pipeline = person(Role.DEVELOPER, consumer, scopes=frozenset({Permission.READ_APPLICATION}))

    with database.begin() as session, pytest.raises(DomainError) as caught:
        credentials.add_secret(session, pipeline, application.id, name="Laptop")

    assert caught.value.kind is TOKEN_SCOPE


def test_adding_and_revoking_are_announced(database, developer, application):
    with database.begin() as session:
        start = changes_since(session, 0).cursor
        made = credentials.add_key(session, developer, application.id, name="Laptop")
        added = changes_since(session, start)
        credentials.revoke(session, developer, made.credential.id)
        revoked = changes_since(session, added.cursor)

    assert added.applications == revoked.applications == {application.id}


def test_revoking_twice_is_already_done(database, developer, application):
    with database.begin() as session:
        made = credentials.add_secret(session, developer, application.id, name="Laptop")
        credentials.revoke(session, developer, made.credential.id)
        with pytest.raises(DomainError) as caught:
            credentials.revoke(session, developer, made.credential.id)

    assert caught.value.kind is ALREADY_DONE


def test_any_secret_in_force_proves_its_application_and_no_other_does(database, developer, consumer, application):
    with database.begin() as session:
        other = applications.register(session, developer, organisation_id=consumer.id, name="Mixers")
        first = credentials.add_secret(session, developer, application.id, name="Old")
        second = credentials.add_secret(session, developer, application.id, name="New")
        key = credentials.add_key(session, developer, application.id, name="Key")

    with database.begin() as session:
        proved = [
            credentials.authenticate_client(session, client, secret, NOW)
            for client, secret in [
                (application.id, first.secret),
                (application.id, second.secret),
                (application.id, key.secret),
                (other.id, first.secret),
                (application.id, ""),
                ("app_nothing", first.secret),
            ]
        ]
    assert [found.id if found else None for found in proved] == [
        first.credential.id, second.credential.id, None, None, None, None,
    ]  # fmt: skip


def test_a_revoked_or_expired_secret_proves_nothing(database, developer, application):
    with database.begin() as session:
        revoked = credentials.add_secret(session, developer, application.id, name="Revoked")
        expiring = credentials.add_secret(session, developer, application.id, name="Expiring", days=1)
        credentials.revoke(session, developer, revoked.credential.id)

        end = NOW + timedelta(days=1)
        assert credentials.authenticate_client(session, application.id, revoked.secret, NOW) is None
        assert credentials.authenticate_client(session, application.id, expiring.secret, end) is None
        assert credentials.authenticate_client(session, application.id, expiring.secret, end - timedelta(seconds=1))


def test_use_is_noted_at_most_once_a_minute(database, developer, application):
    with database.begin() as session:
        made = credentials.add_secret(session, developer, application.id, name="One").credential

        noted = []
        for seconds in (0, 59, 60):
            now = NOW + timedelta(seconds=seconds)
            if credentials.use_is_news(made, now):
                credentials.note_use(session, made.id, now)
                session.refresh(made)
            noted.append(made.last_used_at)

    assert noted == [NOW, NOW, NOW + timedelta(seconds=60)]


def test_the_credentials_of_an_application_are_listed_the_newest_first(database, developer, application):
    with database.begin() as session:
        old = credentials.add_secret(session, developer, application.id, name="Old")
        new = credentials.add_key(session, replace(developer, now=NOW + timedelta(1)), application.id, name="New")
        credentials.revoke(session, developer, old.credential.id)

        listed = credentials.of_application(session, developer, application.id)

    assert [row.id for row in listed] == [new.credential.id, old.credential.id]
