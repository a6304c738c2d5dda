"""What each role may do is written here a second time, so that no row changes by accident."""

from itertools import product

import pytest

from gateway.domain.roles import PERMISSIONS, ROLES_OF_KIND, OrganisationKind, Permission, Role

DEVELOPER = {
    "organisation:read", "organisation:edit", "application:read", "application:edit", "subscription:edit",
    "usage:read", "token:edit",
}  # fmt: skip
PUBLISHER = {
    "organisation:read", "organisation:edit", "api:read", "api:edit", "api:publish", "subscription:revoke",
    "usage:read", "audit:read", "token:edit",
}  # fmt: skip
ALLOWED = {Role.DEVELOPER: DEVELOPER, Role.PUBLISHER: PUBLISHER, Role.OPERATOR: {str(each) for each in Permission}}


@pytest.mark.parametrize(("role", "permission"), list(product(Role, Permission)))
def test_a_role_may_what_is_written_and_nothing_else(role, permission):
    assert (permission in PERMISSIONS[role]) is (str(permission) in ALLOWED[role])


@pytest.mark.parametrize("permission", ["department:create", "application:suspend"])
def test_some_things_are_the_operators_alone(permission):
    assert [role for role in Role if permission in PERMISSIONS[role]] == [Role.OPERATOR]


def test_every_permission_reads_as_a_scope_and_none_as_two():
    assert all(each.count(":") == 1 and not set(each) & set(' "\\') for each in Permission)
    assert len({str(each) for each in Permission}) == len(Permission)


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        (OrganisationKind.CONSUMER, Role.DEVELOPER),
        (OrganisationKind.DEPARTMENT, Role.PUBLISHER),
        (OrganisationKind.OPERATOR, Role.OPERATOR),
    ],
)
def test_each_kind_of_organisation_has_its_one_role(kind, role):
    assert ROLES_OF_KIND[kind] == {role}


def test_every_kind_and_every_role_has_its_row():
    assert set(ROLES_OF_KIND) == set(OrganisationKind)
    assert set(PERMISSIONS) == set(Role) == {role for roles in ROLES_OF_KIND.values() for role in roles}
