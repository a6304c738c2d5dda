from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from gateway.domain.errors import (
    ALREADY_DONE,
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
from gateway.services import organisations
from gateway.services.actor import system
from gateway.store.accounts import Membership, organisation_by_slug
from gateway.store.audit import AuditEvent
from tests.fixtures.people import NOW, PASSWORD, acting, an_account, stranger, told
from tests.fixtures.publishing import organisation, person
from tests.fixtures.store import only_postgresql, waits_for

NAMES: dict[str, Any] = {"name_en": "Parks", "name_fr": "Parcs"}
HOSTILE = ["", "\0", "org_none", "x" * 1_000_000, "' OR 1=1 --"]


def create(database, actor, slug="parks", **given):
    with database.begin() as session:
        return organisations.create_department(session, actor, slug=slug, **NAMES | given)


def kind_of(deed, *args, **given):
    with pytest.raises(DomainError) as caught:
        deed(*args, **given)
    return caught.value.kind


def in_transaction(database, deed, *args, **given):
    with database.begin() as session:
        return deed(session, *args, **given)


def joined(database, organisation, *emails, role=Role.PUBLISHER):
    """New accounts that belong to an organisation."""
    with database.begin() as session:
        accounts = [an_account(session, email) for email in emails]
        rows = [Membership(account_id=each.id, organisation_id=organisation.id, role=role) for each in accounts]
        session.add_all(rows)
        session.flush()
        return [(acting(session, each, now=NOW), row) for each, row in zip(accounts, rows, strict=True)]


def test_the_operator_makes_departments(database, operator):
    made = create(database, operator, " parks-canada ", name_en=" Parks ")

    event = told(database, "department.create")
    assert (made.kind, made.slug, made.name_en, made.name_fr) == ("department", "parks-canada", "Parks", "Parcs")
    assert made.id.startswith("dep_")
    assert (event.subject, event.organisation_id, event.after["slug"]) == (made.id, made.id, "parks-canada")


def test_nobody_else_makes_departments(database, publisher, department):
    narrow = person(Role.OPERATOR, department, scopes=frozenset({Permission.READ_AUDIT}))

    assert kind_of(create, database, publisher) is FORBIDDEN
    assert kind_of(create, database, stranger()) is NOT_SIGNED_IN
    assert kind_of(create, database, narrow) is TOKEN_SCOPE


@pytest.mark.parametrize(
    ("given", "kind", "field"),
    [
        ({"slug": ""}, INVALID, "slug"),
        ({"slug": "pa"}, INVALID, "slug"),
        ({"slug": "Parks"}, INVALID, "slug"),
        ({"slug": "-parks"}, INVALID, "slug"),
        ({"slug": "parks-"}, INVALID, "slug"),
        ({"slug": "1parks"}, INVALID, "slug"),
        ({"slug": "pa\0rks"}, INVALID, "slug"),
        ({"slug": "p\u0430rks"}, INVALID, "slug"),
        ({"slug": "parks\nx"}, INVALID, "slug"),
        ({"slug": "p" * 61}, INVALID, "slug"),
        ({"slug": "p" * 5_000_000}, INVALID, "slug"),
        ({"slug": "operator"}, NAME_TAKEN, "slug"),
        ({"slug": "heritage"}, NAME_TAKEN, "slug"),
        ({"name_en": " "}, REQUIRED, "name_en"),
        ({"name_fr": "\u200b"}, REQUIRED, "name_fr"),
        ({"name_fr": "Parcs\0"}, INVALID, "name_fr"),
        ({"name_en": "\u202eskraP"}, INVALID, "name_en"),
        ({"name_en": "x" * 5_000_000}, INVALID, "name_en"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_cannot_be_kept_is_refused(database, operator, department, given, kind, field):
    with pytest.raises(DomainError) as caught:
        create(database, operator, **given)

    assert (caught.value.kind, caught.value.field) == (kind, field)


def test_of_two_departments_of_one_name_at_the_same_time_one_is_made(database, operator):
    together = Barrier(4)

    def ask(_number):
        together.wait()
        try:
            return create(database, operator).slug
        except DomainError as error:
            return error.kind

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(ask, range(4)))

    assert (outcomes.count("parks"), outcomes.count(NAME_TAKEN)) == (1, 3)


def test_the_first_operator_brings_the_operating_organisation_and_the_second_joins_it(database):
    for email in ("odile@example.org", "olivier@example.org"):
        in_transaction(database, organisations.create_operator, system(), email=email, name="Odile", password=PASSWORD)

    with database.read() as session:
        operating = organisation_by_slug(session, "operator")
        assert operating
        found = organisations.members(session, system(), operating.id)
        actor = acting(session, found[1].account)
    assert operating.kind == OrganisationKind.OPERATOR
    assert [member.account.email for member in found] == ["odile@example.org", "olivier@example.org"]
    assert actor.is_operator


def test_only_the_operator_makes_operators(database, publisher):
    given = {"email": "eve@example.org", "name": "Eve", "password": PASSWORD}

    assert kind_of(in_transaction, database, organisations.create_operator, publisher, **given) is FORBIDDEN
    assert kind_of(in_transaction, database, organisations.create_operator, stranger(), **given) is NOT_SIGNED_IN


def test_a_department_is_everybodys_to_see_and_a_consumer_its_members(
    database, department, consumer, developer, operator
):
    see = organisations.get_organisation

    with database.read() as session:
        assert see(session, stranger(), department.id).slug == "heritage"
        assert see(session, developer, consumer.id).slug == see(session, operator, consumer.id).slug == "bakery"
        assert kind_of(see, session, stranger(), consumer.id) is NOT_SIGNED_IN
        assert kind_of(see, session, person(), consumer.id) is NOT_FOUND


@pytest.mark.parametrize("organisation_id", HOSTILE)
def test_what_is_not_there_is_not_found_not_even_for_the_operator(database, operator, organisation_id):
    deeds = (
        lambda session: organisations.get_organisation(session, operator, organisation_id),
        lambda session: organisations.update_organisation(session, operator, organisation_id, **NAMES),
        lambda session: organisations.members(session, operator, organisation_id),
        lambda session: organisations.add_member(session, operator, organisation_id, email="a@b.ca", role="publisher"),
        lambda session: organisations.remove_member(session, operator, organisation_id, "mem_none"),
    )

    for deed in deeds:
        assert kind_of(in_transaction, database, deed) is NOT_FOUND


def test_a_member_renames_and_the_trail_says_from_what(database, publisher, department):
    changed = in_transaction(
        database, organisations.update_organisation, publisher, department.id, **NAMES, expected_version=1
    )

    event = told(database, "organisation.update")
    assert (changed.name_en, changed.name_fr, changed.version) == ("Parks", "Parcs", 2)
    assert (event.before["name_fr"], event.after["name_fr"]) == ("Patrimoine canadien", "Parcs")


def test_the_same_names_again_change_nothing(database, publisher, department):
    same = {"name_en": department.name_en, "name_fr": f" {department.name_fr} "}

    assert in_transaction(database, organisations.update_organisation, publisher, department.id, **same).version == 1
    with database.read() as session:
        assert not session.scalars(select(AuditEvent)).all()


def test_a_change_to_what_was_read_too_long_ago_is_stale(database, publisher, department):
    rename = organisations.update_organisation
    in_transaction(database, rename, publisher, department.id, **NAMES)

    assert kind_of(in_transaction, database, rename, publisher, department.id, **NAMES, expected_version=1) is STALE


def test_of_two_renames_at_the_same_time_both_end_in_an_answer(database, publisher, department):
    together = Barrier(4)

    def rename(number):
        together.wait()
        try:
            names = {"name_en": f"Parks {number}", "name_fr": f"Parcs {number}"}
            in_transaction(
                database, organisations.update_organisation, publisher, department.id, **names, expected_version=1
            )
        except DomainError as error:
            return error.kind

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(rename, range(4)))

    assert (outcomes.count(None), outcomes.count(STALE)) == (1, 3)


def test_others_rename_nothing(database, developer, department):
    rename = organisations.update_organisation

    assert kind_of(in_transaction, database, rename, developer, department.id, **NAMES) is NOT_FOUND
    assert kind_of(in_transaction, database, rename, stranger(), department.id, **NAMES) is NOT_SIGNED_IN


def test_departments_are_listed_by_name_and_by_page(database, consumer):
    for slug, name in (("zoo", "Zoo"), ("art", "Art"), ("mint", "Mint")):
        organisation(database, slug=slug, name_en=name)

    with database.read() as session:
        first = organisations.list_departments(session, page=1, per_page=2)
        second = organisations.list_departments(session, page=2, per_page=2)

    assert [each.slug for each in (*first.items, *second.items)] == ["art", "mint", "zoo"]
    assert (first.total, first.last) == (3, 2)


def test_mine_are_those_that_i_belong_to(database, department, developer, publisher):
    with database.read() as session:
        assert [each.id for each in organisations.my_organisations(session, publisher)] == [department.id]
        assert kind_of(organisations.my_organisations, session, stranger()) is NOT_SIGNED_IN


def test_a_person_with_a_confirmed_address_becomes_a_member(database, publisher, department):
    with database.begin() as session:
        account = an_account(session, "dominique@example.org")
    add = {"email": " Dominique@Example.org ", "role": "publisher"}

    in_transaction(database, organisations.add_member, publisher, department.id, **add)

    event = told(database, "member.add")
    with database.read() as session:
        assert acting(session, account).roles[department.id] is Role.PUBLISHER
    assert (event.subject, event.organisation_id, event.after) == (account.id, department.id, {"role": "publisher"})
    assert kind_of(in_transaction, database, organisations.add_member, publisher, department.id, **add) is ALREADY_DONE


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"email": "nobody@example.org"}, "email"),
        ({"email": "waiting@example.org"}, "email"),
        ({"email": "camille\0@example.org"}, "email"),
        ({"email": "d\u043eminique@example.org"}, "email"),
        ({"role": "developer"}, "role"),
        ({"role": "operator"}, "role"),
        ({"role": ""}, "role"),
        ({"role": "x" * 5_000_000}, "role"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_nobody_joins_who_is_not_known_or_in_a_role_of_another_kind(database, publisher, department, given, field):
    with database.begin() as session:
        an_account(session, "dominique@example.org")
        an_account(session, "waiting@example.org").verified_at = None

    add = {"email": "dominique@example.org", "role": "publisher"} | given
    with pytest.raises(DomainError) as caught, database.begin() as session:
        organisations.add_member(session, publisher, department.id, **add)

    assert (caught.value.kind, caught.value.field) == (INVALID, field)


def test_strangers_to_an_organisation_touch_no_member_of_it(database, developer, department):
    ((_, membership),) = joined(database, department, "camille@example.org")

    for deed in (
        lambda session: organisations.members(session, developer, department.id),
        lambda session: organisations.add_member(session, developer, department.id, email="a@b.ca", role="publisher"),
        lambda session: organisations.remove_member(session, developer, department.id, membership.id),
    ):
        assert kind_of(in_transaction, database, deed) is NOT_FOUND


def test_a_member_leaves_and_the_last_one_stays(database, department):
    (camille, first), (_, second) = joined(database, department, "camille@example.org", "dominique@example.org")
    remove = organisations.remove_member

    in_transaction(database, remove, camille, department.id, second.id)

    event = told(database, "member.remove")
    assert (event.subject, event.before) == (second.account_id, {"role": "publisher"})
    assert kind_of(in_transaction, database, remove, camille, department.id, second.id) is NOT_FOUND
    assert kind_of(in_transaction, database, remove, camille, department.id, first.id) is INVALID


def test_two_members_do_not_show_each_other_out_at_the_same_time(database, department):
    pair = joined(database, department, "camille@example.org", "dominique@example.org")
    together = Barrier(2)

    def remove(number):
        together.wait()
        try:
            in_transaction(
                database, organisations.remove_member, pair[number][0], department.id, pair[1 - number][1].id
            )
        except DomainError as error:
            return error.kind

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(remove, range(2)))

    assert sorted(map(str, outcomes)) == sorted(map(str, [None, INVALID]))


@only_postgresql
def test_members_leave_one_after_the_other(database, department):
    (camille, first), _ = joined(database, department, "camille@example.org", "dominique@example.org")

    def leave(session):
        organisations.remove_member(session, camille, department.id, first.id)

    assert waits_for(database, department, leave)


def test_a_membership_of_another_organisation_is_not_found(database, operator, department, consumer):
    joined(database, department, "camille@example.org", "dominique@example.org")
    ((_, elsewhere),) = joined(database, consumer, "eve@example.org", role=Role.DEVELOPER)

    assert (
        kind_of(in_transaction, database, organisations.remove_member, operator, department.id, elsewhere.id)
        is NOT_FOUND
    )
