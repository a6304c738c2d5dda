"""Versions: documents are kept whole or not at all; plugins are checked when they are chosen."""

import json
from threading import Thread
from typing import ClassVar

import pytest
from marshmallow import Schema, fields
from sqlalchemy import func, select

import openapi
from gateway.domain.errors import (
    DOCUMENT_REFUSED,
    INVALID,
    NOT_FOUND,
    NOT_SIGNED_IN,
    STALE,
    WRONG_STATE,
    DomainError,
)
from gateway.domain.lifecycle import VersionState
from gateway.plugin.base import Plugin
from gateway.plugin.registry import Registry
from gateway.services import publishing, versions
from gateway.services.actor import visitor
from gateway.store.audit import AuditEvent
from gateway.store.catalogue import Operation, Revision
from gateway.words import Words
from tests.fixtures.publishing import (
    described_api,
    document,
    document_with_servers,
    person,
    point,
    published_api,
    ready_version,
)


class Greeting(Plugin):
    """A plugin with one setting that must be given."""

    name: ClassVar[str] = "greeting"
    purpose: ClassVar[Words] = Words("Says hello", "Dit bonjour")

    class Config(Schema):
        word = fields.String(required=True)


REGISTRY = Registry([Greeting()])


@pytest.fixture
def version(database, department, publisher):
    with database.begin() as session:
        return described_api(session, publisher, department).versions[0]


def test_a_good_document_becomes_the_first_revision_with_its_operations_listed(database, publisher, version):
    with database.begin() as session:
        versions.upload_document(session, publisher, version.id, content=document())

    with database.read() as session:
        revision = session.scalars(select(Revision)).one()
        assert versions.get_version(session, publisher, version.id).state == VersionState.CHECKED
        assert (revision.number, revision.format, revision.openapi) == (1, "yaml", "3.1.0")
        assert (revision.document_title, revision.document_version) == ("Holidays", "1.2.0")
        assert revision.content == document()
        assert revision.size == len(document())
        assert [(row.method, row.path, row.operation_id, row.summary) for row in revision.operations] == [
            ("GET", "/holidays", "", "All holidays"),
            ("GET", "/holidays/{id}", "holiday", "One holiday"),
        ]


def test_the_same_document_again_is_no_second_revision_and_no_second_sentence(database, publisher, version):
    with database.begin() as session:
        first = versions.upload_document(session, publisher, version.id, content=document())
    with database.begin() as session:
        again = versions.upload_document(session, publisher, version.id, content=document())

    with database.read() as session:
        told = select(func.count()).where(AuditEvent.command == "version.upload")
        assert (again.id, session.scalar(told)) == (first.id, 1)


def test_two_clicks_at_once_make_one_revision(database, publisher, version):
    made = []

    def upload() -> None:
        with database.begin() as session:
            made.append(versions.upload_document(session, publisher, version.id, content=document()).id)

    thread = Thread(target=upload)
    with database.begin() as session:
        made.append(versions.upload_document(session, publisher, version.id, content=document()).id)
        thread.start()
    thread.join()

    assert len(made) == 2
    assert len(set(made)) == 1


def test_another_document_is_the_next_revision_and_going_back_to_the_first_a_third(database, publisher, version):
    with database.begin() as session:
        numbers = [
            versions.upload_document(session, publisher, version.id, content=content).number
            for content in (document(), document(summary="Every holiday"), document())
        ]

    assert numbers == [1, 2, 3]


BAD_DOCUMENTS = {
    "no document": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "20 MB": b"openapi: 3.1.0\n" + b"# x\n" * 5_000_000,
    "aliases that explode": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (n + 1, n + 1, b",".join([b"*%c" % n] * 9)) for n in range(97, 106)),
    "duplicate keys": document() + b"info: {title: Again, version: '2'}\n",
    "remote $ref": document().replace(b"description: The holiday\n", b"$ref: https://example.com/answer.yaml\n"),
    "no operations": b"openapi: 3.1.0\ninfo: {title: A, version: '1'}\npaths: {}\n",
    "colliding paths": document().replace(b"/holidays:", b"/holidays/{date}:"),
    "empty": b"",
}


@pytest.mark.parametrize("content", BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS.keys())
def test_a_bad_document_comes_back_with_findings_and_changes_nothing(database, publisher, version, content):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        versions.upload_document(session, publisher, version.id, content=content)

    assert caught.value.kind is DOCUMENT_REFUSED
    errors = [finding for finding in caught.value.findings if finding.severity is openapi.Severity.ERROR]
    assert errors
    for finding in errors:
        assert finding.line >= 1
        assert finding.pointer == "" or finding.pointer.startswith("/")
        assert finding.words.en != finding.words.fr
    with database.read() as session:
        assert versions.get_version(session, publisher, version.id).state == VersionState.DRAFT
        assert session.scalars(select(Revision)).all() == []
        assert session.scalars(select(Operation)).all() == []
        assert session.scalars(select(AuditEvent).where(AuditEvent.command == "version.upload")).all() == []


