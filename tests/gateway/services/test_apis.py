"""APIs: who may create and see them, what their names and words may be."""

from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from gateway.domain.errors import (
    BOTH_LANGUAGES,
    FORBIDDEN,
    INVALID,
    NAME_TAKEN,
    NOT_FOUND,
    NOT_SIGNED_IN,
    REQUIRED,
    STALE,
    TOKEN_SCOPE,
    DomainError,
)
from gateway.domain.roles import OrganisationKind, Permission, Role
from gateway.services import apis
from gateway.services.actor import visitor
from gateway.store.audit import AuditEvent
from gateway.store.catalogue import Api
from tests.fixtures.publishing import described_api, organisation, person, published_api


def kind_of(caught: pytest.ExceptionInfo[DomainError]) -> object:
    return caught.value.kind


def test_a_new_api_has_a_draft_of_version_1_and_a_sentence_in_the_trail(database, department, publisher):
    with database.begin() as session:
        api = described_api(session, publisher, department)

    with database.read() as session:
        kept = session.get(Api, api.id)
        event = session.scalars(select(AuditEvent)).one()
        assert [(version.major, version.state) for version in kept.versions] == [(1, "draft")]
        assert (event.command, event.subject, event.organisation_id) == ("api.create", api.id, department.id)
        assert event.after["title_fr"] == "Jours fériés"


def test_one_title_is_enough_for_a_draft_and_none_is_not(database, department, publisher):
    with database.begin() as session:
        apis.create_api(session, publisher, organisation_id=department.id, name="holidays", title_fr="Jours fériés")

    with database.begin() as session, pytest.raises(DomainError) as caught:
        apis.create_api(session, publisher, organisation_id=department.id, name="weather", title_en="   ")
    assert (kind_of(caught), caught.value.field) == (REQUIRED, "title_en")


@pytest.mark.parametrize(
    "name", ["abc", "a" * 61, "1abc", "Holidays", "jours-fériés", "holidays-", "-holidays", "a b c d", "a/b/c"]
)
def test_a_name_that_could_not_stand_in_an_address_is_refused(database, department, publisher, name):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        described_api(session, publisher, department, name=name)

    assert (kind_of(caught), caught.value.field) == (INVALID, "name")


@given(name=st.from_regex(apis.NAME, fullmatch=True))
def test_every_name_of_the_right_form_is_4_to_60_plain_characters(name):
    assert 4 <= len(name) <= 60
    assert name.isascii()
    assert not name.endswith("\n")


@pytest.mark.parametrize("name", ["application", "usage", "oauth", "portal"])
def test_a_name_that_our_own_scopes_or_pages_use_is_refused(database, department, publisher, name):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        described_api(session, publisher, department, name=name)

    assert kind_of(caught) is INVALID
    assert "reserved" in caught.value.detail.en
    assert "réservé" in caught.value.detail.fr


def test_no_scope_of_an_api_can_be_mistaken_for_a_permission():
    assert {permission.partition(":")[0] for permission in Permission} <= apis.RESERVED_NAMES


def test_a_name_that_is_taken_is_refused_by_name(database, department, publisher):
    with database.begin() as session:
        described_api(session, publisher, department)

    with database.begin() as session, pytest.raises(DomainError) as caught:
        described_api(session, publisher, department)
    assert (kind_of(caught), caught.value.field) == (NAME_TAKEN, "name")
    assert "holidays" in caught.value.detail.fr


def test_of_two_who_take_a_name_at_once_one_gets_it_and_the_other_a_clear_answer(database, department, publisher):
    outcomes = []

    def second() -> None:
        try:
            with database.begin() as session:
                described_api(session, publisher, department)
        except DomainError as error:
            outcomes.append(error.kind)

    thread = Thread(target=second)
    with database.begin() as session:
        described_api(session, publisher, department)
        thread.start()
    thread.join()

    assert outcomes == [NAME_TAKEN]
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Api)) == 1


def test_nothing_of_a_refused_api_remains(database, department, publisher):
    with database.begin() as session, pytest.raises(DomainError):
        described_api(session, publisher, department, title_en="x" * 201)

    with database.read() as session:
        assert session.scalars(select(Api)).all() == []
        assert session.scalars(select(AuditEvent)).all() == []


@pytest.mark.parametrize("text", ["a\0b", "a\x07b", "\ud800", "a\nb"])
def test_a_title_takes_no_character_that_cannot_be_stored_on_one_line(database, department, publisher, text):
    with database.begin() as session, pytest.raises(DomainError) as caught:
        described_api(session, publisher, department, title_fr=text)

    assert (kind_of(caught), caught.value.field) == (INVALID, "title_fr")


def test_a_description_may_have_several_lines(database, department, publisher):
    with database.begin() as session:
        api = described_api(session, publisher, department, description_fr=" Un.\r\n\r\nDeux. ")

    assert api.description_fr == "Un.\n\nDeux."


