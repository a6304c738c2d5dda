"""Where calls go is set whole or not at all; what is secret is sealed, and told once or never."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from gateway.credentials.api_keys import SecretKind, looks_genuine
from gateway.domain.errors import (
    ADDRESS_REFUSED,
    ALREADY_DONE,
    INVALID,
    NOT_FOUND,
    NOT_SIGNED_IN,
    REQUIRED,
    STALE,
    WRONG_STATE,
    DomainError,
)
from gateway.domain.roles import Permission
from gateway.pipeline.service import Check, Waits
from gateway.services import publishing, upstreams, versions
from gateway.services.actor import visitor
from gateway.services.upstream_laws import Place, Upstream, at
from gateway.store.audit import AuditEvent
from gateway.store.changes import Change
from gateway.store.sealing import Sealer
from gateway.upstream.addresses import AddressPolicy
from tests.fixtures.publishing import (
    ELSEWHERE,
    SEALER,
    described_api,
    person,
    point,
    published_api,
    ready_version,
)
from tests.pem import pasted

OURS = pasted()
FULL = Upstream(
    targets=(Place("https://a.example.ca/v1", 3), Place("https://b.example.ca/v1")),
    waits=Waits(1.5, 10.0, 20.0, 60.0),
    retries=2,
    check=Check("/health", 5.0, 1.0),
    authorities=pasted("authority.example.ca").certificate,
    certificate=OURS.certificate,
    key=OURS.key,
    most_in_flight=9,
    allows_upgrade=True,
)


@pytest.fixture
def version(database, department, publisher):
    """A draft."""
    with database.begin() as session:
        return described_api(session, publisher, department).versions[0]


@pytest.fixture
def put(database, publisher, version):
    """Says something of the version's service, in a transaction of its own."""

    def put(said: Upstream, *, actor=publisher, sealer=SEALER, **options) -> None:
        with database.begin() as session:
            options = {"policy": ELSEWHERE} | options
            upstreams.set_upstream(session, actor, version.id, said, sealer=sealer, **options)

    return put


@pytest.fixture
def kept(database, publisher, version):
    """What is kept now."""

    def kept():
        with database.read() as session:
            found = upstreams.readable_upstream(session, publisher, version.id)
            assert found
            session.expunge(found)
            return found

    return kept


def events(database) -> list[AuditEvent]:
    with database.read() as session:
        found = session.scalars(select(AuditEvent).order_by(AuditEvent.sequence)).all()
        return [
            event for event in found if event.command.startswith("version.upstream") or event.command.endswith("-proof")
        ]


def test_all_that_is_said_of_a_service_is_kept_and_read_back_without_the_key(put, kept):
    put(replace(FULL, targets=(Place(" https://a.example.ca/v1 ", 3), *FULL.targets[1:])))

    environment = kept()

    assert environment.kind == "production"
    assert upstreams.said_of(environment) == replace(FULL, key="")
    assert SEALER.unseal(environment.sealed_key).decode() == OURS.key
    told = upstreams.identity_of(environment)
    assert told
    assert told.subject == "CN=gateway.example.ca"


def test_what_is_left_out_is_as_if_it_had_never_been_said(put, kept):
    put(FULL)
    put(at("https://b.example.ca"))

    environment = kept()

    assert upstreams.said_of(environment) == at("https://b.example.ca")
    assert (environment.sealed_key, upstreams.identity_of(environment)) == (None, None)


def test_a_key_that_is_not_given_again_stays_and_serves_its_next_certificate(put, kept):
    renewed = pasted("renewed.example.ca", private=OURS.private)
    put(FULL)
    put(replace(FULL, certificate=renewed.certificate, key=""))

    assert SEALER.unseal(kept().sealed_key).decode() == OURS.key
    told = upstreams.identity_of(kept())
    assert told
    assert told.subject == "CN=renewed.example.ca"
    with pytest.raises(DomainError) as caught:
        put(replace(FULL, certificate=pasted("another.example.ca").certificate, key=""))
    assert set(caught.value.faults) == {("tls", "key")}


def test_a_key_that_no_longer_opens_is_to_be_given_again_and_is_then_sealed_anew(put, kept):
    put(FULL, sealer=Sealer("the secret of yesterday, long enough"))

    with pytest.raises(DomainError) as caught:
        put(replace(FULL, key=""))
    put(FULL)

    assert set(caught.value.faults) == {("tls", "key")}
    assert SEALER.unseal(kept().sealed_key).decode() == OURS.key


def test_the_trail_tells_what_changed_and_nothing_of_the_key(database, put):
    put(at("https://a.example.ca"))
    put(FULL)
    put(FULL)

    first, second = events(database)

    assert first.before == {}
    assert first.after["targets"] == [{"base_url": "https://a.example.ca", "weight": 1}]
    assert second.before == first.after
    assert second.after["certificate"][0]["subject"] == "CN=gateway.example.ca"
    assert second.after["check"] == {"path": "/health", "every": 5.0, "timeout": 1.0}
    assert "KEY" not in str([(each.before, each.after) for each in (first, second)])


def test_faults_are_told_at_once_and_nothing_is_kept(database, publisher, version, put):
    with pytest.raises(DomainError) as caught:
        put(replace(FULL, targets=(Place("nowhere"),), retries=9, key="x"))

    assert caught.value.kind == INVALID
    assert set(caught.value.faults) == {("targets", "0", "base_url"), ("retries",), ("tls", "key")}
    with database.read() as session:
        assert upstreams.readable_upstream(session, publisher, version.id) is None


