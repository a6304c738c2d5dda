"""Publishing: what must be there first, and that doing it twice does it once."""

import pytest
from sqlalchemy import select

from gateway.domain.errors import BOTH_LANGUAGES, FORBIDDEN, NOT_FOUND, NOT_READY, TOKEN_SCOPE, WRONG_STATE, DomainError
from gateway.domain.lifecycle import VERSION_MOVES, VersionState
from gateway.domain.roles import Permission, Role
from gateway.services import apis, plans, publishing, versions
from gateway.store.audit import AuditEvent, broken_links
from gateway.store.catalogue import ApiVersion
from gateway.store.changes import CATALOGUE, Change
from tests.fixtures.publishing import (
    NOW,
    described_api,
    document,
    person,
    point,
    published_api,
    ready_version,
    standard_plan,
)


def commands(session) -> list[str]:
    return list(session.scalars(select(AuditEvent.command).order_by(AuditEvent.sequence)))


def test_the_list_of_what_is_missing_shrinks_with_each_step(database, department, publisher):
    with database.begin() as session:
        api = apis.create_api(session, publisher, organisation_id=department.id, name="holidays", title_en="Holidays")
        version = api.versions[0]
        steps = (
            lambda: apis.update_api(session, publisher, api.id, title_fr="Fêtes"),
            lambda: apis.update_api(session, publisher, api.id, description_en="Days", description_fr="Jours"),
            lambda: versions.upload_document(session, publisher, version.id, content=document()),
            lambda: point(session, publisher, version.id, "https://a.example.ca"),
            lambda: standard_plan(session, publisher, api),
        )
        left = [len(publishing.missing_before_publishing(session, version))]
        for step in steps:
            step()
            left.append(len(publishing.missing_before_publishing(session, version)))

        assert left == [6, 5, 3, 2, 1, 0]
        assert publishing.publish(session, publisher, version.id).state == VersionState.PUBLISHED


def test_one_language_is_not_enough_to_publish(database, department, publisher):
    with database.begin() as session:
        version = ready_version(session, publisher, described_api(session, publisher, department, title_fr=""))

    with database.begin() as session, pytest.raises(DomainError) as caught:
        publishing.publish(session, publisher, version.id)
    assert (caught.value.kind, caught.value.field) == (BOTH_LANGUAGES, "title_fr")
    assert caught.value.members == {"missing": ["title_fr"]}


def test_what_else_is_missing_is_named_in_both_languages(database, department, publisher):
    with database.begin() as session:
        version = described_api(session, publisher, department).versions[0]

    with database.begin() as session, pytest.raises(DomainError) as caught:
        publishing.publish(session, publisher, version.id)
    assert caught.value.kind is NOT_READY
    assert caught.value.members == {"missing": ["document", "upstream", "plan"]}
    assert "an open plan" in caught.value.detail.en
    assert "un forfait ouvert" in caught.value.detail.fr


def test_a_closed_plan_does_not_count(database, department, publisher):
    with database.begin() as session:
        api = described_api(session, publisher, department)
        version = ready_version(session, publisher, api)
        plans.close_plan(session, publisher, api.plans[0].id)

        assert [need.code for need in publishing.missing_needs(session, version)] == ["plan"]


def test_publishing_puts_the_latest_document_in_force_and_tells_the_workers(database, department, publisher):
    with database.begin() as session:
        version = ready_version(session, publisher, described_api(session, publisher, department))
        latest = versions.upload_document(session, publisher, version.id, content=document(summary="Later"))

    with database.begin() as session:
        publishing.publish(session, publisher, version.id)

    with database.read() as session:
        kept = session.get(ApiVersion, version.id)
        assert (kept.state, kept.live_revision_id, kept.published_at) == ("published", latest.id, NOW)
        assert session.scalars(select(Change.subject)).all() == [CATALOGUE]
        assert list(broken_links(session)) == []


def test_a_second_click_on_publish_does_nothing(database, department, publisher):
    with database.begin() as session:
        version = ready_version(session, publisher, described_api(session, publisher, department))
    for _ in range(2):
        with database.begin() as session:
            publishing.publish(session, publisher, version.id)

    with database.read() as session:
        assert commands(session).count("version.publish") == 1
        assert len(session.scalars(select(Change)).all()) == 1


def test_a_new_document_waits_until_it_is_published_and_an_older_one_can_come_back(database, department, publisher):
    with database.begin() as session:
        version = published_api(session, publisher, department).versions[0]
        first = version.live_revision_id
        second = versions.upload_document(session, publisher, version.id, content=document(summary="Later")).id
        waiting = version.live_revision_id
        publishing.publish(session, publisher, version.id)
        newer = version.live_revision_id
        publishing.publish(session, publisher, version.id, revision_id=first)
        session.flush()

        assert (waiting, newer, version.live_revision_id) == (first, second, first)
        assert commands(session).count("version.publish") == 3


def test_a_revision_of_another_version_cannot_be_published(database, department, publisher):
    with database.begin() as session:
        other = published_api(session, publisher, department, name="weather").versions[0]
        version = ready_version(session, publisher, described_api(session, publisher, department))

    for revision_id in (other.live_revision_id, "rev_01JD0000000000000000000000"):
        with database.begin() as session, pytest.raises(DomainError) as caught:
            publishing.publish(session, publisher, version.id, revision_id=revision_id)
        assert caught.value.kind is NOT_FOUND


MOVES = {"publish": publishing.publish, "deprecate": publishing.deprecate, "retire": publishing.retire}
AGAIN = {("published", "publish"), ("deprecated", "deprecate"), ("retired", "retire")}


@pytest.mark.parametrize("state", [state for state in VersionState if state != VersionState.DRAFT])
@pytest.mark.parametrize("name", MOVES)
def test_every_move_is_in_the_table_or_refused_with_the_present_state(database, department, publisher, state, name):
    with database.begin() as session:
        version = ready_version(session, publisher, described_api(session, publisher, department))
        version.state = state
        if state != VersionState.CHECKED:
            version.live_revision = versions.latest_revision(session, version)

    with database.begin() as session:
        if (state, name) in VERSION_MOVES or (state, name) in AGAIN:
            expected = VERSION_MOVES.get((state, name), state)
            assert MOVES[name](session, publisher, version.id).state == expected
        else:
            with pytest.raises(DomainError) as caught:
                MOVES[name](session, publisher, version.id)
            assert caught.value.kind is WRONG_STATE
            assert caught.value.members == {"state": state}


def test_leaving_twice_is_told_once(database, department, publisher):
    with database.begin() as session:
        version = published_api(session, publisher, department).versions[0]
        for move in (publishing.deprecate, publishing.deprecate, publishing.retire, publishing.retire):
            move(session, publisher, version.id)

        assert commands(session)[-2:] == ["version.deprecate", "version.retire"]
        assert commands(session).count("version.retire") == 1


def test_a_stranger_a_developer_and_a_narrow_token_do_not_publish(database, department, publisher):
    with database.begin() as session:
        version = ready_version(session, publisher, described_api(session, publisher, department))

    narrow = person(Role.PUBLISHER, department, scopes=frozenset({Permission.EDIT_API}))
    refused = {NOT_FOUND: person(), FORBIDDEN: person(Role.DEVELOPER, department), TOKEN_SCOPE: narrow}
    for kind, actor in refused.items():
        with database.begin() as session, pytest.raises(DomainError) as caught:
            publishing.publish(session, actor, version.id)
        assert caught.value.kind is kind
