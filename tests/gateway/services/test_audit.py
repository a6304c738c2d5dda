from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from gateway.domain.errors import FORBIDDEN, NOT_FOUND, NOT_SIGNED_IN, DomainError
from gateway.domain.ids import ApplicationId
from gateway.domain.roles import Role
from gateway.services import audit
from gateway.services.actor import system
from gateway.store.audit import AuditEvent, broken_links
from gateway.store.changes import CATALOGUE, changes_since
from tests.fixtures.people import NOW, stranger
from tests.fixtures.publishing import person


def test_a_sentence_says_who_did_what_to_which_and_why(database, publisher, department):
    with database.begin() as session:
        audit.tell(
            session,
            publisher,
            "api.retire",
            "api_1",
            department.id,
            before={"state": "published"},
            after={"state": "retired"},
            reason="replaced",
        )

    with database.read() as session:
        event = session.scalars(select(AuditEvent)).one()
    assert (event.at, event.actor, event.actor_name) == (NOW, publisher.id, "Camille Roy")
    assert (event.command, event.subject, event.organisation_id) == ("api.retire", "api_1", department.id)
    assert (event.before, event.after) == ({"state": "published"}, {"state": "retired"})
    assert (event.reason, event.request_id) == ("replaced", "req_1")


@pytest.mark.parametrize("secret", ["password_hash", "digest", "sealed", "body", "content"])
def test_secrets_and_bulk_are_not_told(database, secret):
    with database.begin() as session:
        audit.tell(session, system(), "test", "x", before={secret: "planted", "name": "n"}, after={secret: "planted"})

    with database.read() as session:
        event = session.scalars(select(AuditEvent)).one()
    assert (event.before, event.after) == ({"name": "n"}, {})


def test_values_are_told_as_plain_ones_and_the_chain_stays_whole(database):
    told = {"at": datetime(2026, 1, 1, tzinfo=UTC), "role": Role.OPERATOR, "n": 1, "all": [1, "é"], "none": None}
    with database.begin() as session:
        audit.tell(session, system(), "test", "x", after=told)

    with database.read() as session:
        event = session.scalars(select(AuditEvent)).one()
        assert list(broken_links(session)) == []
    assert event.after == {
        "at": "2026-01-01 00:00:00+00:00", "role": "operator", "n": 1, "all": [1, "é"], "none": None
    }  # fmt: skip


def test_what_is_announced_is_announced_with_the_sentence_or_not_at_all(database):
    class UndoneError(Exception):
        pass

    def undone():
        with database.begin() as session:
            audit.tell(session, system(), "undone", "x", announce=["app_2"])
            raise UndoneError

    with pytest.raises(UndoneError):
        undone()
    with database.begin() as session:
        audit.tell(session, system(), "done", "x", announce=[CATALOGUE, "app_1"])

    with database.read() as session:
        changed = changes_since(session, 0)
        assert [event.command for event in session.scalars(select(AuditEvent))] == ["done"]
    assert changed.catalogue
    assert changed.applications == frozenset({ApplicationId("app_1")})


def test_the_trail_is_read_latest_first_and_by_who_may(database, publisher, department, developer, consumer):
    with database.begin() as session:
        for number in range(3):
            audit.tell(session, publisher, f"test.{number}", "x", department.id)
        audit.tell(session, developer, "elsewhere", "x", consumer.id)

    with database.read() as session:
        page = audit.browse(session, publisher, department.id, per_page=2)
        refused = []
        for actor, organisation in ((stranger(), department), (developer, department), (developer, consumer)):
            with pytest.raises(DomainError) as caught:
                audit.browse(session, actor, organisation.id)
            refused.append(caught.value.kind)
    assert [event.command for event in page.items] == ["test.2", "test.1"]
    assert page.total == 3
    assert refused == [NOT_SIGNED_IN, NOT_FOUND, FORBIDDEN]


def test_an_operator_reads_every_trail(database, publisher, department, operator):
    with database.begin() as session:
        audit.tell(session, publisher, "test", "x", department.id)

    with database.read() as session:
        assert audit.browse(session, operator, department.id).total == 1
        assert audit.browse(session, person(Role.PUBLISHER, department), department.id).total == 1