def test_an_address_alone_at_fault_is_refused_as_an_address(put):
    with pytest.raises(DomainError) as caught:
        put(at("http://127.0.0.1:9101"), policy=AddressPolicy())

    assert (caught.value.kind, caught.value.field) == (ADDRESS_REFUSED, "targets")


def test_the_operator_may_allow_a_network(put, kept):
    put(at("http://127.0.0.1:9101"), policy=AddressPolicy.of(["127.0.0.0/8"]))

    assert kept().targets == [{"base_url": "http://127.0.0.1:9101", "weight": 1}]


def test_names_that_lead_nowhere_yet_are_taken_and_told_once_each(put, kept):
    put(Upstream((Place("https://a.invalid/v1"), Place("https://b.example.ca"), Place("https://a.invalid/v2"))))

    assert upstreams.unknown_hosts(kept(), ELSEWHERE) == ["a.invalid"]


def test_a_stranger_changes_nothing_and_learns_nothing(database, version):
    asked = (
        lambda session, actor, it: upstreams.set_upstream(
            session, actor, it, at("http://127.0.0.1"), policy=AddressPolicy(), sealer=SEALER
        ),
        lambda session, actor, it: upstreams.renew_proof(session, actor, it, sealer=SEALER),
        upstreams.drop_proof,
        upstreams.readable_upstream,
    )

    for ask in asked:
        for version_id in (version.id, "ver_01JD0000000000000000000000"):
            with database.begin() as session, pytest.raises(DomainError) as caught:
                ask(session, person(), version_id)
            assert caught.value.kind is NOT_FOUND
        with database.begin() as session, pytest.raises(DomainError) as caught:
            ask(session, visitor(), version.id)
        assert caught.value.kind in {NOT_SIGNED_IN, NOT_FOUND}


def test_where_the_calls_of_a_served_version_go_is_for_the_department_alone(database, department, publisher):
    with database.begin() as session:
        version = published_api(session, publisher, department).versions[0]
        with pytest.raises(DomainError) as caught:
            upstreams.readable_upstream(session, person(), version.id)

    assert caught.value.kind is NOT_FOUND


def test_what_was_read_before_somebody_else_changed_it_is_not_replaced(put, database, publisher, version):
    with database.read() as session:
        read = versions.get_version(session, publisher, version.id).version
    put(at("https://a.example.ca"), expected_version=read)

    with pytest.raises(DomainError) as caught:
        put(at("https://b.example.ca"), expected_version=read)

    assert caught.value.kind is STALE


def test_nothing_of_a_retired_version_is_changed(database, department, publisher):
    with database.begin() as session:
        version = published_api(session, publisher, department).versions[0]
        publishing.deprecate(session, publisher, version.id)
        publishing.retire(session, publisher, version.id)
        for change in (
            lambda: point(session, publisher, version.id, "https://b.example.ca"),
            lambda: upstreams.renew_proof(session, publisher, version.id, sealer=SEALER),
            lambda: upstreams.drop_proof(session, publisher, version.id),
        ):
            with pytest.raises(DomainError) as caught:
                change()
            assert caught.value.kind is WRONG_STATE


def test_workers_hear_of_a_change_when_the_version_is_served_and_not_before(database, department, publisher):
    def changes(session) -> int:
        return len(session.scalars(select(Change)).all())

    with database.begin() as session:
        version = ready_version(session, publisher, described_api(session, publisher, department))
        before = changes(session)
        publishing.publish(session, publisher, version.id)
        published = changes(session)
        point(session, publisher, version.id, "https://b.example.ca")
        moved = changes(session)
        point(session, publisher, version.id, "https://b.example.ca")
        same = changes(session)
        upstreams.renew_proof(session, publisher, version.id, sealer=SEALER)

        assert (before, published, moved, same, changes(session)) == (0, 1, 2, 2, 3)


def test_the_secret_of_the_proof_is_told_once_kept_sealed_renewed_and_let_go(database, publisher, version, put, kept):
    put(FULL)
    told = []
    for _ in range(2):
        with database.begin() as session:
            told.append(upstreams.renew_proof(session, publisher, version.id, sealer=SEALER))
        assert SEALER.unseal(kept().sealed_proof).decode() == told[-1]
        assert kept().proof_made_at == publisher.now
    put(at("https://b.example.ca"))
    assert kept().sealed_proof

    with database.begin() as session:
        upstreams.drop_proof(session, publisher, version.id)

    assert (kept().sealed_proof, kept().proof_made_at) == (None, None)
    assert told[0] != told[1]
    assert all(looks_genuine(each, SecretKind.PROOF) for each in told)
    assert [event.command for event in events(database)] == [
        "version.upstream", "version.renew-proof", "version.renew-proof", "version.upstream", "version.drop-proof",
    ]  # fmt: skip
    assert not any(secret in str((event.before, event.after)) for secret in told for event in events(database))


def test_a_proof_needs_a_service_and_ends_once(database, publisher, version):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        upstreams.renew_proof(session, publisher, version.id, sealer=SEALER)
    assert caught.value.kind is REQUIRED
    with database.begin() as session, pytest.raises(DomainError) as caught:
        upstreams.drop_proof(session, publisher, version.id)
    assert caught.value.kind is ALREADY_DONE


def test_who_may_only_read_is_refused(database, publisher, version):
    reader = replace(publisher, scopes=frozenset({Permission.READ_DRAFTS}))

    with database.begin() as session, pytest.raises(DomainError) as caught:
        point(session, reader, version.id, "https://a.example.ca")

    assert caught.value.kind.code == "token-scope"