def test_a_bad_document_leaves_the_good_one_before_it_in_place(database, publisher, version):
    with database.begin() as session:
        good = versions.upload_document(session, publisher, version.id, content=document())
    with database.begin() as session, pytest.raises(DomainError):
        versions.upload_document(session, publisher, version.id, content=b"openapi: 3.1.0")

    with database.read() as session:
        latest = versions.latest_revision(session, version)
        assert latest
        assert latest.id == good.id
        assert versions.get_version(session, publisher, version.id).state == VersionState.CHECKED


def test_names_longer_than_their_columns_are_cut_and_not_an_error(database, publisher, version):
    long = json.loads(json.dumps({"openapi": "3.0.3", "info": {"title": "t" * 900, "version": "v" * 900}}))
    operation = {"operationId": "o" * 900, "summary": "s" * 900, "responses": {"200": {"description": "ok"}}}
    content = json.dumps(long | {"paths": {"/" + "p" * 900: {"get": operation}}}).encode()

    with database.begin() as session:
        revision = versions.upload_document(session, publisher, version.id, content=content)

    assert (len(revision.document_title), len(revision.document_version)) == (300, 100)
    assert len(revision.operations[0].operation_id) == 300


def test_a_dry_run_finds_the_same_and_needs_no_database():
    parsed, findings = versions.check_document(document())
    nothing, faults = versions.check_document(b"{")

    assert parsed
    assert (parsed.version, findings) == ("3.1.0", ())
    assert nothing is None
    assert faults


def test_whoever_writes_down_their_own_servers_is_told_what_becomes_of_them():
    _parsed, (told,) = versions.check_document(document_with_servers())

    assert (told.rule, told.pointer) == ("servers-replaced", "/servers")
    assert told.severity is openapi.Severity.INFORMATION


def test_a_document_that_arrives_for_a_deprecated_version_is_refused_with_its_state(database, department, publisher):
    with database.begin() as session:
        version = published_api(session, publisher, department).versions[0]
        publishing.deprecate(session, publisher, version.id)

    with database.begin() as session, pytest.raises(DomainError) as caught:
        versions.upload_document(session, publisher, version.id, content=document(title="Other"))
    assert caught.value.kind is WRONG_STATE
    assert caught.value.members == {"state": "deprecated"}
    assert "deprecated" in caught.value.detail.en
    assert "en fin de vie" in caught.value.detail.fr


def test_a_stranger_changes_nothing_and_learns_nothing(database, version):
    changes = (
        lambda session, actor, it: versions.upload_document(session, actor, it, content=document()),
        lambda session, actor, it: versions.upload_document(session, actor, it, content=b"bad"),
        lambda session, actor, it: versions.choose_plugins(session, actor, it, chosen={}, registry=REGISTRY),
        versions.get_version,
    )

    for change in changes:
        for version_id in (version.id, "ver_01JD0000000000000000000000"):
            with database.begin() as session, pytest.raises(DomainError) as caught:
                change(session, person(), version_id)
            assert caught.value.kind is NOT_FOUND
        with database.begin() as session, pytest.raises(DomainError) as caught:
            change(session, visitor(), version.id)
        assert caught.value.kind in {NOT_SIGNED_IN, NOT_FOUND}


def test_the_next_version_waits_until_the_latest_was_published(database, department, publisher):
    with database.begin() as session:
        api = described_api(session, publisher, department)
        with pytest.raises(DomainError) as caught:
            versions.create_version(session, publisher, api.id)
        publishing.publish(session, publisher, ready_version(session, publisher, api).id)
        second = versions.create_version(session, publisher, api.id)
        with pytest.raises(DomainError) as again:
            versions.create_version(session, publisher, api.id)

    assert (second.major, second.state) == (2, "draft")
    assert caught.value.kind is again.value.kind is WRONG_STATE


def test_the_number_of_a_version_rises_with_what_belongs_to_it(database, publisher, version):
    with database.begin() as session:
        point(session, publisher, version.id, "https://a.example.ca")

    with database.begin() as session, pytest.raises(DomainError) as caught:
        versions.choose_plugins(
            session, publisher, version.id, chosen={}, registry=REGISTRY, expected_version=version.version
        )
    assert caught.value.kind is STALE


def test_plugins_are_chosen_changed_and_let_go(database, publisher, version):
    for chosen in ({"greeting": {"word": "hello"}}, {"greeting": {"word": "bonjour"}}, {}):
        with database.begin() as session:
            versions.choose_plugins(session, publisher, version.id, chosen=chosen, registry=REGISTRY)

        with database.read() as session:
            kept = versions.get_version(session, publisher, version.id)
            assert {binding.name: binding.config for binding in kept.plugins} == chosen


@pytest.mark.parametrize(
    "chosen", [{"unknown": {}}, {"greeting": {}}, {"greeting": {"word": 1}}, {"greeting": {"x": 1}}]
)
def test_a_plugin_that_is_not_there_or_refuses_its_settings_is_not_chosen(database, publisher, version, chosen):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        versions.choose_plugins(session, publisher, version.id, chosen=chosen, registry=REGISTRY)

    assert (caught.value.kind, caught.value.field) == (INVALID, "plugins")
    assert {path[:2] for path in caught.value.faults} <= {("plugins", "greeting")}
    with database.read() as session:
        assert versions.get_version(session, publisher, version.id).plugins == []