def test_only_a_publisher_of_the_department_or_an_operator_may_create(database, department):
    elsewhere = organisation(database, slug="transport", name_en="Transport", name_fr="Transports")
    operator = person(Role.OPERATOR, organisation(database, kind=OrganisationKind.OPERATOR, slug="operator"))
    refused = {
        NOT_SIGNED_IN: visitor(),
        NOT_FOUND: person(Role.PUBLISHER, elsewhere),
        FORBIDDEN: person(Role.DEVELOPER, department),
        TOKEN_SCOPE: person(Role.PUBLISHER, department, scopes=frozenset({Permission.READ_DRAFTS})),
    }

    for kind, actor in refused.items():
        with database.begin() as session, pytest.raises(DomainError) as caught:
            described_api(session, actor, department)
        assert kind_of(caught) is kind
    with database.begin() as session:
        assert described_api(session, operator, department).organisation_id == department.id


def test_only_a_department_has_apis(database):
    company = organisation(database, kind=OrganisationKind.CONSUMER, slug="acme")
    operator = person(Role.OPERATOR, organisation(database, kind=OrganisationKind.OPERATOR, slug="operator"))

    with database.begin() as session, pytest.raises(DomainError) as caught:
        described_api(session, operator, company)
    assert (kind_of(caught), caught.value.field) == (INVALID, "organisation_id")


def test_changing_words_raises_the_version_and_tells_before_and_after(database, department, publisher):
    with database.begin() as session:
        api = described_api(session, publisher, department)

    with database.begin() as session:
        changed = apis.update_api(session, publisher, api.id, expected_version=1, title_en="Days off")

    assert (changed.title_en, changed.title_fr, changed.version) == ("Days off", "Jours fériés", 2)
    with database.read() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.command == "api.update")).one()
        assert (event.before, event.after) == ({"title_en": "Public holidays"}, {"title_en": "Days off"})


def test_a_change_on_what_was_read_before_another_change_is_refused(database, department, publisher):
    with database.begin() as session:
        api = described_api(session, publisher, department)
        apis.update_api(session, publisher, api.id, title_en="Days off")

    with database.begin() as session, pytest.raises(DomainError) as caught:
        apis.update_api(session, publisher, api.id, expected_version=1, title_en="Free days")
    assert kind_of(caught) is STALE


def test_the_same_words_again_change_nothing(database, department, publisher):
    with database.begin() as session:
        api = described_api(session, publisher, department)

    with database.begin() as session:
        same = apis.update_api(session, publisher, api.id, title_en="Public holidays ")

    assert same.version == 1


def test_a_draft_may_lose_a_language_and_a_served_api_may_not(database, department, publisher):
    with database.begin() as session:
        draft = described_api(session, publisher, department, name="draft")
        served = published_api(session, publisher, department, name="served")

    with database.begin() as session:
        assert apis.update_api(session, publisher, draft.id, description_fr="").description_fr == ""
    with database.begin() as session, pytest.raises(DomainError) as caught:
        apis.update_api(session, publisher, served.id, description_fr="")
    assert (kind_of(caught), caught.value.field) == (BOTH_LANGUAGES, "description_fr")


def test_a_draft_exists_for_its_department_alone(database, department, publisher):
    elsewhere = organisation(database, slug="transport", name_en="Transport", name_fr="Transports")
    with database.begin() as session:
        api = described_api(session, publisher, department)

    with database.read() as session:
        assert apis.get_api(session, publisher, api.name).id == apis.get_api(session, publisher, api.id).id == api.id
        for actor in (visitor(), person(), person(Role.PUBLISHER, elsewhere)):
            for asked in (api.id, api.name, "nothing-there", "api_01JD0000000000000000000000"):
                with pytest.raises(DomainError) as caught:
                    apis.get_api(session, actor, asked)
                assert kind_of(caught) is NOT_FOUND


def test_a_served_api_is_for_everybody_to_read_and_not_to_change(database, department, publisher):
    with database.begin() as session:
        api = published_api(session, publisher, department)

    with database.begin() as session:
        assert apis.get_api(session, visitor(), "holidays").id == api.id
        with pytest.raises(DomainError) as caught:
            apis.update_api(session, person(), api.id, title_en="Mine")
        assert kind_of(caught) is NOT_FOUND


def test_my_apis_are_those_of_my_departments_with_drafts_and_an_operators_are_all(database, department, publisher):
    elsewhere = organisation(database, slug="transport", name_en="Transport", name_fr="Transports")
    operator = person(Role.OPERATOR, organisation(database, kind=OrganisationKind.OPERATOR, slug="operator"))
    with database.begin() as session:
        described_api(session, publisher, department, name="holidays")
        described_api(session, person(Role.PUBLISHER, elsewhere), elsewhere, name="roads")

    with database.read() as session:
        assert [api.name for api in apis.my_apis(session, publisher).items] == ["holidays"]
        assert [api.name for api in apis.my_apis(session, operator).items] == ["holidays", "roads"]
        assert apis.my_apis(session, person()).total == 0
        with pytest.raises(DomainError) as caught:
            apis.my_apis(session, visitor())
        assert kind_of(caught) is NOT_SIGNED_IN
