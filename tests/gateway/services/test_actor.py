from itertools import product

import pytest

from gateway.domain.errors import FORBIDDEN, NOT_FOUND, NOT_SIGNED_IN, TOKEN_SCOPE, DomainError
from gateway.domain.roles import PERMISSIONS, Permission, Role
from gateway.services.actor import Actor, system, utc_now, visitor
from tests.fixtures.people import NOW

EVERY = list(product(Role, Permission))
HERE, ELSEWHERE = "org_here", "org_elsewhere"


def member(role, *scopes):
    return Actor("acc_1", "Camille", NOW, roles={HERE: role}, scopes=frozenset(scopes) if scopes else None)


def kind_of(actor, permission, organisation_id):
    try:
        actor.require(permission, organisation_id)
    except DomainError as error:
        return error.kind
    return None


@pytest.mark.parametrize(("role", "permission"), EVERY)
def test_at_home_a_role_may_what_its_row_names_and_nothing_else(role, permission):
    allowed = permission in PERMISSIONS[role]

    assert member(role).may(permission, HERE) is allowed
    assert kind_of(member(role), permission, HERE) is (None if allowed else FORBIDDEN)


@pytest.mark.parametrize(("role", "permission"), EVERY)
def test_elsewhere_things_do_not_exist_except_for_the_operator(role, permission):
    assert kind_of(member(role), permission, ELSEWHERE) is (None if role is Role.OPERATOR else NOT_FOUND)


@pytest.mark.parametrize("permission", Permission)
def test_a_visitor_may_nothing(permission):
    assert kind_of(visitor(), permission, HERE) is NOT_SIGNED_IN
    assert not visitor().is_signed_in


@pytest.mark.parametrize(("role", "permission"), EVERY)
def test_scopes_take_away_and_never_give(role, permission):
    other = next(each for each in Permission if each is not permission)

    assert member(role, permission).may(permission, HERE) is member(role).may(permission, HERE)
    assert not member(role, other).may(permission, HERE)
    expected = TOKEN_SCOPE if permission in PERMISSIONS[role] else FORBIDDEN
    assert kind_of(member(role, other), permission, HERE) is expected


def test_a_missing_scope_is_named():
    with pytest.raises(DomainError) as caught:
        member(Role.PUBLISHER, Permission.READ_DRAFTS).require(Permission.EDIT_API, HERE)

    assert "api:edit" in caught.value.detail.en
    assert "api:edit" in caught.value.detail.fr


def test_the_organisations_where_something_may_be_done_are_ones_own():
    actor = Actor("acc_1", "Camille", NOW, roles={HERE: Role.PUBLISHER, ELSEWHERE: Role.DEVELOPER})

    assert actor.organisations_where(Permission.EDIT_API) == {HERE}
    assert actor.organisations_where(Permission.READ_USAGE) == {HERE, ELSEWHERE}
    assert actor.organisations_where(Permission.CREATE_DEPARTMENT) == frozenset()
    assert member(Role.PUBLISHER, Permission.READ_DRAFTS).organisations_where(Permission.EDIT_API) == frozenset()


def test_the_product_itself_reaches_everything_under_its_own_name():
    actor = system("seeding")

    assert (actor.name, actor.is_operator, actor.is_signed_in) == ("seeding", True, True)
    assert all(actor.may(permission, ELSEWHERE) for permission in Permission)


def test_a_visitor_has_a_time_a_language_and_a_request():
    before = utc_now()

    actor = visitor("fr", "req_1")

    assert (actor.language, actor.request_id) == ("fr", "req_1")
    assert before <= actor.now <= utc_now()
    assert actor.now.utcoffset() is not None
